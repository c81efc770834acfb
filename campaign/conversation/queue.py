"""What the desk reads: everything that waits or was decided, oldest first, opened for moderators."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from campaign.conversation.contents import Opened, open_box
from campaign.conversation.cursors import cursor_of, read_cursor
from campaign.conversation.models import Submission
from campaign.conversation.moderation import Moderator
from campaign.core.errors import SealingError
from campaign.signing.models import Signature

ITEMS_A_PAGE = 25
# Not `unverified`: nobody has confirmed that yet, and nobody need read it.
LISTED_STATES = ("waiting", "approved", "declined")
_Rows = Select[Submission, bytes | None, str | None]
# One of a signature that counts no more waits nowhere.
_STANDS = or_(Submission.signature_id.is_(None), Signature.state == "confirmed")


@dataclass(frozen=True, slots=True)
class Item:
    """Something sent in, as a moderator reads it. `opened` is None if the box cannot be opened.

    `public_name` is what would stand beside a message. `is_own`: its reader wrote it, so somebody else decides.
    """

    id: uuid.UUID
    campaign_id: uuid.UUID
    kind: str
    state: str
    sent_hour: datetime
    language: str
    audience: str | None
    held_for: tuple[str, ...]
    opened: Opened | None
    public_name: str | None
    is_own: bool
    was_entered: bool
    is_passed_on: bool
    decided_by: uuid.UUID | None
    decided_hour: datetime | None
    declined_for: str | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page; `next_cursor` leads to the one after, None at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def waiting_counts(session: Session, campaign_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many wait for a moderator, by campaign; campaigns with none are left out."""
    query = (
        select(Submission.campaign_id, func.count())
        .outerjoin(Signature, Signature.id == Submission.signature_id)
        .where(Submission.state == "waiting", _STANDS, Submission.campaign_id.in_(campaign_ids))
        .group_by(Submission.campaign_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def queue_page(
    session: Session,
    moderator: Moderator,
    *,
    state: str,
    campaign_ids: Collection[uuid.UUID],
    key: bytes,
    after: str | None = None,
) -> QueuePage:
    """A page of what is in that state, the oldest first. `after` is a cursor; a malformed one starts from the top."""
    query = _query(campaign_ids).where(Submission.state == state)
    if (cursor := read_cursor(after)) is not None:
        query = query.where(tuple_(Submission.sent_hour, Submission.id) > cursor)
    return _page(session, query, moderator, key)


def to_pass_on(
    session: Session,
    moderator: Moderator,
    campaign_id: uuid.UUID,
    *,
    is_done: bool,
    key: bytes,
    after: str | None = None,
) -> QueuePage:
    """A page of approved messages for the person of a case: those not passed on yet, or those that were."""
    query = _query([campaign_id]).where(
        Submission.state == "approved",
        Submission.audience.in_(("person", "both")),
        Submission.is_passed_on.is_(is_done),
    )
    if (cursor := read_cursor(after)) is not None:
        query = query.where(tuple_(Submission.sent_hour, Submission.id) > cursor)
    return _page(session, query, moderator, key)


def decided_together(session: Session, moderator: Moderator, decision_id: uuid.UUID) -> int:
    """How many of that decision can be undone by this moderator."""
    condition: ColumnElement[bool] = and_(
        Submission.decision_id == decision_id,
        Submission.state.in_(("approved", "declined")),
        Submission.campaign_id.in_(moderator.campaigns),
    )
    return session.scalar(select(func.count()).select_from(Submission).where(condition)) or 0


def _query(campaign_ids: Collection[uuid.UUID]) -> _Rows:
    return (
        select(Submission, Signature.dedupe_tag, Signature.public_name)
        .outerjoin(Signature, Signature.id == Submission.signature_id)
        .where(Submission.campaign_id.in_(campaign_ids), _STANDS)
        .order_by(Submission.sent_hour, Submission.id)
        .limit(ITEMS_A_PAGE + 1)
    )


def _page(
    session: Session,
    query: _Rows,
    moderator: Moderator,
    key: bytes,
) -> QueuePage:
    rows = session.execute(query).all()
    items = tuple(_item(row, tag, name, moderator, key) for row, tag, name in rows[:ITEMS_A_PAGE])
    has_more = len(rows) > ITEMS_A_PAGE
    return QueuePage(items, cursor_of(items[-1].sent_hour, items[-1].id) if has_more else None)


def _item(row: Submission, tag: bytes | None, name: str | None, moderator: Moderator, key: bytes) -> Item:
    try:
        opened = open_box(key, row.id, row.sealed)
    except SealingError:
        opened = None
    return Item(
        id=row.id,
        campaign_id=row.campaign_id,
        kind=row.kind,
        state=row.state,
        sent_hour=row.sent_hour,
        language=row.language,
        audience=row.audience,
        held_for=tuple(row.held_for.split()),
        opened=opened,
        public_name=name,
        is_own=moderator.wrote(row, tag),
        was_entered=row.entered_by is not None or (row.kind == "endorsement" and row.contact_tag is None),
        is_passed_on=row.is_passed_on,
        decided_by=row.decided_by,
        decided_hour=row.decided_hour,
        declined_for=row.declined_for,
    )
