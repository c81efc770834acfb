"""Open a sealed list with a phrase and write what is in it as CSV, on the organizer's own machine, on all its cores."""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from campaign.core.errors import Refused, SealingError
from campaign.exports.sealed_list_reader import DamagedRow, ListedRow, ListHeader, SealedListReader, read_row
from campaign.exports.spreadsheet import BYTE_ORDER_MARK, csv_block
from campaign.sealing.boxes import KeyPair, open_row_with
from campaign.sealing.phrases import unwrap
from campaign.sealing.queries import EpochKeys

COLUMNS = ("name", "email", "country", "public_name", "message", "updates", "language", "confirmed_hour", "source")
_BATCH_ROWS = 1000
# Starting a process takes as long as opening some thousands of rows.
_WORTH_MORE_CORES = 10 * _BATCH_ROWS


@dataclass(frozen=True, slots=True)
class DecryptResult:
    """How many rows were written, and the ids of those that were not.

    `locked_epochs` are the epochs (ids in hex) of the list that this phrase does not open; their rows are problems too.
    """

    rows: int
    problems: list[str]
    locked_epochs: list[str]


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """Rows that opened, as lines of CSV; how many; and the ids of those that did not."""

    csv: str
    rows: int
    problems: list[str]


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
            target.write(BYTE_ORDER_MARK + csv_block([COLUMNS]))
            for batch in _opened(reader, keys):
                target.write(batch.csv)
                tally.rows += batch.rows
                tally.problems += batch.problems
                progress(tally.rows + len(tally.problems))
    locked = [epoch.id.hex for epoch in reader.header.epochs if epoch.id.hex not in keys]
    return DecryptResult(tally.rows, tally.problems, locked)


def open_keys(header: ListHeader, phrase: str) -> dict[str, KeyPair]:
    """The key pairs this phrase opens, by epoch id in hex. Raises SealingError if it opens none of those there are."""
    opened = {epoch.id.hex: pair for epoch in header.epochs if (pair := _opened_by(epoch, phrase)) is not None}
    if header.epochs and not opened:
        raise SealingError("the phrase does not open this list")
    return opened


def open_batch(keys: Mapping[str, KeyPair], campaign: str, lines: list[bytes]) -> OpenedBatch:
    """Read and open rows of a list. Needs nothing else, so that batches can go to other processes."""
    opened = [_cells(keys, campaign, read_row(line)) for line in lines]
    rows = [cells for cells in opened if not isinstance(cells, DamagedRow)]
    problems = [row.id for row in opened if isinstance(row, DamagedRow)]
    return OpenedBatch(csv_block(rows), len(rows), problems)


def _opened(reader: SealedListReader, keys: Mapping[str, KeyPair]) -> Iterator[OpenedBatch]:
    """All batches in the file's order; on one core if there are few."""
    lines, campaign = reader.row_lines(), reader.header.campaign
    first = list(islice(lines, _WORTH_MORE_CORES))
    cores = os.cpu_count() or 1
    if cores == 1 or len(first) < _WORTH_MORE_CORES:
        yield from (open_batch(keys, campaign, batch) for batch in _batches(chain(first, lines)))
        return
    with ProcessPoolExecutor(cores) as processes:
        under_way: deque[Future[OpenedBatch]] = deque()
        for batch in _batches(chain(first, lines)):
            under_way.append(processes.submit(open_batch, keys, campaign, batch))
            # A few in hand for each core; not the whole list in memory.
            if len(under_way) > 3 * cores:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(lines, _BATCH_ROWS)):
        yield batch


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
