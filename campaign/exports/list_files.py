"""The forms in which an opened list is written: the ending of a file's name says which."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from campaign.core.errors import Invalid
from campaign.exports.json_lines import json_lines
from campaign.exports.spreadsheet import BYTE_ORDER_MARK, csv_block
from campaign.exports.workbook import joined_rows, workbook

FORMS = ("csv", "xlsx", "jsonl")


def form_of(path: Path) -> str:
    """The form of a file with this name. Raises Invalid if it has none."""
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise Invalid("the name of the file to write ends in .csv, .xlsx or .jsonl")
    return form


def block_of(form: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows as one piece of text that `file_of` takes; made wherever the rows are opened."""
    if not rows:
        return ""
    if form == "csv":
        return csv_block(rows)
    if form == "xlsx":
        return joined_rows(rows)
    return json_lines(_object(columns, row) for row in rows).decode()


def file_of(form: str, columns: Sequence[str], blocks: Iterable[str], *, is_rtl: bool) -> Iterator[bytes]:
    """The file, piece by piece."""
    written = (block for block in blocks if block)
    if form == "xlsx":
        yield from workbook(columns, written, is_rtl=is_rtl)
        return
    if form == "csv":
        yield (BYTE_ORDER_MARK + csv_block([columns])).encode()
    for block in written:
        yield block.encode()


def _object(columns: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    value: dict[str, Any] = dict(zip(columns, row, strict=True))
    return {**value, "updates": value["updates"] == "yes"} if "updates" in value else value
