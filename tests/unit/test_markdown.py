"""Whatever an editor writes, nothing in it runs, tracks or leads astray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.markdown import render_markdown


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
