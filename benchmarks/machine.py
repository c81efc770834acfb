"""What the figures were measured on, and the programs that have to be there."""

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.rounds import CannotMeasure
from campaign.core.sqlite import sqlite3

_PACKAGES = {"nginx": "nginx-light", "wrk": "wrk"}
_ENOUGH_SECONDS = 0.5


def need(program: str) -> str:
    """The path of a program; installs it where that can be done. Raises CannotMeasure."""
    found = _found(program)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", _PACKAGES[program]]):
            subprocess.run(["apt-get", *command], env=environ, stdout=subprocess.DEVNULL, check=False)
        found = _found(program)
    if found is None:
        raise CannotMeasure(f"{program} is not installed (apt-get install {_PACKAGES[program]})")
    return found


def need_disk(folder: Path, wanted_bytes: int) -> None:
    """Raises CannotMeasure if the folder's disk has not that much room."""
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes:
        raise CannotMeasure(f"{folder} has {free / 1e9:.0f} GB free and {wanted_bytes / 1e9:.0f} GB are needed")


def description(folder: Path) -> dict[str, str]:
    """Facts that decide absolute rates. `fsync/s` is what the disk under `folder` grants to durable commits."""
    return {
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "file system": _file_system(folder),
        "fsync/s": f"{_fsyncs(folder):.0f}",
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def is_busy() -> bool:
    """Whether others have used the processors in the last minute, so that figures will be rough."""
    return os.getloadavg()[0] > 0.3 * (os.cpu_count() or 1)


def _found(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def _file_system(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    under = [(place, kind) for place, kind in mounts if folder.resolve().is_relative_to(place)]
    return max(under, key=lambda mount: len(mount[0]))[1]


def _fsyncs(folder: Path) -> float:
    with tempfile.TemporaryFile(dir=folder) as file:
        done, start = 0, perf_counter()
        while (passed := perf_counter() - start) < _ENOUGH_SECONDS:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            done += 1
    return done / passed
