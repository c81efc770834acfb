"""Many clients at once, by wrk: each of its connections sends the next request when the last one is answered."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.machine import need
from benchmarks.rounds import CannotMeasure

CLIENTS = 16
_SCRIPT = Path(__file__).with_name("requests.lua")
_TIMEOUT_SECONDS = 20
# Rounds sign as different people, also on a database kept from an earlier run.
_FIRST_NUMBERS: Iterator[int] = count(int(time.time()) % 10**6 * 10**7, 10**6)


@dataclass(frozen=True)
class Request:
    """What every client sends. `{n}` in path and body becomes a number used once; `status` is what must come back.

    With `lines` it becomes a line of that file, from the one with the number `first` on.
    """

    path: str
    method: str = "GET"
    body: str = ""
    status: int | None = None
    lines: Path | None = None


@dataclass(frozen=True)
class Load:
    """What came of it. `failed` are answers with another status than expected, broken connections and time-outs.

    Where no status is expected, those of 400 and more. `bytes_each` is the size of an answer with its headers.
    """

    requests: int
    seconds: float
    p99_ms: float
    max_ms: float
    failed: int
    bytes_each: float
    clients: int

    @property
    def rate(self) -> float:
        return (self.requests - self.failed) / self.seconds


def put_load(
    origin: str,
    request: Request,
    *,
    seconds: float,
    clients: int = CLIENTS,
    threads: int = 1,
    first: int | None = None,
) -> Load:
    """Send it as fast as it is answered. `first` is what to count from. Raises CannotMeasure."""
    options = ["-t", str(threads), "-c", str(clients), "-d", f"{seconds:.0f}s", "--timeout", f"{_TIMEOUT_SECONDS}s"]
    number = str(next(_FIRST_NUMBERS) if first is None else first)
    said = [request.method, request.path, request.body, str(request.status or "any"), number, str(threads)]
    if request.lines:
        said.append(str(request.lines))
    command = [need("wrk"), *options, "-s", str(_SCRIPT), origin + "/", "--", *said]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    reports = [line for line in ran.stdout.splitlines() if line.startswith('{"requests"')]
    if ran.returncode != 0 or not reports:
        raise CannotMeasure(f"wrk failed: {(ran.stderr or ran.stdout).strip()[-300:]}")
    report = json.loads(reports[0])
    failed = report["broken"] + report["late"] + (report["wrong"] if request.status else report["status"])
    bytes_each = report["bytes"] / max(1, report["requests"])
    return Load(report["requests"], report["seconds"], report["p99_ms"], report["max_ms"], failed, bytes_each, clients)


def put_faultless_load(
    origin: str, request: Request, *, seconds: float, threads: int = 1, first: int | None = None
) -> Load:
    """The same, where a single failure makes the figure worthless. Raises CannotMeasure."""
    load = put_load(origin, request, seconds=seconds, threads=threads, first=first)
    if load.failed:
        raise CannotMeasure(f"{load.failed} of {load.requests} requests for {request.path} failed")
    return load
