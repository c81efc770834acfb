"""Whatever an editor writes, nothing in it runs, tracks or leads astray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.markdown import render_markdown, unshown_in


def test_a_text_has_its_paragraphs_headings_lists_and_links() -> None:
    html = render_markdown("## Why\n\nBecause *now*.\n\n- one\n\n[source](https://example.org/a?b=1&c=2)")
    for part in ("<h2>Why</h2>", "<em>now</em>", "<li>one</li>", 'href="https://example.org/a?b=1&amp;c=2"'):
        assert part in html
    assert 'rel="noopener noreferrer"' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![](https://evil.example/pixel.gif)",
        "![](//evil.example/pixel.gif)",
        "[x](javascript:alert(1))",
        "[x](//evil.example/)",
        "[x](/organize/)",
        "[x](data:text/html,x)",
        '<a href="https://example.org" onclick="x()">x</a>',
        "<iframe src=https://evil.example></iframe>",
        "<style>*{display:none}</style>",
    ],
)
def test_hostile_markdown_becomes_harmless(hostile: str) -> None:
    html = render_markdown(hostile)
    for bad in (
        "<script",
        "<img",
        "<iframe",
        "<style",
        '<a href="//',
        'href="javascript',
        'href="/',
        'href="data',
        '<a href="https://example.org" onclick',
    ):
        assert bad not in html


@given(st.text(max_size=200))
def test_any_text_renders_without_a_tag_that_is_not_allowed(text: str) -> None:
    html = render_markdown(text).lower()
    for bad in ("<script", "<img", "<svg", "<object", "<form", "<input", "<style", "<iframe"):
        assert bad not in html


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("## Why\n\n- *one*\n\n[s](https://example.org/) <https://example.org> a < b && c", []),
        ("![](//evil.example/pixel.gif)", ["picture"]),
        ("![x][1]\n\n[1]: https://evil.example/pixel.gif", ["picture"]),
        ("<script>alert(1)</script>", ["html"]),
        ("so <b onclick=x()>bold</b>", ["html"]),
        ("<!-- hidden -->", ["html"]),
        ("[x](javascript:alert(1))", ["link"]),
        ("[x](/organize/) and ![](x)", ["link", "picture"]),
        ("[x](//evil.example/)", ["link"]),
        ("# Title", ["heading"]),
        ("Deep\n====", ["heading"]),
    ],
)
def test_an_author_is_told_what_no_page_shows(text: str, kinds: list[str]) -> None:
    assert unshown_in(text) == kinds
