"""Files and folders: whether they are there, whose they are, who may read them, and whether the disk has room."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from campaign.config import Config
from campaign.doctor.findings import Finding

# A day of a busy campaign: a signature and its mail take some five kilobytes for a while.
LEAST_FREE_BYTES = 500_000_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine_places(config: Config, *, least_free_bytes: int = LEAST_FREE_BYTES) -> Iterator[Finding]:
    """The instance folder and what is in it; nothing about the content of files."""
    instance = config.instance
    problem = _cannot_be_written(instance)
    if problem is not None:
        yield problem
        return
    free = shutil.disk_usage(instance).free
    if free < least_free_bytes:
        yield Finding(
            f"the disk of {instance} is nearly full, {free // 1_000_000} MB are left",
            "on a full disk nobody can sign",
            "make room, or move the instance folder to a larger disk",
        )
    else:
        yield Finding(f"the instance folder is {instance}, with {free // 1_000_000_000} GB free on its disk")
    yield from _open_to_others(instance)
    yield from _of_somebody_else(instance)


def _cannot_be_written(folder: Path) -> Finding | None:
    """None if a file can be made there. Tried out, because modes do not tell of a disk mounted read-only."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return Finding(
            f"no file can be made in the instance folder {folder}: {error.strerror}",
            "keys, database and mail of this site are kept there",
            "check CAMPAIGN_INSTANCE, make the folder with mode 0700 for the user who runs the site, and run this "
            "command as that user",
        )


def _open_to_others(instance: Path) -> Iterator[Finding]:
    for path in _own_files(instance):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            yield Finding(
                f"others on this machine may get at {path} (mode {mode:04o})",
                "its keys tell who signed, and the database holds what waits to be mailed",
                f"chmod {'700' if path.is_dir() else '600'} {path}",
            )


def _of_somebody_else(instance: Path) -> Iterator[Finding]:
    owner = instance.stat().st_uid
    strangers = [path for path in _own_files(instance) if path.stat().st_uid != owner]
    if strangers:
        yield Finding(
            f"{strangers[0]} belongs to another user than the instance folder",
            "a command was run as the wrong user, and the site cannot read or write what it made",
            f"chown -R --reference={instance} {instance}, and run every command as that user",
        )


def _own_files(instance: Path) -> list[Path]:
    found = [instance, instance / "keys", *instance.glob("keys/*"), *instance.glob("*.sqlite3*")]
    return [path for path in found if os.path.lexists(path)]
