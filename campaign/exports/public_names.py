"""Who signed with a public name, in every form a list can have."""

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from campaign.exports.confirmed_rows import (
    BEFORE_ALL,
    CELL_END,
    ROW_END,
    confirmed_texts,
    id_by_database,
    written_by_database,
)
from campaign.exports.json_lines import json_lines
from campaign.exports.selection import EVERYBODY, Selection
from campaign.exports.spreadsheet import BYTE_ORDER_MARK, csv_block, csv_of_joined
from campaign.exports.workbook import workbook
from campaign.signing.models import Signature

COLUMNS = ("public_name", "language", "confirmed_hour", "signature")


def public_names_csv(
    session: Session, campaign_id: uuid.UUID, selection: Selection = EVERYBODY, *, after: uuid.UUID = BEFORE_ALL
) -> Iterator[str]:
    """As blocks of CSV; those that follow row `after`, the last that has arrived, have no head.

    Ends the session's transaction as `confirmed_texts` does, like the others here.
    """
    if after == BEFORE_ALL:
        yield BYTE_ORDER_MARK + csv_block([COLUMNS])
    for joined in _joined(session, campaign_id, selection, after):
        yield csv_of_joined(joined)


def public_names_json_lines(
    session: Session, campaign_id: uuid.UUID, selection: Selection = EVERYBODY, *, after: uuid.UUID = BEFORE_ALL
) -> Iterator[bytes]:
    """As blocks of lines, each an object with `COLUMNS`; those that follow row `after`."""
    for joined in _joined(session, campaign_id, selection, after):
        rows = (dict(zip(COLUMNS, row.split(CELL_END), strict=True)) for row in joined.split(ROW_END))
        yield json_lines(rows)


def public_names_workbook(
    session: Session, campaign_id: uuid.UUID, selection: Selection = EVERYBODY, *, is_rtl: bool
) -> Iterator[bytes]:
    """As a workbook, which comes in pieces and cannot be gone on with: it is one archive."""
    return workbook(COLUMNS, _joined(session, campaign_id, selection), is_rtl=is_rtl)


def public_names_only(
    session: Session, campaign_id: uuid.UUID, selection: Selection = EVERYBODY, *, most: int
) -> list[str] | None:
    """The names alone; None if there are more than that."""
    names: list[str] = []
    for joined in _texts(session, campaign_id, selection, (Signature.public_name,)):
        names += joined.split(ROW_END)
        if len(names) > most:
            return None
    return names


def _joined(
    session: Session, campaign_id: uuid.UUID, selection: Selection, after: uuid.UUID = BEFORE_ALL
) -> Iterator[str]:
    hour = written_by_database(selection.confirmed_hour, session)
    columns = (Signature.public_name, Signature.language, hour, id_by_database(session))
    return _texts(session, campaign_id, selection, columns, after)


def _texts(
    session: Session,
    campaign_id: uuid.UUID,
    selection: Selection,
    columns: tuple[Any, ...],
    after: uuid.UUID = BEFORE_ALL,
) -> Iterator[str]:
    has_name = Signature.public_name.is_not(None)
    return confirmed_texts(session, campaign_id, columns, has_name, selection=selection, after=after)
