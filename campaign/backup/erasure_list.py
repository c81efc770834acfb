"""The list of erasures as a file: what a backup cannot know, because it was taken back after the backup was made.

    campaign erasures 1 2026-11-22T18:54:11+00:00
    <entry> <subject> <what>            hex, hex, one of `LISTED`
    end <number of entries>

Written again, a list holds what it held and what the database knows by now: it never forgets.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaign.backup.new_file import replacing
from campaign.conversation.replaying import LISTED
from campaign.core.errors import Refused
from campaign.signing.erasures import ErasureEntry

FILE_NAME = "erasures.list"
_TITLE = "campaign erasures 1"


@dataclass(frozen=True, slots=True)
class ErasureList:
    """All entries known at `written_at`."""

    written_at: datetime
    entries: frozenset[ErasureEntry]


def list_for(path: Path) -> Path:
    """Where the list is, or goes, that belongs to a folder or lies beside a file."""
    return (path if path.is_dir() else path.parent) / FILE_NAME


def write_list(path: Path, entries: Iterable[ErasureEntry], *, now: datetime) -> int:
    """Bring the list up to date or make it; how many entries it has then. Raises Refused if there is something else."""
    known = set(entries) | (read_list(path).entries if path.exists() else frozenset())
    lines = [f"{entry.id.hex} {entry.signature_id.hex} {entry.what}\n" for entry in sorted(known)]
    with replacing(path) as draft:
        draft.write_text("".join([f"{_TITLE} {now.isoformat()}\n", *lines, f"end {len(lines)}\n"]), "ascii")
    return len(lines)


def read_list(path: Path) -> ErasureList:
    """The list in this file. Raises Refused if it is none, or not all of it; OSError if there is no such file."""
    try:
        title, *lines, end = path.read_text("ascii").splitlines()
        if not title.startswith(f"{_TITLE} ") or end != f"end {len(lines)}":
            raise ValueError
        return ErasureList(datetime.fromisoformat(title.removeprefix(f"{_TITLE} ")), frozenset(map(_entry, lines)))
    except ValueError:
        raise Refused(f"{path} is not a whole list of erasures; use another copy of it") from None


def _entry(line: str) -> ErasureEntry:
    entry, signature, what = line.split(" ")
    if what not in LISTED:
        raise ValueError
    return ErasureEntry(uuid.UUID(hex=entry), uuid.UUID(hex=signature), what)
