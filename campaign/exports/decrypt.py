"""Open a sealed list with a phrase and write what is in it as CSV, on the organizer's own machine."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from campaign.core.errors import Refused, SealingError
from campaign.exports.sealed_list_reader import DamagedRow, ListedRow, ListHeader, SealedListReader
from campaign.exports.spreadsheet import csv_lines
from campaign.sealing.boxes import KeyPair, open_row_with
from campaign.sealing.phrases import unwrap
from campaign.sealing.queries import EpochKeys

COLUMNS = ("name", "email", "country", "public_name", "message", "updates", "language", "confirmed_hour", "source")
_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class DecryptResult:
    """How many rows were written, and the ids of those that were not.

    `locked_epochs` are the epochs (ids in hex) of the list that this phrase does not open; their rows are problems too.
    """

    rows: int
    problems: list[str]
    locked_epochs: list[str]


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    problems: list[str] = field(default_factory=list)


def decrypt_list(source: Path, out: Path, *, phrase: str, progress: Callable[[int], None]) -> DecryptResult:
    """Write the list as CSV, readable by this user only. `progress` is called with the number of rows done so far.

    Rows that do not open are left out and reported. Raises Refused if `out` exists, SealingError if the phrase opens
    nothing or the file is no whole list; then nothing is left behind.
    """
    _refuse_to_overwrite(out)
    with source.open("rb") as lines:
        reader = SealedListReader(lines)
        keys = open_keys(reader.header, phrase)
        with _appearing_when_done(out) as target:
            tally = _Tally()
            target.writelines(csv_lines(COLUMNS, _all_cells(reader, keys, tally, progress)))
    locked = [epoch.id.hex for epoch in reader.header.epochs if epoch.id.hex not in keys]
    return DecryptResult(tally.rows, tally.problems, locked)


def open_keys(header: ListHeader, phrase: str) -> dict[str, KeyPair]:
    """The key pairs this phrase opens, by epoch id in hex. Raises SealingError if it opens none of those there are."""
    opened = {epoch.id.hex: pair for epoch in header.epochs if (pair := _opened_by(epoch, phrase)) is not None}
    if header.epochs and not opened:
        raise SealingError("the phrase does not open this list")
    return opened


def open_rows(
    keys: Mapping[str, KeyPair], campaign: str, rows: Iterable[ListedRow | DamagedRow]
) -> list[list[str] | DamagedRow]:
    """The cells of each row, or which row did not open. Needs nothing else, so that batches could go to processes."""
    return [_cells(keys, campaign, row) for row in rows]


def _all_cells(
    reader: SealedListReader, keys: Mapping[str, KeyPair], tally: _Tally, progress: Callable[[int], None]
) -> Iterator[list[str]]:
    rows = iter(reader)
    while batch := list(islice(rows, _BATCH_ROWS)):
        for opened in open_rows(keys, reader.header.campaign, batch):
            if isinstance(opened, DamagedRow):
                tally.problems.append(opened.id)
            else:
                tally.rows += 1
                yield opened
        progress(tally.rows + len(tally.problems))


def _cells(keys: Mapping[str, KeyPair], campaign: str, row: ListedRow | DamagedRow) -> list[str] | DamagedRow:
    if isinstance(row, DamagedRow) or row.epoch not in keys:
        return DamagedRow(row.id)
    try:
        fields = open_row_with(keys[row.epoch], row.sealed, campaign=campaign, signature=row.id)
    except SealingError:
        return DamagedRow(row.id)
    return [
        fields.get("name", ""),
        fields.get("email", ""),
        fields.get("country", ""),
        # Not what was typed when signing but what is public now: its owner may have hidden it since.
        row.public_name or "",
        fields.get("message", ""),
        "yes" if row.updates else "no",
        row.language,
        row.confirmed_hour,
        row.source,
    ]


def _opened_by(epoch: EpochKeys, phrase: str) -> KeyPair | None:
    for held in epoch.holders:
        try:
            pair = KeyPair.of_secret(unwrap(held.wrapped, phrase))
        except SealingError:
            continue
        if pair.public_key == epoch.public_key:
            return pair
    return None


def _refuse_to_overwrite(out: Path) -> None:
    if out.exists():
        raise Refused(f"{out.name} is there already; move it away or choose another name")


@contextmanager
def _appearing_when_done(out: Path) -> Iterator[TextIO]:
    # mkstemp opens with mode 0600, so nobody else on the machine can look in while it grows.
    descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as target:
            yield target
        _refuse_to_overwrite(out)
        unfinished.rename(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
