"""Open a sealed list with a phrase, a key file or the paper copy, and write it as CSV, XLSX or JSON Lines.

On the organizer's own machine, on all its cores.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from campaign.core.errors import Refused, SealingError
from campaign.exports.list_files import block_of, file_of, form_of
from campaign.exports.sealed_list_reader import ListHeader, check_end, read_header, read_rows, row_id
from campaign.sealing.boxes import KeyPair, open_all
from campaign.sealing.openers import Opener
from campaign.sealing.queries import EpochKeys, fingerprint

COLUMNS = (
    *("name", "email", "country", "public_name", "message", "updates", "language", "confirmed_hour", "source"),
    "signature",
)
# About a thousand rows: handing a part to another process and back takes as long as opening some.
_PART_BYTES = 1_000_000
# Starting a process takes as long as opening some thousands of rows.
_WORTH_MORE_CORES_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class DecryptResult:
    """How many rows were written, and the ids of those that were not.

    `locked_epochs` are the epochs (ids in hex) of the list that this phrase does not open; their rows are problems too.
    """

    rows: int
    problems: list[str]
    locked_epochs: list[str]


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """Rows that opened, as `block_of` writes them; how many; and the ids of those that did not.

    `stop` is the first line that is no row, if there is one; what comes after it in this part is not read.
    """

    block: str
    rows: int
    problems: list[str]
    stop: bytes | None
    is_stop_last: bool


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    problems: list[str] = field(default_factory=list)


def decrypt_list(
    source: Path, out: Path, *, phrase: str | Sequence[Opener], progress: Callable[[int], None]
) -> DecryptResult:
    """Write the list in the form that the ending of `out` names, readable by this user only.

    `phrase` may be several openers: after a change of keys each key of the list needs its own. `progress`
    is called with the number of rows done so far.

    Rows that do not open are left out and reported. Raises Refused if `out` exists, Invalid for another ending,
    SealingError if the phrase opens nothing or the file is no whole list; then nothing is left behind.
    """
    form = form_of(out)
    _refuse_to_overwrite(out)
    with source.open("rb") as file:
        header, start = read_header(file.readline()), file.tell()
    keys = open_keys(header, phrase)
    with _appearing_when_done(out) as target:
        tally = _Tally()
        parts = _opened(source, start, keys, header.campaign, form)
        blocks = _told(parts, tally, progress)
        for piece in file_of(form, COLUMNS, blocks, is_rtl=header.direction == "rtl"):
            target.write(piece)
    locked = [epoch.id.hex for epoch in header.epochs if epoch.id.hex not in keys]
    return DecryptResult(tally.rows, tally.problems, locked)


def _told(parts: Iterator[OpenedPart], tally: _Tally, progress: Callable[[int], None]) -> Iterator[str]:
    for part in parts:
        yield part.block
        tally.rows += part.rows
        tally.problems += part.problems
        progress(tally.rows + len(tally.problems))


def open_keys(header: ListHeader, phrase: str | Sequence[Opener]) -> dict[str, KeyPair]:
    """The key pairs this opens, by epoch id in hex. Raises SealingError if it opens none of those there are."""
    openers = [Opener(phrase=phrase)] if isinstance(phrase, str) else phrase
    opened = {epoch.id.hex: pair for epoch in header.epochs if (pair := _opened_by(epoch, openers)) is not None}
    if header.epochs and not opened:
        raise SealingError(_why_locked(header, openers))
    return opened


def open_part(source: Path, start: int, end: int, keys: Mapping[str, KeyPair], campaign: str, form: str) -> OpenedPart:
    """Read and open the lines between two places of the file. Other processes get these places instead of lines."""
    with source.open("rb") as file:
        file.seek(start)
        lines = file.read(end - start).split(b"\n")
    if not lines[-1]:
        # After the last line break.
        lines.pop()
    together = _cells(keys, campaign, lines)
    if together is not None:
        return OpenedPart(block_of(form, COLUMNS, together), len(together), [], None, False)
    # Something is the matter with one of them; with which, shows when each is opened by itself.
    rows: list[tuple[str, ...]] = []
    problems: list[str] = []
    for number, line in enumerate(lines):
        found = row_id(line)
        if found is None:
            return OpenedPart(block_of(form, COLUMNS, rows), len(rows), problems, line, number == len(lines) - 1)
        cells = _cells(keys, campaign, [line])
        if cells is None:
            problems.append(found)
        else:
            rows += cells
    return OpenedPart(block_of(form, COLUMNS, rows), len(rows), problems, None, False)


def _opened(source: Path, start: int, keys: Mapping[str, KeyPair], campaign: str, form: str) -> Iterator[OpenedPart]:
    """All parts in the file's order, until the end is found and is what it should be. Raises SealingError."""
    size = source.stat().st_size
    places, seen = list(_places(source, start, size)), 0
    for place, part in zip(places, _in_order(source, size - start, places, keys, campaign, form), strict=True):
        yield part
        seen += part.rows + len(part.problems)
        if part.stop is not None:
            check_end(part.stop, rows=seen, is_last=part.is_stop_last and place == places[-1])
            return
    check_end(None, rows=seen, is_last=False)


