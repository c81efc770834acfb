"""A real server process on loopback, for tests that need a socket, a signal or what is written to stderr."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

DEADLINE_SECONDS = 30


class Running(NamedTuple):
    """`log` is all that the process and its children write."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def stop(self) -> int:
        """Ask it to end, wait for that; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=DEADLINE_SECONDS)


def environment(instance: Path, database_url: str, **settings: str) -> dict[str, str]:
    """The environment of a `campaign` command in a test: nothing of the tester's own settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    own = {"CAMPAIGN_INSTANCE": str(instance), "CAMPAIGN_DATABASE_URL": database_url, "CAMPAIGN_SMTP_URL": "file:"}
    return {**plain, **own, **settings}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(
    instance: Path,
    database_url: str,
    log: Path,
    *arguments: str,
    ready: str = "/readyz",
    host: str = "",
    **settings: str,
) -> Iterator[Running]:
    """`campaign serve` until the end of the block. `ready` is the address that answers 200 once it is up, to whoever
    calls the site `host`, or what it listens on."""
    port = free_port()
    environ = environment(instance, database_url, CAMPAIGN_BIND=f"127.0.0.1:{port}", **settings)
    command = [sys.executable, "-m", "campaign", "serve", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True)
    running = Running(process, port, log)
    try:
        named = {"Host": host} if host else {}
        _wait_for(running, urllib.request.Request(f"http://127.0.0.1:{port}{ready}", headers=named))
        yield running
    finally:
        if process.poll() is None:
            running.stop()


def _wait_for(running: Running, request: urllib.request.Request) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError:
            assert running.process.poll() is None, running.log.read_text()
            if time.monotonic() > deadline:
                raise
