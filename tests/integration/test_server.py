"""The real server: what it writes down about requests, how it stops, and what survives when it is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from campaign.core.db import new_engine
from tests.factories import SLUG, Site

_DEADLINE_SECONDS = 30


class Running(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int
    log: Path


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # type: ignore[override]
        return None


@pytest.fixture
def server(site: Site, sqlite_url: str, instance: Path, tmp_path: Path) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    environ |= {
        "CAMPAIGN_INSTANCE": str(instance),
        "CAMPAIGN_DATABASE_URL": sqlite_url,
        "CAMPAIGN_BIND": f"127.0.0.1:{port}",
        "CAMPAIGN_SMTP_URL": "file:",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "campaign", "serve"]
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_until_ready(port)
        yield Running(process, port, log)
    finally:
        process.terminate()
        process.wait(timeout=_DEADLINE_SECONDS)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise


def _send(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


REQUESTS = (
    b"GARBAGE-MARKER\r\n\r\n",
    b"GET /en/confirm/TOKEN-MARKER HTTP/9.9\r\n\r\n",
    b"GET /en/confirm/TOKEN-MARKER HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Header MARKER\r\n\r\n",
    b"GET /en/confirm/TOKEN-MARKER HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /" + b"MARKER" * 5000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST /en/manage HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\nemail=MARKER",
)


def test_requests_however_malformed_leave_no_trace_of_their_senders(server: Running) -> None:
    for request in REQUESTS:
        assert not _send(server.port, request).startswith(b"HTTP/1.1 5")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=_DEADLINE_SECONDS) == 0
    written = server.log.read_text()
    assert "MARKER" not in written
    assert "127.0.0.1" not in written


def test_what_was_acknowledged_survives_the_end_of_the_server(server: Running, sqlite_url: str) -> None:
    form = urllib.parse.urlencode({"name": "Alice", "email": "alice@example.org"}).encode()
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(_NoRedirect).open(
            f"http://127.0.0.1:{server.port}/en/{SLUG}/sign", form, timeout=10
        )
    os.killpg(server.process.pid, signal.SIGKILL)
    assert answer.value.code == 303
    answer.value.close()
    engine = new_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM signature")) == 1
        assert connection.scalar(text("SELECT count(*) FROM outbox_mail")) == 1
    engine.dispose()


def test_sqlite_is_told_to_be_durable_and_to_forget(sqlite_url: str) -> None:
    engine = new_engine(sqlite_url)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert found == {"synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "busy_timeout": 15000}
