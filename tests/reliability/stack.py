"""The whole thing as it runs on a machine: `campaign serve` with two processes and `campaign worker`, to be killed."""

import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.reliability.children import PYTHON
from tests.reliability.warmed import Child, Warmed

# A machine that is busy with other tests, or its disk, can be slow for a while.
PATIENCE_SECONDS = 180
POLL_SECONDS = 0.01
# Below the ports that connections out of this machine are given: a port that is free now stays so between two starts.
_PORTS = range(20_000, 32_000)


class Stack:
    """A site in `instance` whose mail goes to `smtp_url`; `log` takes what it says.

    Server and worker are a process group each. With `warmed` only their first start is that of a new Python.
    """

    def __init__(self, instance: Path, smtp_url: str, log: Path, warmed: Warmed | None = None) -> None:
        self.port = free_port()
        self.log = log
        self._warmed = warmed
        self._running: dict[str, subprocess.Popen[bytes] | Child] = {}
        self._have_run: set[str] = set()
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")} | {
            "CAMPAIGN_INSTANCE": str(instance),
            "CAMPAIGN_BIND": f"127.0.0.1:{self.port}",
            "CAMPAIGN_SMTP_URL": smtp_url,
        }

    @contextmanager
    def up(self) -> Iterator["Stack"]:
        """Start, and leave nothing behind whatever happens."""
        try:
            self.start()
            yield self
        finally:
            self.kill()

    def start(self) -> None:
        """Start what is not running, and wait until the server answers."""
        for name, arguments in (("serve", ("--processes", "2")), ("worker", ())):
            if name not in self._running:
                self._running[name] = self._launch(name, *arguments)
        wait_until(self.is_ready, "the server answers")

    def kill(self, *names: str) -> None:
        """kill -9 the groups of server and worker, or those named, and wait until nobody listens."""
        killed = [self._running.pop(name) for name in names or tuple(self._running)]
        for process in killed:
            # The number of one that has ended already may be somebody else's by now.
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        for process in killed:
            process.wait()
        if "serve" not in self._running:
            wait_until(lambda: not self._is_listening(), "the killed server is gone")

    def died(self) -> list[str]:
        """What should be running and is not."""
        return [f"{name} ({code})" for name, process in self._running.items() if (code := process.poll()) is not None]

    def run(self, *arguments: str) -> str:
        """Run a `campaign` command on this site to its end; what it said."""
        done = subprocess.run(
            [*PYTHON, "-m", "campaign", *arguments], env=self._environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def is_ready(self) -> bool:
        if died := self.died():
            raise AssertionError(f"{', '.join(died)} ended by itself; see {self.log}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def _launch(self, name: str, *arguments: str) -> subprocess.Popen[bytes] | Child:
        if self._warmed is not None and name in self._have_run:
            return self._warmed.start((name, *arguments), self._environ, self.log)
        self._have_run.add(name)
        with self.log.open("ab") as log:
            command = [*PYTHON, "-m", "campaign", name, *arguments]
            return subprocess.Popen(command, env=self._environ, stdout=log, stderr=log, process_group=0)

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Ask again and again. Raises AssertionError if it is not so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} seconds in vain until {what}")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """Any that is free: somebody else may be looking for one at the same moment."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
