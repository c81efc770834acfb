"""A disk that forgets: replays the calls of a trace and says what a folder may hold when the power goes.

What POSIX promises, and nothing more: a file's bytes and length are on the disk once an `fsync` or `fdatasync` of that
file has returned that began after they were written; a name is there, or gone, once its folder has been synced. Of
everything else any part may have reached the disk, in any order, sectors of 512 bytes being whole. Most file systems
are kinder.
"""

import os
import random
import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.reliability.tracing import Call

SECTOR = 512
# The shared memory of a WAL is made anew by whoever opens the database first, a lock file holds nothing, and what
# `/metrics` shows is nobody's loss.
_NOT_PROMISED = re.compile(r"-shm$|\.lock$|/metrics/")


class Cut(Enum):
    """How much of what was never synced reached the disk."""

    NOTHING = "nothing"
    SOME = "some"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class _Change:
    """Bytes written at an offset, or with `data` None a new length. `returned` is its place in the trace."""

    offset: int
    data: bytes | None
    returned: int


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Change] = field(default_factory=list)
    length: int = 0

    def change(self, change: _Change) -> None:
        self.pending.append(change)
        self.length = _length_after(self.length, change)

    def sync(self, began: int) -> None:
        """Everything written before the sync began is on the disk."""
        for change in self.pending:
            if change.returned < began:
                _apply(self.durable, change)
        self.pending = [change for change in self.pending if change.returned >= began]

    def after(self, cut: Cut, chance: random.Random) -> bytes:
        if cut is Cut.SOME:
            return _torn(bytes(self.durable), self.pending, chance)
        content = bytearray(self.durable)
        for change in self.pending if cut is Cut.EVERYTHING else ():
            _apply(content, change)
        return bytes(content)


@dataclass
class _Name:
    """What a name leads to: a file, a folder (also a `_File`, without bytes), or nothing; now, and on the disk."""

    durable: _File | None = None
    pending: list[tuple[int, _File | None]] = field(default_factory=list)

    @property
    def now(self) -> _File | None:
        return self.pending[-1][1] if self.pending else self.durable

    def sync(self, began: int) -> None:
        while self.pending and self.pending[0][0] < began:
            self.durable = self.pending.pop(0)[1]

    def after(self, cut: Cut, chance: random.Random) -> _File | None:
        most = {Cut.NOTHING: 0, Cut.EVERYTHING: len(self.pending)}
        taken = most[cut] if cut in most else chance.randint(0, len(self.pending))
        return self.pending[taken - 1][1] if taken else self.durable


