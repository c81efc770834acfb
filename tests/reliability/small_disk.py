"""A small file system of its own on a folder, for this process and its children only: it goes when they do."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.reliability.promise import NotRun

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 1 << 14, 1 << 18
_DETACH = 2


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[None]:
    """Mount a tmpfs there. Use once, before there are threads. Raises NotRun where that is not allowed."""
    _mount(folder, megabytes)
    try:
        yield
    finally:
        _call("umount2", os.fsencode(folder), _DETACH)


def _mount(folder: Path, megabytes: int) -> None:
    if not sys.platform.startswith("linux"):
        raise NotRun("a small disk needs Linux")
    user, group = os.getuid(), os.getgid()
    try:
        if user == 0:
            _call("unshare", _NEW_MOUNTS)
        else:
            _call("unshare", _NEW_MOUNTS | _NEW_USERS)
            Path("/proc/self/setgroups").write_text("deny", "ascii")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1", "ascii")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1", "ascii")
        _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
        _call("mount", b"small", os.fsencode(folder), b"tmpfs", 0, f"size={megabytes}m".encode())
    except OSError as error:
        raise NotRun(f"a tmpfs may not be mounted here ({error}); be root, or allow user namespaces") from None


def _call(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


class Filler:
    """A file that takes all space there is."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"

    def fill(self, *, spare: int) -> None:
        """Take everything, then give `spare` bytes back."""
        with self._path.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                while _writes(file.fileno(), bytes(size)):
                    pass
            length = file.seek(0, os.SEEK_END)
            file.truncate(max(0, length - spare))

    def free(self) -> None:
        self._path.unlink(missing_ok=True)


def _writes(file: int, content: bytes) -> bool:
    try:
        return os.write(file, content) > 0
    except OSError:
        return False
