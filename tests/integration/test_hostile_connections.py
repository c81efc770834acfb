"""What only a socket can send: requests that two servers could read differently, slow ones, and no requests at all.

Nothing here knows which server answers. Addresses under attack are generated in `web/test_hostile_requests.py`.
"""

import random
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from campaign.app import create_app
from campaign.core.db import db, new_engine
from tests.databases import config_for, new_sqlite
from tests.factories import SLUG, make_site
from tests.integration.raw_requests import PATIENCE_SECONDS, answers, codes, head, send
from tests.serving import Running, serving

NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
SLOW_CLIENTS = 50
# A form is read by the thread that answers it. So many, fewer than there are threads, hold up nobody; more of them are
# the proxy's to keep away, which sends a form on when it is whole (docs/operating.md).
SLOW_WRITERS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connections")


@pytest.fixture(scope="module")
def database_url(folder: Path) -> str:
    url = new_sqlite(folder)
    with create_app(config_for(url, folder)).app_context():
        make_site(NOW)
        db.engine.dispose()
    return url


@pytest.fixture(scope="module")
def server(folder: Path, database_url: str) -> Iterator[Running]:
    """One server for all. In the end: it still answers, and has written nothing of what was sent."""
    with serving(folder, database_url, folder / "server.log") as running:
        yield running
        assert answers(running)
        assert running.stop() == 0
        written = running.log.read_text()
        assert "Traceback" not in written
        assert "MARKER" not in written


def form(body: bytes) -> tuple[str, ...]:
    return ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")


# What an attacker would have another visitor's answer be.
HIDDEN = b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:PORT0\r\n\r\n"
# Two servers in a row could disagree about where such a request ends; the second would take its rest for another one.
AMBIGUOUS: dict[str, tuple[tuple[str, ...], bytes]] = {
    "a length and chunks": (("Content-Length: 6", "Transfer-Encoding: chunked"), b"0\r\n\r\n" + HIDDEN),
    "chunks and a length": (
        ("Transfer-Encoding: chunked", f"Content-Length: {5 + len(HIDDEN)}"),
        b"0\r\n\r\n" + HIDDEN,
    ),
    "two lengths": (("Content-Length: 0", f"Content-Length: {len(HIDDEN)}"), HIDDEN),
    "two lengths in one": ((f"Content-Length: 0, {len(HIDDEN)}",), HIDDEN),
    "a signed length": (("Content-Length: +0",), HIDDEN),
    "a negative length": (("Content-Length: -1",), HIDDEN),
    "a length in hexadecimal": (("Content-Length: 0x0",), HIDDEN),
    "a length with a space": (("Content-Length: 0 0",), HIDDEN),
    "a length of another script": (("Content-Length: \xb2",), HIDDEN),
    "an empty length": (("Content-Length:",), HIDDEN),
    "a length beyond numbers": ((f"Content-Length: {'9' * 40}",), HIDDEN),
    "a space before the colon": (("Transfer-Encoding : chunked",), b"0\r\n\r\n" + HIDDEN),
    "a tab before the colon": (("Content-Length\t: 5",), b"0\r\n\r\n" + HIDDEN),
    "an unknown coding": (("Transfer-Encoding: xchunked",), b"0\r\n\r\n" + HIDDEN),
    "chunks and more": (("Transfer-Encoding: chunked, identity",), b"0\r\n\r\n" + HIDDEN),
    "two codings": (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), b"0\r\n\r\n" + HIDDEN),
    "a coding with a vertical tab": (("Transfer-Encoding: \x0bchunked",), b"0\r\n\r\n" + HIDDEN),
    "a folded coding": (("Transfer-Encoding:", " chunked"), b"0\r\n\r\n" + HIDDEN),
    "a header before all others": ((" Content-Length: 5",), HIDDEN),
    "a chunk of no size": (("Transfer-Encoding: chunked",), b"\r\n\r\n" + HIDDEN),
    "a chunk of a negative size": (("Transfer-Encoding: chunked",), b"-1\r\n\r\n" + HIDDEN),
    "a chunk of a huge size": (("Transfer-Encoding: chunked",), b"FFFFFFFFFFFFFFFFF0\r\n" + HIDDEN),
    "a chunk of a signed size": (("Transfer-Encoding: chunked",), b"0x0\r\n\r\n" + HIDDEN),
    "a chunk longer than said": (("Transfer-Encoding: chunked",), b"1\r\nxxxx\r\n0\r\n\r\n" + HIDDEN),
    "chunks ended by a line feed": (("Transfer-Encoding: chunked",), b"0\n\n" + HIDDEN),
    "a NUL in a name": (("Content-Length\0: 5",), HIDDEN),
    "a NUL in a value": (("X-Evil: a\0b",), HIDDEN),
    "a carriage return in a value": (("X-Evil: a\rContent-Length: 5",), HIDDEN),
}


