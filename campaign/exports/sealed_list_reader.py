"""Read the lines of a sealed list, and notice everything that is wrong with it.

What is wrong with the file is a SealingError; what is wrong with one row is told as that row.
"""

import re
import uuid
from binascii import a2b_base64
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import orjson

from campaign.core.errors import SealingError
from campaign.exports.sealed_list import FORMAT
from campaign.sealing.phrases import Wrapped
from campaign.sealing.queries import EpochKeys, HeldKey

_ROW_START = re.compile(rb'\{"id":"([0-9a-f]{32})"').match
# In the order of `ListedRow`.
_in_order = itemgetter("sealed", "epoch", "language", "confirmed_hour", "source", "updates", "public_name")
_ROW_KINDS = {(str, str, str, str, str, bool, kind) for kind in (str, type(None))}
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class ListHeader:
    """What the first line says. `made_at` is written to the hour."""

    campaign: str
    made_at: str
    epochs: list[EpochKeys]


class ListedRow(NamedTuple):
    """One signature as listed; `id` and `epoch` in hex, `sealed` as bytes."""

    id: str
    sealed: bytes
    epoch: str
    language: str
    confirmed_hour: str
    source: str
    updates: bool
    public_name: str | None


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row of which no more than the id can be read."""

    id: str


def read_header(line: bytes) -> ListHeader:
    """What the first line says. Raises SealingError if it is not that of a sealed list."""
    value = _json_object(line)
    if value is None or "format" not in value:
        raise SealingError("this is not a sealed list")
    if value["format"] != FORMAT:
        raise SealingError("this list is of a format that this version cannot read")
    try:
        epochs = [_epoch(epoch) for epoch in value["epochs"]]
        return ListHeader(_text(value, "campaign"), _text(value, "made_at"), epochs)
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


def read_row(line: bytes) -> ListedRow | DamagedRow | None:
    """What a line after the header holds; None if it is no row. Never raises for what can be in one."""
    start = _ROW_START(line)
    if start is None:
        return None
    row_id = start[1].decode()
    try:
        found = _in_order(orjson.loads(line))
        if tuple(map(type, found)) not in _ROW_KINDS:
            return DamagedRow(row_id)
        # What is not base64 in it is passed over: a box that is not whole does not open.
        return ListedRow(row_id, a2b_base64(found[0]), *found[1:])
    except (KeyError, ValueError):
        return DamagedRow(row_id)


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


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
