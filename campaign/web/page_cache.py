"""Finished public pages, kept in this process in front of Flask: a page asked for again costs no rendering.

A page is kept with the edition it was rendered from and the counts it shows, and is good while those hold. So what is
taken down is gone with the next look at the edition, whoever took it down; caches elsewhere are told how long by
`Cache-Control`. Only pages that are the same for everybody come in here (see `headers.cacheable`).
"""

import gzip
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from cachetools import LRUCache
from isal import igzip
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_accept_header, parse_etags

from campaign.web.editions import COUNTS_SHOWN, IN_ENVIRON, Edition, Editions
from campaign.web.ready_pages import ReadyPages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A shared cache may serve an older page while it fetches a new one. Both numbers together are how long a page that was
# hidden can go on being shown by a cache that nobody can reach: seconds, for somebody may be in danger through it.
PUBLIC = "public, max-age=0, s-maxage=5, stale-while-revalidate=5"
# How many seconds a proxy of ours keeps a page (`deploy/nginx.conf`), in which nobody can take it down there.
IN_OUR_PROXY = "1"
_MOST_PAGES = 256
# Whoever adds `?x=1`, `?x=2` … to an address crowds out pages with a query only.
_MOST_PAGES_WITH_QUERY = 64
# What no edition knows of, such as a batch of communities counted, shows after this long.
_OLDEST_SECONDS = 10.0
# A page whose count moves is rendered again at once, so that people see their own signature; but in a rush only this
# often, because a number that moves twice a second is as good as one that moves a hundred times.
_RENDERS_SAVED = 5.0
_RENDERS_A_SECOND = 2.0
# In a fifteenth of zlib's time, which was half of what a page made anew took; a campaign's page is 9 to 23 % larger.
_QUICK_LEVEL = 1
_OF_A_BODY = {"Content-Type", "Content-Length", "Content-Encoding"}
_OURS = {"Vary", "ETag", "Content-Length"}
_ZIPPED = ("Content-Encoding", "gzip")


@dataclass(frozen=True, slots=True)
class _Variant:
    """One page in one content encoding, with the headers of its full answer and of a 304."""

    etag: str
    body: bytes
    headers: list[tuple[str, str]]
    headers_unchanged: list[tuple[str, str]]


@dataclass(slots=True)
class _Page:
    """A page as rendered. `renders_left` is what the page may still be rendered again for its count alone."""

    edition: Edition
    counts_shown: frozenset[object]
    made_at: float
    headers: list[tuple[str, str]]
    body: bytes
    plain: _Variant | None = None
    zipped: _Variant | None = None
    is_zipped_well: bool = False
    renders_left: float = _RENDERS_SAVED
    lock: threading.Lock = field(default_factory=threading.Lock)

    def variant(self, *, is_zipped: bool) -> _Variant:
        """The page as this reader takes it: compressed quickly for the first who takes it so, well for all others.

        Most pages that are made anew are for one reader; on the others hangs what everybody waits for.
        """
        if not is_zipped:
            self.plain = self.plain or _variant(self.headers, self.body)
            return self.plain
        # Only because the page is the same for everybody: one with a secret in it would give it away (BREACH).
        if self.zipped is None:
            self.zipped = _variant(self.headers, igzip.compress(self.body, _QUICK_LEVEL, mtime=0), _ZIPPED)
        elif not self.is_zipped_well:
            self.zipped = _variant(self.headers, gzip.compress(self.body, mtime=0), _ZIPPED)
            self.is_zipped_well = True
        return self.zipped

    def is_good(self, edition: Edition, now: float) -> bool:
        """Whether it may be shown in that edition. Somebody to whom this says no renders it again."""
        if edition is self.edition:
            return now - self.made_at < _OLDEST_SECONDS
        mine = self.edition
        if (edition.number, edition.day) != (mine.number, mine.day) or now - self.made_at >= _OLDEST_SECONDS:
            return False
        if all(edition.counts[shown] == mine.counts[shown] for shown in self.counts_shown):  # type: ignore[index]
            return True
        with self.lock:
            left = min(_RENDERS_SAVED, self.renders_left + (now - self.made_at) * _RENDERS_A_SECOND)
            if left < 1:
                return True
            self.renders_left = left - 1
            return False


