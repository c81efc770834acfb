"""The real server: what it writes down about requests, and how it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

_DEADLINE_SECONDS = 30


class Running(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int
    log: Path


@pytest.fixture
def server(sqlite_url: str, instance: Path, tmp_path: Path) -> Iterator[Running]:
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
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
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