@pytest.mark.parametrize("why", AMBIGUOUS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_can_be_read_in_two_ways_hides_no_other(server: Running, why: str, method: str) -> None:
    """It is refused, or read in one way and the rest refused: the hidden request gets no page."""
    lines, body = AMBIGUOUS[why]
    body = body.replace(b"PORT0", str(server.port).encode())
    last = head(server, "Connection: close", path="/healthz")
    # Open to the last: a server that is told to stop may not look at the rest of what it has.
    answer = send(server, head(server, *lines, method=method, path="/en/manage"), body, last, patience=2)
    assert all(code < 500 or code == 501 for code in codes(answer)), answer[:200]
    assert b"User-agent" not in answer


MALFORMED: dict[str, bytes] = {
    "no HTTP at all": b"MARKER\r\n\r\n",
    "nothing but a line end": b"\r\n\r\n\r\n",
    "zeros": bytes(5000),
    "noise": random.Random(3).randbytes(20_000),
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30),
    "HTTP/0.9": b"GET /en/\r\n",
    "HTTP/1.0 without a host": b"GET /en/ HTTP/1.0\r\n\r\n",
    "HTTP/9.9": b"GET /en/MARKER HTTP/9.9\r\nHost: x\r\n\r\n",
    "no version": b"GET /en/MARKER HTTP/\r\nHost: x\r\n\r\n",
    "line feeds alone": b"GET /en/ HTTP/1.1\nHost: x\n\n",
    "carriage returns alone": b"GET /en/ HTTP/1.1\rHost: x\r\r",
    "no host": b"GET /en/MARKER HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /en/MARKER HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "no address": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address with a space": b"GET /en/ MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address with a NUL": b"GET /en/\0MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address of bytes": b"GET /en/\xff\xfeMARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address without a slash": b"GET en/MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address with a fragment": b"GET /en/#MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "a whole address": b"GET http://evil.example/en/MARKER HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a whole address of another kind": b"GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that is none": b"G@T /en/MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long method": b"X" * 9000 + b" /en/MARKER HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "everything": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": b"GET /en/MARKER HTTP/1.1\r\nHost: x\r\nBad Header MARKER\r\n\r\n",
    "a header without a name": b"GET /en/MARKER HTTP/1.1\r\nHost: x\r\n: MARKER\r\n\r\n",
    "a folded header": b"GET /en/MARKER HTTP/1.1\r\nHost: x\r\nX: MARKER\r\n MARKER\r\n\r\n",
    "a header of bytes": b"GET /en/MARKER HTTP/1.1\r\nHost: \xff\xfe\r\nX-\xff: MARKER\r\n\r\n",
    "a long address": b"GET /" + b"MARKER" * 30_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /en/ HTTP/1.1\r\nHost: x\r\nX: " + b"MARKER" * 30_000 + b"\r\n\r\n",
    "ten thousand headers": b"GET /en/ HTTP/1.1\r\nHost: x\r\n" + b"X: MARKER\r\n" * 10_000 + b"\r\n",
    "a head without end": b"GET /en/ HTTP/1.1\r\nHost: x\r\n" + b"X: MARKER\r\n" * 50,
}


@pytest.mark.parametrize("why", MALFORMED)
def test_what_is_no_request_gets_no_page(server: Running, why: str) -> None:
    answer = send(server, MALFORMED[why], and_stop=True)
    # 505 says "not this version of HTTP", which is nobody's fault here.
    assert all(400 <= code < 500 or code == 505 for code in codes(answer)), answer[:200]
    assert b"evil.example" not in answer
    assert b"MARKER" not in answer
    assert b"root:x:0" not in answer


def test_a_proxys_own_headers_move_nothing(server: Running) -> None:
    """Some servers take the place of the application from a header. Ours must not."""
    lines = ("SCRIPT_NAME: //evil.example", "Script-Name: //evil.example", "PATH_INFO: /organize/", "Path-Info: /x")
    answer = send(server, head(server, *lines, "X-Forwarded-Prefix: //evil.example", "Connection: close", path="/"))
    assert codes(answer) == [303]
    assert b"evil.example" not in answer


