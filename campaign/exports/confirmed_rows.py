"""Walk the confirmed signatures of a campaign in flat memory, however many there are."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from campaign.signing.models import Signature

PAGE_ROWS = 2000


def confirmed_rows(
    session: Session,
    campaign_id: uuid.UUID,
    columns: Sequence[InstrumentedAttribute[Any]],
    *conditions: ColumnElement[bool],
) -> Iterator[Row[Any]]:
    """The id and these columns of every confirmed signature, in the order of ids.

    Ends the session's transaction (by rolling back) after every page: a list is sent as slowly as its reader reads, and
    on SQLite an open read would keep everybody from signing all that time. So call it with nothing unsaved. The walk is
    no snapshot: a signature confirmed meanwhile is in the list or not.
    """
    last: uuid.UUID | None = None
    while True:
        page = _page_after(session, campaign_id, columns, conditions, last)
        session.rollback()
        yield from page
        if len(page) < PAGE_ROWS:
            return
        last = page[-1].id


def written_hour(instant: datetime) -> str:
    """An instant in UTC as lists write it, to the hour: `2026-11-22T18:00Z`."""
    return instant.strftime("%Y-%m-%dT%H:00Z")


def _page_after(
    session: Session,
    campaign_id: uuid.UUID,
    columns: Sequence[InstrumentedAttribute[Any]],
    conditions: Sequence[ColumnElement[bool]],
    last: uuid.UUID | None,
) -> Sequence[Row[Any]]:
    query = select(Signature.id, *columns).where(
        Signature.campaign_id == campaign_id, Signature.state == "confirmed", *conditions
    )
    if last is not None:
        query = query.where(Signature.id > last)
    return session.execute(query.order_by(Signature.id).limit(PAGE_ROWS)).all()
