"""Servers as processes of their own: started, waited for until they answer, stopped with all their children."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from benchmarks.rounds import CannotMeasure

_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.002
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """A server that answers. `start_seconds` is how long it took from nothing to its first answer."""

    origin: str
    pid: int
    start_seconds: float

    def peak_bytes(self) -> int:
        """The most memory each of its processes ever had, added up."""
        return sum(_peak_bytes(pid) for pid in _family(self.pid))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def campaign_environ(**settings: str) -> dict[str, str]:
    """The environment without settings of a site that somebody runs here, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    return {**kept, **settings}


@contextmanager
def serving(
    command: Sequence[str],
    *,
    port: int,
    log: Path,
    environ: Mapping[str, str] | None = None,
    path: str = "/",
    host: str = "",
) -> Iterator[Server]:
    """Run a server until the block ends. Raises CannotMeasure if it does not answer `path`, asked for as `host`."""
    origin = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environ,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        asked = urllib.request.Request(origin + path, headers={"Host": host} if host else {})
        _wait_for_answer(process, asked, log)
        yield Server(origin, process.pid, time.perf_counter() - start)
    finally:
        _stop(process)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _wait_for_answer(process: subprocess.Popen[bytes], asked: urllib.request.Request, log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(asked, timeout=_DEADLINE_SECONDS):
                return
        except HTTPError as error:
            error.close()
            raise CannotMeasure(f"{asked.full_url} answers {error.code}; {log.read_text()[-300:]}") from None
        except OSError:
            time.sleep(_POLL_SECONDS)
    ended = "" if process.poll() is None else f" and has ended with {process.returncode}"
    raise CannotMeasure(f"{asked.full_url} does not answer{ended}; {log.read_text()[-300:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in _family(int(child)))]


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
