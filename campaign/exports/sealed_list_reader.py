"""Read the lines of a sealed list, and notice everything that is wrong with it.

What is wrong with the file is a SealingError; what is wrong with one row is told as that row.
"""

import re
import uuid
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import orjson

from campaign.core.errors import SealingError
from campaign.exports.sealed_list import FORMAT
from campaign.sealing.phrases import Wrapped
from campaign.sealing.queries import EpochKeys, HeldKey

_ROW_START = re.compile(rb'\{"id":"([0-9a-f]{32})"').match
# In the order of `ListedRows`.
_row_cells = itemgetter("id", "sealed", "epoch", "language", "confirmed_hour", "source", "updates", "public_name")
# Of all but the first two, whose kind shows when they are used.
_KINDS: tuple[set[type], ...] = ({str}, {str}, {str}, {str}, {bool}, {str, type(None)})
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class ListHeader:
    """What the first line says. `made_at` is written to the hour, `direction` is that of a sheet."""

    campaign: str
    made_at: str
    epochs: list[EpochKeys]
    direction: str = "ltr"


class ListedRows(NamedTuple):
    """Signatures as listed, column by column; `ids` and `epochs` in hex, `boxes` sealed."""

    ids: Sequence[str]
    boxes: Sequence[bytes]
    epochs: Sequence[str]
    languages: Sequence[str]
    confirmed_hours: Sequence[str]
    sources: Sequence[str]
    updates: Sequence[bool]
    public_names: Sequence[str | None]


def read_header(line: bytes) -> ListHeader:
    """What the first line says. Raises SealingError if it is not that of a sealed list."""
    value = _json_object(line)
    if value is None or "format" not in value:
        raise SealingError("this is not a sealed list")
    if value["format"] != FORMAT:
        raise SealingError("this list is of a format that this version cannot read")
    try:
        epochs = [_epoch(epoch) for epoch in value["epochs"]]
        return ListHeader(_text(value, "campaign"), _text(value, "made_at"), epochs, _direction(value))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SealingError("the list's first line is damaged; download it again") from None


def check_end(line: bytes | None, *, rows: int, is_last: bool) -> None:
    """See that a list of so many rows ends with that line, the first after the header that is no row; None for none.

    Raises SealingError if a line is no row, or the file was cut short or mended.
    """
    if line is None:
        raise SealingError("the list is cut short; download it again")
    value = _json_object(line)
    if value is None or "end" not in value:
        # Line 1 is the header.
        raise SealingError(f"line {rows + 2} is not a row of a sealed list; download it again")
    if value.get("rows") != rows:
        raise SealingError("the list does not hold the rows it says it holds; download it again")
    if not is_last:
        raise SealingError("the list goes on after its end; download it again")


def row_id(line: bytes) -> str | None:
    """The id in a line that is a row, damaged or not; None if it is the last line of a list, or none of a list."""
    start = _ROW_START(line)
    return start[1].decode() if start else None


def read_rows(lines: Sequence[bytes]) -> ListedRows | None:
    """What these lines hold; None if one of them is damaged or no row. Never raises for what can be in a line."""
    ids = list(map(row_id, lines))
    try:
        rows = [_row_cells(row) for row in orjson.loads(b"[" + b",".join(lines) + b"]")]
        own_ids, boxes, *others = zip(*rows, strict=True)
        # Else one line held two rows, or two lines one.
        if list(own_ids) != ids or not all(_is_of(column, kinds) for column, kinds in zip(others, _KINDS, strict=True)):
            return None
        # What is not base64 in it is passed over: a box that is not whole does not open.
        return ListedRows(own_ids, list(map(a2b_base64, boxes)), *others)
    except (KeyError, TypeError, ValueError):
        return None


def _is_of(column: Sequence[object], kinds: set[type]) -> bool:
    return kinds.issuperset(map(type, column))


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _direction(value: dict[str, Any]) -> str:
    # Lists of earlier versions say nothing of it.
    return "rtl" if value.get("direction") == "rtl" else "ltr"


def _epoch(value: dict[str, Any]) -> EpochKeys:
    epoch_id = uuid.UUID(hex=_text(value, "id"))
    return EpochKeys(epoch_id, _binary(value, "public_key"), [_held(one) for one in value["holders"]])


def _held(value: dict[str, Any]) -> HeldKey:
    wrapped = Wrapped(
        salt=_binary(value, "salt"),
        opslimit=_typed(value, "opslimit", int),
        memlimit_bytes=_typed(value, "memlimit_bytes", int),
        nonce=_binary(value, "nonce"),
        ciphertext=_binary(value, "ciphertext"),
    )
    return HeldKey(_text(value, "holder"), wrapped)


def _text(value: dict[str, Any] | None, key: str) -> str:
    return _typed(value, key, str)


def _typed(value: dict[str, Any] | None, key: str, kind: type[_Kind]) -> _Kind:
    found = value.get(key) if value else None
    if type(found) is not kind:
        raise ValueError(key)
    return found


def _binary(value: dict[str, Any] | None, key: str) -> bytes:
    # binascii.Error is a ValueError.
    return a2b_base64(_typed(value, key, str), strict_mode=True)
