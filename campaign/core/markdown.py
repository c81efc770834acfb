"""Markdown to HTML that is safe to show. The parser makes no raw HTML; nh3 checks its work all the same."""

from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {"a", "blockquote", "br", "code", "em", "h2", "h3", "hr", "li", "ol", "p", "strong", "ul"}


@lru_cache(maxsize=256)
def render_markdown(text: str) -> str:
    """HTML of an organizer's text: no scripts, no pictures (they can track), links only to http(s) and mail."""
    return nh3.clean(
        _parser().render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        # `//host/…` and `/path` would lead away from, or around, what the editor saw; only whole addresses pass.
        filter_style_properties=set(),
        link_rel="noopener noreferrer",
        attribute_filter=_absolute_links,
    )


def plain_paragraphs(text: str) -> list[str]:
    """The same text for paper: its headings, paragraphs and points one after the other, without any mark-up."""
    said = [token.children or [] for token in _parser().parse(text) if token.type == "inline"]
    return ["".join(_plain(part.type, part.content) for part in parts) for parts in said]


@cache
def _parser() -> "MarkdownIt":
    # By name: its 60 modules would be a twentieth of what a server loads before it answers.
    made: MarkdownIt = import_module("markdown_it").MarkdownIt("commonmark", {"html": False, "typographer": False})
    return made


def _plain(kind: str, content: str) -> str:
    return " " if kind in ("softbreak", "hardbreak") else content


def _absolute_links(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href" and not value.startswith(("https://", "http://", "mailto:")):
        return None
    return value