class PageCache:
    """WSGI middleware. Hosts must have been checked, or be part of what is asked: the key holds scheme and host."""

    def __init__(self, app: "WSGIApplication", editions: Editions, ready: ReadyPages) -> None:
        self._app = app
        self._editions = editions
        self._ready = ready
        self._lock = threading.Lock()
        self._pages: LRUCache[object, _Page] = LRUCache(_MOST_PAGES)
        self._pages_with_query: LRUCache[object, _Page] = LRUCache(_MOST_PAGES_WITH_QUERY)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        try:
            edition = self._editions.newest()
        except SQLAlchemyError:
            # No page may be shown without knowing that it still stands. Flask says what is the matter.
            return self._app(environ, start_response)
        query = environ.get("QUERY_STRING", "")
        key = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"], environ["PATH_INFO"], query)
        with self._lock:
            page = (self._pages_with_query if query else self._pages).get(key)
        if page is None or not page.is_good(edition, monotonic()):
            found = self._render(environ, start_response, edition, page)
            if not isinstance(found, _Page):
                return found
            page = found
            with self._lock:
                (self._pages_with_query if query else self._pages)[key] = page
        return self._answer(page, edition, environ, start_response)

    def _answer(
        self, page: _Page, edition: Edition, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        variant = page.variant(is_zipped=_takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")))
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and parse_etags(known).contains_weak(variant.etag):
            start_response("304 NOT MODIFIED", variant.headers_unchanged)
            return []
        start_response("200 OK", variant.headers)
        if environ["REQUEST_METHOD"] != "GET":
            return []
        if variant is page.plain or page.is_zipped_well:
            self._ready.keep(environ, edition, variant.headers, variant.body, until=page.made_at + _OLDEST_SECONDS)
        return [variant.body]

    def _render(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", edition: Edition, before: _Page | None
    ) -> _Page | Iterable[bytes]:
        """The page, or the answer itself if it is not one to keep."""
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            answered[:] = [(status, headers)]
            return lambda _data: None

        # The whole page, also for HEAD: what is kept must do for the next GET.
        inner = {**environ, IN_ENVIRON: edition, "REQUEST_METHOD": "GET", COUNTS_SHOWN: set()}
        made_at = monotonic()
        body = self._app(inner, start)  # type: ignore[arg-type]
        status, headers = answered[0]
        if status != "200 OK" or dict(headers).get("Cache-Control") != PUBLIC:
            return _pass_on(environ, start_response, status, headers, body)
        try:
            whole = b"".join(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        given = [header for header in headers if header[0] not in _OURS]
        page = _Page(edition, frozenset(inner[COUNTS_SHOWN]), made_at, given, whole)
        if before is not None:
            page.renders_left = before.renders_left
        return page


def _pass_on(
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    status: str,
    headers: list[tuple[str, str]],
    body: Iterable[bytes],
) -> Iterable[bytes]:
    start_response(status, headers)
    if environ["REQUEST_METHOD"] == "GET":
        return body
    # HEAD was asked for, and Flask was asked for GET.
    close = getattr(body, "close", None)
    if close is not None:
        close()
    return []


def _variant(given: list[tuple[str, str]], body: bytes, *encoding: tuple[str, str]) -> _Variant:
    etag = hashlib.sha256(body).hexdigest()[:32]
    own = [("Vary", "Accept-Encoding"), ("ETag", f'"{etag}"'), ("Content-Length", str(len(body)))]
    headers = [*given, *own, *encoding]
    return _Variant(etag, body, headers, [header for header in headers if header[0] not in _OF_A_BODY])


@lru_cache(256)
def _takes_gzip(accept_encoding: str) -> bool:
    accepted = parse_accept_header(accept_encoding)
    return accepted.quality("gzip") > 0