def test_a_host_in_the_address_is_held_to_the_same_rule(server: Running) -> None:
    """`GET http://evil.example/`, with our own name as host: whichever counts, the answer names no other host."""
    request = f"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
    answer = send(server, request.encode())
    assert codes(answer)[0] in (303, 400, 404)
    assert b"evil.example" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/en",
        "///evil.example/",
        "/\\evil.example/",
        "/%2f%2fevil.example",
        "//evil.example//..",
    ],
)
def test_no_address_leads_to_another_host(server: Running, path: str) -> None:
    """A browser takes what follows two slashes, or a slash and a backslash, for a host."""
    answer = send(server, head(server, "Connection: close", path=path))
    assert codes(answer)[0] < 500
    location = re.search(rb"(?im)^location: *(.*?)\r$", answer)
    assert location is None or re.match(rb"/(?![/\\])|http://127\.0\.0\.1:", location[1]), location


def test_requests_in_a_row_are_answered_in_that_order(server: Running) -> None:
    requests = [head(server, path=path) for path in ("/healthz", "/en/nowhere/", "/robots.txt", "/en/confirm/x")]
    answer = send(server, *requests, head(server, "Connection: close", path="/embed.js"))
    assert codes(answer) == [200, 404, 200, 404, 200]


def test_a_body_is_not_taken_for_the_next_request(server: Running) -> None:
    """A form answered before it was read (413, 403, 404) must not leave its rest on the line."""
    body = HIDDEN.replace(b"PORT0", str(server.port).encode()) * 2000
    for path in (f"/en/{SLUG}/sign", "/en/manage", "/en/confirm/x", "/organize/logout", "/en/nowhere/", "/en/"):
        answer = send(server, head(server, *form(body), method="POST", path=path), body, and_stop=True)
        assert len(codes(answer)) <= 1, path
        assert all(code < 500 for code in codes(answer)), path


def test_more_than_a_form_holds_is_refused_while_it_is_sent(server: Running) -> None:
    lines = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 5000000000")
    answer = send(
        server, head(server, *lines, method="POST", path=f"/en/{SLUG}/sign"), b"name=" + b"x" * 200_000, and_stop=True
    )
    assert codes(answer) in ([], [400], [413])


def test_an_expectation_is_met_or_refused(server: Running, database_url: str) -> None:
    body = b"name=Alice&email=expected%40example.org"
    lines = (*form(body), "Expect: 100-continue", "Connection: close")
    answer = send(server, head(server, *lines, method="POST", path=f"/en/{SLUG}/sign"), body)
    assert codes(answer) in ([303], [417])


def signatures(database_url: str) -> int:
    engine = new_engine(database_url)
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT count(*) FROM signature"))
    engine.dispose()
    return int(number or 0)


@pytest.mark.parametrize("is_reset", [False, True])
def test_a_form_that_breaks_off_signs_nobody(server: Running, database_url: str, is_reset: bool) -> None:
    """Not by less than was said, nor by hanging up: half an address would be somebody else's."""
    before = signatures(database_url)
    body = f"name=Alice&email=broken.off.{is_reset}%40example.org".encode()
    lines = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body) + 4}")
    request = head(server, *lines, method="POST", path=f"/en/{SLUG}/sign") + body
    if not is_reset:
        assert codes(send(server, request, and_stop=True)) in ([], [400], [408])
    else:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            # Closing with this set resets the connection instead of ending it.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert answers(server)
    assert signatures(database_url) == before


def test_whoever_hangs_up_at_once_leaves_nothing(server: Running) -> None:
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(head(server))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert answers(server)


SLOWLY = {
    "silent": (SLOW_CLIENTS, ()),
    "in the head": (SLOW_CLIENTS, ("X-Slow: x",)),
    "in the body": (SLOW_WRITERS, ("Content-Length: 50", "", "email=")),
    "in a chunk": (SLOW_CLIENTS, ("Transfer-Encoding: chunked", "", "5")),
}


@pytest.mark.parametrize("where", SLOWLY)
def test_slow_clients_do_not_keep_others_out(server: Running, where: str) -> None:
    number, lines = SLOWLY[where]
    # Without the empty line at the end of a head, and of everything after it.
    beginning = head(server, *lines, method="POST", path="/en/manage").removesuffix(b"\r\n\r\n") if lines else b""
    with ExitStack() as slow:
        for _ in range(number):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(beginning)
        for _ in range(20):
            assert answers(server)


def test_slow_readers_do_not_keep_others_out(server: Running) -> None:
    with ExitStack() as slow:
        for _ in range(SLOW_CLIENTS):
            connection = slow.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(head(server, path=f"/en/{SLUG}/") * 20)
        for _ in range(20):
            assert answers(server)