def _in_order(
    source: Path, size: int, places: list[tuple[int, int]], keys: Mapping[str, KeyPair], campaign: str, form: str
) -> Iterator[OpenedPart]:
    """The parts at these places; on one core if there is little to open."""
    cores = os.cpu_count() or 1
    if cores == 1 or size < _WORTH_MORE_CORES_BYTES:
        yield from (open_part(source, *place, keys, campaign, form) for place in places)
        return
    with ProcessPoolExecutor(cores) as processes:
        under_way: deque[Future[OpenedPart]] = deque()
        for place in places:
            under_way.append(processes.submit(open_part, source, *place, keys, campaign, form))
            # A few in hand for each core; not the whole list in memory.
            if len(under_way) > 3 * cores:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _places(source: Path, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Where parts of whole lines begin and end."""
    with source.open("rb") as file:
        while start < size:
            file.seek(min(start + _PART_BYTES, size) - 1)
            file.readline()
            yield start, file.tell()
            start = file.tell()


def _cells(keys: Mapping[str, KeyPair], campaign: str, lines: Sequence[bytes]) -> list[tuple[str, ...]] | None:
    """The rows of the CSV, if each of these lines is a row whose box opens and belongs to it; else None."""
    listed = read_rows(lines)
    if listed is None or not keys.keys() >= {*listed.epochs}:
        return None
    try:
        fields = open_all(map(keys.__getitem__, listed.epochs), listed.boxes)
    except SealingError:
        return None
    if [(box.get("campaign"), box.get("signature")) for box in fields] != [(campaign, each) for each in listed.ids]:
        return None
    columns = (
        [box.get("name", "") for box in fields],
        [box.get("email", "") for box in fields],
        [box.get("country", "") for box in fields],
        # Not what was typed when signing but what is public now: its owner may have hidden it since.
        [name or "" for name in listed.public_names],
        [box.get("message", "") for box in fields],
        ["yes" if updates else "no" for updates in listed.updates],
        listed.languages,
        listed.confirmed_hours,
        listed.sources,
        map(_with_dashes, listed.ids),
    )
    return list(zip(*columns, strict=True))


def _with_dashes(found: str) -> str:
    """As a UUID is written: a spreadsheet would take some rows of digits for numbers, and round them."""
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def _opened_by(epoch: EpochKeys, openers: Sequence[Opener]) -> KeyPair | None:
    locked = [held.wrapped for held in epoch.holders]
    return next((pair for one in openers if (pair := one.pair_of(epoch.public_key, locked)) is not None), None)


def _why_locked(header: ListHeader, openers: Sequence[Opener]) -> str:
    sealed_to = " and ".join(f"key {fingerprint(epoch.public_key)}" for epoch in header.epochs)
    papers = [one.pair for one in openers if one.pair is not None]
    if len(papers) == len(openers):
        return f"this paper copy is of key {fingerprint(papers[0].public_key)}; the list is sealed to {sealed_to}"
    return (
        f"the phrase does not open this list, which is sealed to {sealed_to}: check each word and their order, and "
        "whether it is the phrase of that key and not of an older or newer one"
    )


def _refuse_to_overwrite(out: Path) -> None:
    if out.exists():
        raise Refused(f"{out.name} is there already; move it away or choose another name")


@contextmanager
def _appearing_when_done(out: Path) -> Iterator[BinaryIO]:
    # mkstemp opens with mode 0600, so nobody else on the machine can look in while it grows.
    descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield target
        _refuse_to_overwrite(out)
        unfinished.rename(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