class Disk:
    """One folder and those below it. All that is in it at the start is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._root = str(folder)
        self._names: dict[str, _Name] = {}
        for path in folder.rglob("*"):
            content = bytearray() if path.is_dir() else bytearray(path.read_bytes())
            self._names[str(path)] = _Name(_File(content, [], len(content)))
        self._folders = {str(path) for path in (folder, *folder.rglob("*")) if path.is_dir()}

    def replay(self, call: Call) -> None:
        """Let one call happen. Raises NotImplementedError for one on this folder that is not understood."""
        if call.result < 0:
            return
        match call.name:
            case "openat" | "open" | "creat":
                self._open(call)
            case "pwrite64" | "write":
                self._write(call)
            case "ftruncate":
                self._shorten(call)
            case "fsync" | "fdatasync":
                self._sync(call)
            case "unlink" | "unlinkat":
                self._link(call.path(0 if call.name == "unlink" else 1), None, call)
            case "link" | "linkat" | "rename" | "renameat" | "renameat2":
                self._second_name(call)
            case "mkdir" | "mkdirat":
                self._make_folder(call)
            case _:
                self._is_elsewhere(call)

    def after(self, cut: Cut, chance: random.Random) -> dict[str, bytes]:
        """The files somebody finds who switches the machine on again, by path below the folder."""
        kept = {path: name.after(cut, chance) for path, name in self._names.items()}
        there = {path for path, found in kept.items() if found is not None}
        return {
            os.path.relpath(path, self._root): found.after(cut, chance)
            for path, found in kept.items()
            if found is not None and path not in self._folders and self._above(path) <= there
        }

    def _above(self, path: str) -> set[str]:
        """The folders between the root and that path."""
        parents = set()
        while (path := os.path.dirname(path)) != self._root:
            parents.add(path)
        return parents

    def _is_here(self, path: str) -> bool:
        return path.startswith(f"{self._root}/") and not _NOT_PROMISED.search(path)

    def _file(self, path: str) -> _File | None:
        return self._names[path].now if path in self._names and path not in self._folders else None

    def _open(self, call: Call) -> None:
        # Not the name that was asked for: the one the kernel gave back has no links in it.
        path = call.result_path
        flags = next((part for part in call.arguments if part.startswith("O_")), "O_CREAT|O_TRUNC")
        if not self._is_here(path):
            return
        if "O_CREAT" in flags and self._file(path) is None:
            self._link(path, _File(), call)
        if "O_TRUNC" in flags and (found := self._file(path)) and found.length:
            found.change(_Change(0, None, call.returned))

    def _write(self, call: Call) -> None:
        found = self._file(call.path())
        if found is not None:
            # `write` comes from Python, which writes a file here from its beginning to its end.
            offset = call.number(3) if call.name == "pwrite64" else found.length
            found.change(_Change(offset, call.bytes(1)[: call.result], call.returned))

    def _shorten(self, call: Call) -> None:
        if found := self._file(call.path()):
            if call.number(1) % SECTOR:
                raise NotImplementedError("a length that is no whole number of sectors")
            found.change(_Change(call.number(1), None, call.returned))

    def _sync(self, call: Call) -> None:
        path = call.path()
        if path == self._root or path in self._folders:
            for name, entry in self._names.items():
                if os.path.dirname(name) == path:
                    entry.sync(call.began)
        elif found := self._file(path):
            found.sync(call.began)

    def _link(self, path: str, target: _File | None, call: Call) -> None:
        if self._is_here(path):
            self._names.setdefault(path, _Name()).pending.append((call.returned, target))

    def _second_name(self, call: Call) -> None:
        old, new = (0, 1) if call.name in ("link", "rename") else (1, 3)
        if not self._is_here(call.path(old)) and not self._is_here(call.path(new)):
            return
        self._link(call.path(new), self._file(call.path(old)), call)
        if call.name.startswith("rename"):
            self._link(call.path(old), None, call)

    def _make_folder(self, call: Call) -> None:
        path = call.path(0 if call.name == "mkdir" else 1)
        if self._is_here(path):
            self._folders.add(path)
            self._link(path, _File(), call)

    def _is_elsewhere(self, call: Call) -> None:
        """Whatever else it does, it does to no file of this folder; reading through `mmap` changes nothing."""
        if call.name == "mmap" and not ("PROT_WRITE" in call.arguments[2] and "MAP_SHARED" in call.arguments[3]):
            return
        touched = [call.path(n) for n, part in enumerate(call.arguments) if "<" in part or part.startswith('"')]
        if any(self._is_here(path) for path in touched):
            raise NotImplementedError(f"{call.name} on {touched}")


def _length_after(length: int, change: _Change) -> int:
    return change.offset if change.data is None else max(length, change.offset + len(change.data))


def _apply(content: bytearray, change: _Change) -> None:
    length = _length_after(len(content), change)
    if length < len(content):
        del content[length:]
    content.extend(bytes(length - len(content)))
    if change.data is not None:
        content[change.offset : change.offset + len(change.data)] = change.data


def _torn(durable: bytes, pending: list[_Change], chance: random.Random) -> bytes:
    """Any length the file had since it was last synced; each sector as it was at some moment since then."""
    known = chance.randint(0, len(pending))
    length = longest = len(durable)
    for place, change in enumerate(pending):
        longest = max(longest, _length_after(longest, change))
        length = _length_after(length, change) if place < known else length
    # New space may hold zeros, or what somebody else left there.
    space = chance.choice((bytes, chance.randbytes))(max(0, length - len(durable)))
    content = bytearray(durable[:length] + space)
    for sector, touching in _by_sector(pending, longest).items():
        if sector < length:
            held = bytes(content[sector : sector + SECTOR]).ljust(SECTOR, b"\0")
            content[sector : sector + SECTOR] = _sector(held, sector, touching, known, chance)[: length - sector]
    return bytes(content)


def _by_sector(pending: list[_Change], longest: int) -> dict[int, list[tuple[int, _Change]]]:
    """Which changes touch a sector, with their places among all; a shortening touches all it cuts off."""
    touching: dict[int, list[tuple[int, _Change]]] = {}
    for place, change in enumerate(pending):
        end = longest if change.data is None else change.offset + len(change.data)
        for sector in range(change.offset // SECTOR * SECTOR, end, SECTOR):
            touching.setdefault(sector, []).append((place, change))
    return touching


def _sector(held: bytes, sector: int, touching: list[tuple[int, _Change]], known: int, chance: random.Random) -> bytes:
    """One sector at some moment: after every shortening that the length knows of, before any that it does not."""
    cuts = [place for place, change in touching if change.data is None]
    first = max((place for place in cuts if place < known), default=-1)
    last = min((place for place in cuts if place >= known), default=touching[-1][0] + 1)
    written = [change for place, change in touching if first < place < last]
    found = bytearray(held if first < 0 else SECTOR)
    for change in written[: chance.randint(0, len(written))]:
        assert change.data is not None
        start = max(change.offset, sector)
        end = min(change.offset + len(change.data), sector + SECTOR)
        found[start - sector : end - sector] = change.data[start - change.offset : end - change.offset]
    return bytes(found)
