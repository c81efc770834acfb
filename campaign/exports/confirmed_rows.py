"""Walk the confirmed signatures of a campaign in flat memory, however many there are."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, bindparam, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from campaign.core.db import forget_pages_read
from campaign.exports.selection import EVERYBODY, Selection
from campaign.signing.models import Signature

PAGE_ROWS = 2000
# A row as text is short, and asking for a page takes as long as joining some hundreds.
TEXT_ROWS = 5000
# How many rows one question looks at when few of them may be wanted: a read that goes on through a million keeps others
# from signing.
WINDOW_ROWS = 20_000
# What the database puts between texts: control characters, which nothing that was typed holds (core/text_rules.py).
CELL_END, ROW_END = "\x1f", "\x1e"
# PostgreSQL knows no greatest uuid. As text they have the same order where no language has a say in it.
_ID_AS_TEXT = String(collation="C").with_variant(String(), "sqlite")
BEFORE_ALL = uuid.UUID(int=0)
_AFTER_ALL = uuid.UUID(int=2**128 - 1)


def confirmed_pages(
    session: Session,
    campaign_id: uuid.UUID,
    columns: Sequence[Any],
    selection: Selection = EVERYBODY,
    *,
    after: uuid.UUID = BEFORE_ALL,
) -> Iterator[Sequence[Row[Any]]]:
    """The id and these columns of every signature selected, in the order of ids, at most `PAGE_ROWS` at a time.

    Ends the session's transaction (by rolling back) after every page: a list is sent as slowly as its reader reads, and
    on SQLite an open read would keep everybody from signing all that time. So call it with nothing unsaved. The walk is
    no snapshot: a signature confirmed meanwhile is in the list or not. `after` is where an earlier walk broke off.
    """
    filters = selection.filters()
    query = _following(campaign_id, selection, *columns).where(*filters).limit(PAGE_ROWS)
    if not filters:
        yield from _pages(session, query, after)
        return
    query = query.where(Signature.id <= bindparam("end"))
    ends = _following(campaign_id, selection).limit(1).offset(WINDOW_ROWS - 1)
    while after < _AFTER_ALL:
        found = _read(session, ends, {"last": after})
        end = found[0].id if found else _AFTER_ALL
        yield from _pages(session, query, after, end=end)
        after = end


def confirmed_rows(
    session: Session,
    campaign_id: uuid.UUID,
    columns: Sequence[Any],
    selection: Selection = EVERYBODY,
    *,
    after: uuid.UUID = BEFORE_ALL,
) -> Iterator[Row[Any]]:
    """The same, one at a time."""
    return chain.from_iterable(confirmed_pages(session, campaign_id, columns, selection, after=after))


def confirmed_texts(
    session: Session,
    campaign_id: uuid.UUID,
    columns: Sequence[Any],
    *conditions: ColumnElement[bool],
    selection: Selection = EVERYBODY,
    after: uuid.UUID = BEFORE_ALL,
) -> Iterator[str]:
    """The same walk, the rows of each `TEXT_ROWS` as one text: `CELL_END` between their cells, `ROW_END` between them.

    The database joins them, because fetching a row takes longer than reading it. No column may be NULL.
    """
    row: Any = columns[0]
    for column in columns[1:]:
        row = row.concat(CELL_END).concat(column)
    # What a filter leaves out is looked at all the same, so that each question looks at so many rows only.
    if filters := selection.filters():
        row = case((and_(*filters), row))
    page = _following(campaign_id, selection, row.label("row")).where(*conditions).limit(TEXT_ROWS).subquery()
    greatest = func.max(cast(page.c.id, _ID_AS_TEXT)).label("last")
    query, last = select(func.aggregate_strings(page.c.row, ROW_END).label("joined"), greatest), after
    while (found := _read(session, query, {"last": last})[0]).last is not None:
        if found.joined:
            yield found.joined
        last = uuid.UUID(found.last)


def _following(campaign_id: uuid.UUID, selection: Selection, *columns: Any) -> Select[Any]:
    """The id and these columns of signatures with ids above `last`."""
    return (
        select(Signature.id, *columns)
        .where(Signature.campaign_id == campaign_id, *selection.base())
        .where(Signature.id > bindparam("last"))
        .order_by(Signature.id)
    )


def _pages(session: Session, query: Select[Any], last: uuid.UUID, **more: uuid.UUID) -> Iterator[Sequence[Row[Any]]]:
    while page := _read(session, query, {"last": last, **more}):
        yield page
        last = page[-1].id


def _read(session: Session, query: Select[*tuple[Any, ...]], values: dict[str, uuid.UUID]) -> Sequence[Row[Any]]:
    rows = session.execute(query, values).all()
    forget_pages_read(session)
    session.rollback()
    return rows


def written_hour(instant: datetime) -> str:
    """An instant in UTC as lists write it, to the hour: `2026-11-22T18:00Z`."""
    return instant.strftime("%Y-%m-%dT%H:00Z")


def id_by_database(session: Session) -> ColumnElement[str]:
    """The id of a signature, 32 hexadecimal digits: dashes would take a quarter of the time of a long list."""
    if session.get_bind().dialect.name == "postgresql":
        return func.encode(func.uuid_send(Signature.id), "hex", type_=String)
    return type_coerce(Signature.id, String)


def written_by_database(instant: Any, session: Session) -> ColumnElement[str]:
    """As `written_hour`, of a column."""
    if session.get_bind().dialect.name == "postgresql":
        # By way of JSON, which is the same whatever `DateStyle` is set to, and quicker than to_char().
        to_the_hour = func.substr(cast(func.to_json(func.timezone("UTC", instant)), String), 2, 13)
    else:
        to_the_hour = func.replace(func.substr(type_coerce(instant, String), 1, 13), " ", "T")
    return to_the_hour.concat(":00Z")
