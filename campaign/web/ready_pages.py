"""Answers given a moment ago, in front of everything else: on a busy day nearly every request is for one of few pages.

`page_cache.py` decides whether a page holds, behind the middleware that finds out who asks and counts it. What it
answered is remembered here word for word, by all of a request that it can depend on, for as long as the edition is the
same; so what it takes to find out is spent once for some hundred requests.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from campaign.web.editions import Edition, Editions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ASKED = "campaign.asked"
# Each may hold on to a page that the page cache has let go of.
_MOST = 128


@dataclass(frozen=True, slots=True)
class _Answer:
    edition: Edition
    until: float
    headers: list[tuple[str, str]]
    body: list[bytes]


class ReadyPages:
    """Answers to GET that are the same for everybody who asks in the same words. Nobody may change what is in them."""

    def __init__(self, editions: Editions) -> None:
        self._editions = editions
        self._answers: dict[object, _Answer] = {}

    def keep(
        self,
        environ: "WSGIEnvironment",
        edition: Edition,
        headers: list[tuple[str, str]],
        body: bytes,
        *,
        until: float,
    ) -> None:
        """Answer so again in this edition, `until` then (`time.monotonic`). The status is 200."""
        if asked := environ.get(ASKED):
            if len(self._answers) >= _MOST:
                # Old editions, or strangers who ask in ever new words.
                self._answers.clear()
            self._answers[asked] = _Answer(edition, until, headers, [body])

    def in_front_of(self, app: "WSGIApplication", count: Callable[[float], None]) -> "WSGIApplication":
        """The whole site with this before it. `count` is told how many seconds an answer took."""
        answers, editions = self._answers, self._editions

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "GET" and "HTTP_IF_NONE_MATCH" not in environ:
                began, header = perf_counter(), environ.get
                # As they came: only a proxy we trust is believed, but who writes the same is answered the same.
                asked = environ[ASKED] = (
                    environ["PATH_INFO"],
                    header("QUERY_STRING"),
                    header("HTTP_HOST"),
                    environ["wsgi.url_scheme"],
                    header("HTTP_ACCEPT_ENCODING"),
                    header("HTTP_X_FORWARDED_HOST"),
                    header("HTTP_X_FORWARDED_PROTO"),
                )
                found = answers.get(asked)
                if found is not None and monotonic() < found.until and _is_newest(found.edition, editions):
                    start_response("200 OK", found.headers)
                    count(perf_counter() - began)
                    return found.body
            return app(environ, start_response)

        return answer


def _is_newest(edition: Edition, editions: Editions) -> bool:
    try:
        return edition is editions.newest()
    except SQLAlchemyError:
        # No page may be shown without knowing that it still stands. Flask says what is the matter.
        return False
