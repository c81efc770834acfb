"""Files that appear under their name only when they are whole and on the disk, for their owner alone."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from campaign.core.errors import Refused


def free_place(path: Path, suffix: str, *, now: datetime) -> Path:
    """Where a backup goes: a name with the time if `path` is a folder, else `path`. Raises Refused if it is taken."""
    place = path / f"campaign-{now:%Y%m%dT%H%M%SZ}{suffix}" if path.is_dir() else path
    if place.exists() or place.is_symlink():
        raise Refused(f"{place} is there already; nothing was overwritten")
    if not place.parent.is_dir():
        raise Refused(f"there is no folder {place.parent}")
    return place


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A name to write under; at the end the file is `path`. Raises Refused if another one is there by then.

    If anything is raised, nothing is left: what else was made beside the draft goes with it.
    """
    with _draft(path) as draft:
        yield draft
        _sync(draft)
        try:
            os.link(draft, path)
        except FileExistsError:
            raise Refused(f"{path} has appeared meanwhile; nothing was overwritten") from None
        except OSError:
            # A disk that knows no links, such as a stick.
            draft.rename(path)
    _sync(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The same, for a file that takes the place of an older one."""
    with _draft(path) as draft:
        yield draft
        _sync(draft)
        draft.rename(path)
    _sync(path.parent)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """In a folder of its own, because databases put files beside theirs."""
    folder = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise Refused(f"nothing can be written into {path.parent}: {error.strerror}") from None
    draft = folder / path.name
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
