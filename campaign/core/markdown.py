"""Markdown to HTML that is safe to show. The parser makes no raw HTML; nh3 checks its work all the same."""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# What an editor wrote and no page shows.
Unshown = Literal["picture", "html", "link", "heading"]
_TAGS = {"a", "blockquote", "br", "code", "em", "h2", "h3", "hr", "li", "ol", "p", "strong", "ul"}
_LINKS = ("https://", "http://", "mailto:")


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


def unshown_in(text: str) -> list[Unshown]:
    """What of a text `render_markdown` would leave out, so that its author can be told; each kind once."""
    return sorted(set(_unshown(_seeing_parser().parse(text))))


def _unshown(tokens: "list[Token]") -> Iterator[Unshown]:
    for token in tokens:
        if token.type == "image":
            yield "picture"
        elif token.type in ("html_block", "html_inline"):
            yield "html"
        elif token.type == "link_open" and not str(token.attrGet("href")).startswith(_LINKS):
            yield "link"
        elif token.type == "heading_open" and token.tag not in _TAGS:
            yield "heading"
        yield from _unshown(token.children or [])


@cache
def _parser() -> "MarkdownIt":
    # By name: its 60 modules would be a twentieth of what a server loads before it answers.
    made: MarkdownIt = import_module("markdown_it").MarkdownIt("commonmark", {"html": False, "typographer": False})
    return made


@cache
def _seeing_parser() -> "MarkdownIt":
    """Sees what the other one passes over: HTML, and links to anything."""
    made: MarkdownIt = import_module("markdown_it").MarkdownIt("commonmark", {"html": True, "typographer": False})
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def _plain(kind: str, content: str) -> str:
    return " " if kind in ("softbreak", "hardbreak") else content


def _absolute_links(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href" and not value.startswith(_LINKS):
        return None
    return value
