"""`deploy/nginx.conf` as it stands: what it asks twice, what it says when nobody answers, and what it writes down."""

import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.reliability.nginx_front import DEPLOYED, HOST, Front
from tests.reliability.promise import NotRun
from tests.serving import free_port

DEADLINE_SECONDS = 30
FORM = b"name=Alice&email=MARKER%40example.org"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Web:
    """A web process that answers 200, or reads a request and breaks off."""

    breaks_off: bool = False
    says: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[http.client.HTTPMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.command)
                web.headers.append(self.headers)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if web.breaks_off:
                    self.connection.close()
                    return
                self.send_response(200)
                page = str(len(web.asked)).encode()
                for name, value in {"Content-Length": str(len(page)), **web.says}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page)

            do_POST = do_GET  # noqa: N815 - the name is the library's

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def webs() -> Iterator[tuple[Web, Web]]:
    made = Web(), Web()
    yield made
    for web in made:
        web.stop()


@pytest.fixture
def front(webs: tuple[Web, Web], tmp_path: Path) -> Iterator[Front]:
    with front_before(tmp_path, [web.port for web in webs]).started() as started:
        yield started


def front_before(folder: Path, ports: list[int]) -> Front:
    try:
        return Front(folder, ports)
    except NotRun as missing:
        pytest.skip(f"NOT RUN: {missing}")


def ask(front: Front, method: str, path: str = "/en/", **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
    connection = front.connect()
    try:
        body = FORM if method == "POST" else None
        connection.request(method, path, body, {**(HEADERS if body else {}), **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_nginx_is_content_with_the_file(tmp_path: Path) -> None:
    said = front_before(tmp_path, [1, 2]).check()
    assert "test is successful" in said
    assert "warn" not in said


def test_a_page_is_asked_for_again_elsewhere_and_a_form_is_not(front: Front, webs: tuple[Web, Web]) -> None:
    webs[0].breaks_off = True
    assert [ask(front, "GET")[0] for _ in range(4)] == [200] * 4
    assert webs[0].asked
    for web in webs:
        web.asked.clear()
    statuses = {ask(front, "POST")[0] for _ in range(4)}
    assert statuses <= {200, 503}
    assert sum(len(web.asked) for web in webs) == 4, "each form is sent once"


def test_a_form_finds_the_process_that_is_left(tmp_path: Path, webs: tuple[Web, Web]) -> None:
    """Nothing of it was sent to the one that is gone."""
    with front_before(tmp_path, [free_port(), webs[1].port]).started() as front:
        assert [ask(front, "POST")[0] for _ in range(4)] == [200] * 4


def test_when_nobody_answers_the_page_says_to_send_it_again(tmp_path: Path) -> None:
    with front_before(tmp_path, [free_port(), free_port()]).started() as front:
        for method in ("GET", "POST"):
            status, headers, page = ask(front, method)
            assert status == 503
            assert headers["Retry-After"] == "30"
            assert headers["Cache-Control"] == "no-store"
            assert headers["Content-Type"] == "text/html; charset=utf-8"
            assert "sending a form twice does no harm" in page


def test_who_asks_is_told_to_the_site_by_nginx_alone(front: Front, webs: tuple[Web, Web]) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil.example"}
    assert ask(front, "GET", **forged)[0] == 200
    (seen,) = webs[0].headers + webs[1].headers
    assert seen.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert seen.get_all("X-Forwarded-Proto") == ["https"]
    assert seen.get_all("X-Forwarded-Host") == seen.get_all("Host") == [HOST]


PUBLIC = "public, max-age=0, s-maxage=5, stale-while-revalidate=5"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Front, Web]]:
    web = Web()
    with front_before(tmp_path, [web.port]).started() as started:
        yield started, web
    web.stop()


def test_a_page_is_kept_for_a_second_and_is_then_a_new_one(alone: tuple[Front, Web]) -> None:
    front, web = alone
    web.says = {"Cache-Control": PUBLIC, "X-Accel-Expires": "1", "ETag": '"a"', "Vary": "Accept-Encoding"}
    began = time.monotonic()
    pages = [ask(front, "GET") for _ in range(20)]
    assert {page for _, _, page in pages} <= {str(number) for number in range(1, int(time.monotonic() - began) + 3)}
    assert pages[-1][1]["Cache-Control"] == PUBLIC, "caches elsewhere are told what the site says"
    assert "X-Accel-Expires" not in pages[-1][1]
    # Taken down: the site says so to the next who asks, and nginx has nothing older to give.
    web.says, before = {"Cache-Control": "no-store"}, len(web.asked)
    last_kept = time.monotonic()
    while len(web.asked) == before:
        assert time.monotonic() < last_kept + DEADLINE_SECONDS
        ask(front, "GET")
    gone_after = time.monotonic() - last_kept
    assert gone_after < 5
    assert ask(front, "GET")[2] == str(len(web.asked)), "and it stays away"


@pytest.mark.parametrize(
    "says",
    [
        {"Cache-Control": "no-store"},
        {"Cache-Control": PUBLIC},
        {"Cache-Control": "public, max-age=60", "Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"X-Accel-Expires": "1", "Set-Cookie": "session=x"},
        {},
    ],
)
def test_nothing_else_is_kept(alone: tuple[Front, Web], says: dict[str, str]) -> None:
    front, web = alone
    web.says = says
    assert [ask(front, "GET", "/en/confirm/MARKER")[2] for _ in range(4)] == ["1", "2", "3", "4"]


def test_a_form_is_never_answered_from_what_was_kept(alone: tuple[Front, Web]) -> None:
    front, web = alone
    web.says = {"X-Accel-Expires": "1"}
    assert [ask(front, method)[2] for method in ("GET", "POST", "POST")] == ["1", "2", "3"]


def test_pages_are_kept_in_memory() -> None:
    """Names that their owners take back must not be found on a disk."""
    assert "proxy_cache_path /run/" in DEPLOYED.read_text("utf-8")


def test_a_form_that_is_too_large_goes_no_further(front: Front, webs: tuple[Web, Web]) -> None:
    connection = front.connect()
    connection.request("POST", "/en/", b"x" * (64 * 1024 + 1), HEADERS)
    assert connection.getresponse().status == 413
    connection.close()
    assert webs[0].asked + webs[1].asked == []


def test_nothing_about_anybody_is_written_down(front: Front, webs: tuple[Web, Web]) -> None:
    webs[0].breaks_off = webs[1].breaks_off = True
    for method in ("GET", "POST"):
        assert ask(front, method, "/en/confirm/MARKER")[0] == 503
    said = front.said()
    assert "MARKER" not in said
    assert "127.0.0.1" not in said
