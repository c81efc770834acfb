"""Walk the confirmed signatures of a campaign in flat memory, however many there are."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select
from sqlalchemy.orm import Session

from campaign.signing.models import Signature

PAGE_ROWS = 2000


def confirmed_pages(
    session: Session, campaign_id: uuid.UUID, columns: Sequence[Any], *conditions: ColumnElement[bool]
) -> Iterator[Sequence[Row[Any]]]:
    """The id and these columns of every confirmed signature, in the order of ids, `PAGE_ROWS` at a time.

    Ends the session's transaction (by rolling back) after every page: a list is sent as slowly as its reader reads, and
    on SQLite an open read would keep everybody from signing all that time. So call it with nothing unsaved. The walk is
    no snapshot: a signature confirmed meanwhile is in the list or not.
    """
    query = (
        select(Signature.id, *columns)
        .where(Signature.campaign_id == campaign_id, Signature.state == "confirmed", *conditions)
        .order_by(Signature.id)
        .limit(PAGE_ROWS)
    )
    following = query.where(Signature.id > bindparam("last"))
    page = session.execute(query).all()
    while page:
        session.rollback()
        yield page
        page = session.execute(following, {"last": page[-1].id}).all() if len(page) == PAGE_ROWS else []


def confirmed_rows(session: Session, campaign_id: uuid.UUID, columns: Sequence[Any]) -> Iterator[Row[Any]]:
    """The same, one at a time."""
    return chain.from_iterable(confirmed_pages(session, campaign_id, columns))


def written_hour(instant: datetime) -> str:
    """An instant in UTC as lists write it, to the hour: `2026-11-22T18:00Z`."""
    return instant.strftime("%Y-%m-%dT%H:00Z")
