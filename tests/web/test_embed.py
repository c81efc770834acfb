"""The petition in other people's pages: who may frame what, the form in the frame, what is remembered of the host."""

from contextlib import closing

import pytest
from flask import Flask

from tests.factories import SLUG
from tests.pages import Browser, content_policy
from tests.web.signing import FILLED_IN, Signing, nothing_stored, stored

FRAME = f"/embed/{SLUG}"


def sign_in_frame(browser: Browser, address: str) -> None:
    """Open the frame, fill in its form as it came, follow to the end."""
    form = browser.read(address).form("name", "email")
    response = browser.post(form.action or address, data={**form.values, **FILLED_IN})
    assert response.status_code == 303
    browser.read(response.location)


@pytest.mark.parametrize("address", [FRAME, f"{FRAME}/check-your-email"])
def test_anybody_may_frame_the_frame(browser: Browser, address: str) -> None:
    assert content_policy(browser.get(address))["frame-ancestors"] == ["*"]


@pytest.mark.parametrize("address", ["/en/", f"/en/{SLUG}/", "/en/manage", "/en/manage/x", "/organize/login", "/nope/"])
def test_nobody_may_frame_anything_else(browser: Browser, address: str) -> None:
    assert content_policy(browser.get(address))["frame-ancestors"] == ["'none'"]


def test_the_frame_shows_its_errors_in_the_frame(app: Flask, browser: Browser, signing: Signing) -> None:
    response = signing.fill_in(path=f"{FRAME}?lang=fa&theme=dark", email="alice")
    assert response.status_code == 400
    assert content_policy(response)["frame-ancestors"] == ["*"]
    page = browser.last
    assert list(page.mistakes()) == ["email"]
    assert page.value("name") == FILLED_IN["name"]
    assert (page.root.get("lang"), page.root.get("data-theme")) == ("fa", "dark")
    assert nothing_stored(app)


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("?from=union.example", "embed:union.example"),
        ("?from=Union.Example", "embed:union.example"),
        ("?lang=fa&from=ally.example", "embed:ally.example"),
        ("?from=alice-smith.case-4711", "embed"),
        ("", "embed"),
        ("?from=", "embed"),
        ("?from=https://union.example/page?secret=1", "embed"),
        ("?from=<script>", "embed"),
        ("?from=%00", "embed"),
        ("?from=%ff", "embed"),
        ("?from=" + "a" * 91, "embed"),
        ("?from==HYPERLINK()", "embed"),
        ("?from=union.example%0a", "embed"),
    ],
)
def test_the_host_that_embeds_is_stored_if_it_is_an_ally(app: Flask, browser: Browser, query: str, source: str) -> None:
    sign_in_frame(browser, FRAME + query)
    assert [row.source for row in stored(app)] == [source]


@pytest.mark.parametrize(
    "source",
    [
        "embed:<script>",
        "site:admin",
        "embed:",
        "embed:a b",
        "embed:a.example",
        "embed:union.example\n",
        "\0",
        "x" * 500,
        "=1+1",
    ],
)
@pytest.mark.parametrize("path", [FRAME, f"/en/{SLUG}/sign"])
def test_a_made_up_source_is_not_stored(app: Flask, signing: Signing, path: str, source: str) -> None:
    assert signing.fill_in(path=path, source=source).status_code == 303
    (signature,) = stored(app)
    assert signature.source in ("site", "embed")


@pytest.mark.parametrize(
    ("query", "lang", "theme"),
    [("?lang=fa", "fa", "auto"), ("?lang=xx&theme=pink", "en", "auto"), ("?theme=light", "en", "light")],
)
def test_the_frame_takes_language_and_theme_it_knows(browser: Browser, query: str, lang: str, theme: str) -> None:
    root = browser.read(FRAME + query).root
    assert (root.get("lang"), root.get("data-theme")) == (lang, theme)


def test_the_frame_keeps_language_and_theme_to_the_end(browser: Browser) -> None:
    sign_in_frame(browser, f"{FRAME}?lang=fa&theme=dark")
    assert (browser.last.root.get("lang"), browser.last.root.get("data-theme")) == ("fa", "dark")


def test_links_leave_the_frame(browser: Browser) -> None:
    for address in (FRAME, f"{FRAME}/check-your-email"):
        links = [link for link in browser.read(address).tagged("a") if not (link.get("href") or "").startswith("#")]
        assert links
        assert all(link.get("target") == "_blank" and link.get("rel") == "noopener" for link in links)


def test_any_page_may_load_the_script(browser: Browser) -> None:
    with closing(browser.get("/embed.js", headers={"Origin": "https://union.example"})) as response:
        assert response.mimetype == "text/javascript"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "max-age=3600" in response.headers["Cache-Control"]
        assert b"petition-widget" in response.data


def test_nothing_else_may_be_read_by_another_origin(browser: Browser) -> None:
    for address in ("/en/", FRAME, "/healthz", "/sitemap.xml"):
        response = browser.get(address, headers={"Origin": "https://union.example"})
        assert "Access-Control-Allow-Origin" not in response.headers
