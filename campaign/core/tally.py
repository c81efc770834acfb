"""Totals that all processes of a machine add to, for `/metrics`: so many requests, so many mails.

Each process writes to a small file of its own, and whoever reads adds up all files. A process that starts takes over
the file of one that has ended. So totals only grow, over restarts too, and files do not pile up. Nothing here may hurt
what is counted: a disk that is full or missing costs numbers and nothing else, which is why the files are written and
not mapped (a mapped file on a full disk ends the process). And counting a request costs a microsecond, for then files
are written a few times a second only: what was counted since is written with the next addition, or lost if the process
ends first.
"""

import fcntl
import hashlib
import math
import os
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from campaign.core.secret_files import private_folder

_MOST_PROCESSES = 1000
_NUMBER_BYTES = 8


class Tally:
    """A table of numbers: named rows, `width` columns. Files of another shape are not read, and go when unused.

    `write_seconds` is how often the file is written while something is added; 0 is each time.
    """

    def __init__(
        self, folder: Path, name: str, rows: Sequence[str], width: int = 1, *, write_seconds: float = 0.0
    ) -> None:
        self._folder = folder
        self._name = name
        self._places = {row: number for number, row in enumerate(rows)}
        self._width = width
        self._write_seconds = write_seconds
        self._shape = hashlib.sha256("\n".join([str(width), *rows]).encode()).hexdigest()[:12]
        self._lock = threading.Lock()
        self._values = array("d", bytes(_NUMBER_BYTES * width * len(rows)))
        self._process = 0
        self._file = -1
        self._write_at = 0.0
        self._path: Path | None = None

    def add(self, row: str, *amounts: tuple[int, float]) -> None:
        """Add to columns of a row: (column, amount) each. A process's first call opens its file."""
        start = self._places[row] * self._width
        with self._lock:
            if self._process != os.getpid():
                self._begin()
            values = self._values
            for column, amount in amounts:
                values[start + column] += amount
            now = time.monotonic()
            if now >= self._write_at:
                self._write_at = now + self._write_seconds
                self._write()

    def totals(self) -> dict[str, list[float]]:
        """The sums over all processes of this machine, by row."""
        with self._lock:
            is_open = self._process == os.getpid()
            sums = array("d", self._values) if is_open else array("d", bytes(len(self._values) * _NUMBER_BYTES))
            own = self._path if is_open else None
        for path in self._folder.glob(f"{self._name}-{self._shape}-*"):
            if path != own:
                for place, number in enumerate(self._read(path)):
                    sums[place] += number
        width = self._width
        return {row: list(sums[place * width : (place + 1) * width]) for row, place in self._places.items()}

    def _write(self) -> None:
        with suppress(OSError):
            os.pwrite(self._file, self._values, 0)

    def _begin(self) -> None:
        """Take a file that no living process has, and go on from the numbers in it."""
        if self._file >= 0:
            # Opened by the parent, before it forked: the numbers in it are the parent's.
            os.close(self._file)
        self._file, self._path, self._write_at = -1, None, 0.0
        self._process = os.getpid()
        self._values = array("d", bytes(len(self._values) * _NUMBER_BYTES))
        with suppress(OSError):
            private_folder(self._folder)
            self._forget_other_shapes()
            for file, path in self._free_files():
                self._file, self._path = file, path
                break
            self._values = self._read(self._path) if self._path else self._values

    def _free_files(self) -> Iterator[tuple[int, Path]]:
        for number in range(_MOST_PROCESSES):
            path = self._folder / f"{self._name}-{self._shape}-{number}"
            if (file := _locked(path, os.O_CREAT)) is not None:
                yield file, path

    def _forget_other_shapes(self) -> None:
        for path in self._folder.glob(f"{self._name}-*"):
            if not path.name.startswith(f"{self._name}-{self._shape}-") and (file := _locked(path)) is not None:
                path.unlink()
                os.close(file)

    def _read(self, path: Path) -> "array[float]":
        """The numbers in a file; zeros where it is too short or damaged."""
        size = len(self._values) * _NUMBER_BYTES
        try:
            content = path.read_bytes()[:size]
        except OSError:
            content = b""
        return array(
            "d", (number if 0 <= number < math.inf else 0 for number in array("d", content.ljust(size, b"\0")))
        )


def _locked(path: Path, flags: int = 0) -> int | None:
    """The file, locked for as long as it is open; None if another process has it."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
