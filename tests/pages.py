"""A browser for tests: it reads every page it is given and fails on a bad one, whatever the test was about."""

import gzip
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.page import FIELDS, Page, words

ORIGIN = "http://localhost"
# The same for everybody, so shared caches may keep them. Every other page is `no-store`.
CACHEABLE = {
    "api.campaign",
    "api.campaigns",
    "api.events",
    "api.openapi",
    "api.signatures",
    "embed.check_your_email",
    "embed.frame",
    "embed.mail_comes_later",
    "public.campaign",
    "public.changes",
    "public.check_your_email",
    "public.feed_atom",
    "public.feed_json",
    "public.home",
    "public.letter",
    "public.letter_thanks",
    "public.letters",
    "public.mail_comes_later",
    "public.manage_ask",
    "public.manage_sent",
    "public.manage_sent_later",
    "public.privacy",
    "public.sheet",
    "public.signatures",
    "public.statistics",
    "public.updates",
    "public.withdrawn",
}
CACHEABLE |= {
    "api.endorsements",
    "api.messages",
    "public.endorse",
    "public.endorsement_gone",
    "public.endorsement_sent",
    "public.endorsement_sent_later",
    "public.endorsements",
    "public.messages",
}
_LOADS = {"audio", "embed", "iframe", "img", "link", "object", "script", "source", "track", "video"}
_UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}
_LEFT_OVER = re.compile(r"%\(\w+\)|\{\{|\{%|<built-in|object at 0x")


class Browser(FlaskClient):
    """A test client at the site's own address that checks every answer. `last` is the page it shows."""

    last: Page

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", ORIGIN)
        response = super().open(*args, **kwargs)
        self._check(response)
        return response

    def read(self, path: str, **kwargs: Any) -> Page:
        """The page at an address, which must be there."""
        response = self.get(path, **kwargs)
        assert response.status_code == 200, f"{path} answers {response.status_code}"
        return self.last

    def _check(self, response: TestResponse) -> None:
        endpoint, path = _endpoint(self.application, response), response.request.path
        _check_privacy(response, path)
        # WhiteNoise answers for static files, without our headers.
        if not path.startswith("/static/"):
            assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.mimetype != "text/html":
            return
        _check_policy(response, may_be_framed=(endpoint or "").startswith("embed."))
        _check_caching(response, endpoint)
        # Werkzeug's own redirects carry two lines for browsers that do not follow them.
        if response.status_code >= 300 and response.location:
            return
        if response.request.method in ("GET", "POST") and response.status_code != 304:
            is_zipped = response.content_encoding == "gzip"
            self.last = Page(gzip.decompress(response.data).decode() if is_zipped else response.text)
            check_page(self.last)


def browse(app: Flask) -> Browser:
    """A browser without cookies."""
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


def check_page(page: Page) -> None:
    """What holds for every page of this site."""
    assert page.root.get("lang"), "no lang on html"
    assert page.root.get("dir") in ("ltr", "rtl"), "no dir on html"
    assert page.title, "no title"
    assert len(page.tagged("h1")) == 1, f"{len(page.tagged('h1'))} h1"
    assert page.h1, "an empty h1"
    assert not _LEFT_OVER.search(page.text), f"a left-over: {_LEFT_OVER.search(page.text)}"
    assert not [element for element in page.elements if element.text == "None"], "a value that is not there"
    _check_ids(page)
    _check_labels(page)
    _check_sources(page)


def _check_privacy(response: TestResponse, path: str) -> None:
    if path == "/organize" or path.startswith("/organize/"):
        return
    assert "Set-Cookie" not in response.headers, f"{path} sets a cookie"
    assert "cookie" not in response.headers.get("Vary", "").lower(), f"{path} varies by cookie"


def _check_policy(response: TestResponse, *, may_be_framed: bool) -> None:
    policy = content_policy(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    # An error page may be framed or not, as the page that failed would have been.
    if response.status_code < 400:
        assert policy["frame-ancestors"] == (["*"] if may_be_framed else ["'none'"])
    for name, sources in policy.items():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "data:"} & set(sources), f"{name} {sources}"
    # Under `no-referrer` browsers send `Origin: null` with the page's own form.
    assert response.headers["Referrer-Policy"] == "same-origin"


def content_policy(response: TestResponse) -> dict[str, list[str]]:
    """The sources of each directive."""
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


def _check_caching(response: TestResponse, endpoint: str | None) -> None:
    cached = response.headers["Cache-Control"]
    is_read = response.request.method in ("GET", "HEAD")
    if endpoint in CACHEABLE and is_read and response.status_code in (200, 304):
        assert "public" in cached
        assert "s-maxage" in cached
        assert "stale-while-revalidate" in cached
        assert response.headers.get("ETag")
        assert response.headers["X-Accel-Expires"] == "1"
    else:
        assert cached == "no-store", f"{endpoint} is kept: {cached}"
        # The only word that our own nginx heeds.
        assert "X-Accel-Expires" not in response.headers


def _endpoint(app: Flask, response: TestResponse) -> str | None:
    try:
        adapter = app.url_map.bind("localhost")
        found: str = adapter.match(response.request.path, method=response.request.method)[0]
    except HTTPException:
        return None
    return found


def _check_ids(page: Page) -> None:
    ids = [element.get("id") for element in page.elements if element.get("id")]
    twice = {name for name in ids if ids.count(name) > 1}
    assert not twice, f"the same id twice: {twice}"
    for element in page.elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for name in (element.get(attribute) or "").split():
                assert name in page.by_id, f"{attribute} points at #{name}, which is not there"
        target = element.get("href") or ""
        if element.tag == "a" and target.startswith("#"):
            assert target[1:] in page.by_id, f"a link leads to {target}, which is not there"


def _check_labels(page: Page) -> None:
    wrapped = {inner for label in page.tagged("label") for inner in label.iter()}
    named = {label.get("for") for label in page.tagged("label") if words(label)}
    for element in page.tagged(*FIELDS):
        if element.get("type") in _UNLABELLED_TYPES:
            continue
        has_label = element in wrapped or element.get("id") in named
        assert has_label or element.get("aria-label"), f"no label for {element.attrib}"


def _check_sources(page: Page) -> None:
    assert not page.tagged("style"), "a style element"
    for element in page.elements:
        assert "style" not in element.attrib, f"a style attribute on {element.tag}"
        handlers = [name for name in element.attrib if name.lower().startswith("on")]
        assert not handlers, f"{handlers} on {element.tag}"
        assert not (element.get("href") or "").lower().startswith("javascript:")
        if element.tag == "script":
            assert element.get("src"), "a script inside the page"
            assert not words(element), "a script inside the page"
        if element.tag in _LOADS and element.get("rel") not in ("alternate", "canonical"):
            for attribute in ("src", "href", "data"):
                address = element.get(attribute)
                assert address is None or re.match(r"/(?!/)", address), f"{element.tag} loads {address}"
