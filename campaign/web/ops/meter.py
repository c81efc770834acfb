"""Counts every answer by its route, and how long it took to begin. Stands in front of everything else.

A route is the pattern of an address, never the address: there are as many as the site has kinds of pages.
"""

import re
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.routing import Rule

from campaign.core.tally import Tally

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where Flask's part puts the pattern it found. A list, because middleware hands on copies of the environment.
ROUTE = "campaign.route"
EXTENSION = "campaign.meter"
NO_ROUTE = "none"
# Answers that never reach Flask: a page that was kept, or a file.
_KEPT, _FILE = "kept page", "static file"
_METHODS = {"GET": "GET", "HEAD": "GET", "POST": "POST"}
_OTHER = "other"
_WRITE_SECONDS = 0.2
_MOST_KEPT = 10_000
STATUSES = ("2xx", "3xx", "4xx", "429", "5xx")
# Upper ends of the histogram's buckets, in seconds; what took longer is counted after them.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
FIRST_BUCKET = len(STATUSES)
SUM = FIRST_BUCKET + len(BUCKETS) + 1
_CONVERTER = re.compile(r"<\w+:")


class Meter:
    """WSGI middleware around the whole application. `tally` has a row `METHOD route` for each kind of request."""

    def __init__(self, inner: "WSGIApplication", folder: Path, rules: Iterable[Rule]) -> None:
        self._inner = inner
        patterns = [
            (method, rule.rule) for rule in rules for method in ("GET", "POST") if method in (rule.methods or ())
        ]
        patterns += [("GET", _KEPT), ("GET", _FILE), ("GET", NO_ROUTE), ("POST", NO_ROUTE), (_OTHER, NO_ROUTE)]
        self._rows = {key: f"{key[0]} {_CONVERTER.sub('<', key[1])}" for key in sorted(set(patterns))}
        self._strange = self._rows[_OTHER, NO_ROUTE]
        self._kept: deque[float] = deque()
        self._add_kept_at = 0.0
        self.tally = Tally(folder, "requests", list(self._rows.values()), SUM + 1, write_seconds=_WRITE_SECONDS)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()
        found: list[str] = []
        environ[ROUTE] = found

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            self._count(environ, found, status, time.perf_counter() - began)
            return start_response(status, headers, *error)

        try:
            return self._inner(environ, start)
        except BaseException:
            self._count(environ, found, "500", time.perf_counter() - began)
            raise

    def count_kept(self, seconds: float) -> None:
        """Count a kept page that was answered without coming this far; cheaply, for there are very many."""
        self._kept.append(seconds)
        if len(self._kept) > _MOST_KEPT or time.monotonic() >= self._add_kept_at:
            self.add_kept()

    def add_kept(self) -> None:
        """Put what `count_kept` was told where other processes see it."""
        self._add_kept_at = time.monotonic() + _WRITE_SECONDS
        columns: Counter[int] = Counter()
        seconds = 0.0
        with suppress(IndexError):
            while True:
                took = self._kept.popleft()
                columns[FIRST_BUCKET + bisect_left(BUCKETS, took)] += 1
                seconds += took
        if columns:
            answers = (_kind("200 OK"), columns.total())
            self.tally.add(self._rows["GET", _KEPT], answers, *columns.items(), (SUM, seconds))

    def totals(self) -> dict[str, list[float]]:
        """All that has been counted, by all processes of this machine."""
        self.add_kept()
        return self.tally.totals()

    def _count(self, environ: "WSGIEnvironment", found: list[str], status: str, seconds: float) -> None:
        route = found[0] if found else _FILE if environ["PATH_INFO"].startswith("/static/") else _KEPT
        row = self._rows.get((_METHODS.get(environ["REQUEST_METHOD"], _OTHER), route), self._strange)
        self.tally.add(row, (_kind(status), 1), (FIRST_BUCKET + bisect_left(BUCKETS, seconds), 1), (SUM, seconds))


@lru_cache(64)
def _kind(status: str) -> int:
    """The column of a status. 429 has its own: it says that somebody was held back, not that they made a mistake."""
    name = "429" if status.startswith("429") else f"{status[:1]}xx"
    return STATUSES.index(name) if name in STATUSES else STATUSES.index("5xx")


def init_meter(app: Flask, folder: Path) -> Meter:
    """Measure this application. Call when it has all its routes and all other middleware."""
    meter = Meter(app.wsgi_app, folder, app.url_map.iter_rules())
    app.extensions[EXTENSION] = meter
    app.wsgi_app = meter  # type: ignore[method-assign]
    return meter
