"""What nobody confirmed goes after two weeks, invalidated or not.

A flood may leave millions at once, so they go in small steps, each a transaction of its own, because on SQLite others
cannot sign meanwhile. Which ones are due is read before, outside of any of them.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.signing.erasures import rows_changed
from campaign.signing.models import Signature, in_state

PENDING_DAYS = 14
# As few as a step of a purge erases (see `purging.py`), and as many as are read before.
ROWS_A_STEP = 100
IDS_AT_ONCE = 1000
# Each has an index of its own.
_NEVER_CONFIRMED = (
    in_state("pending"),
    and_(in_state("invalidated"), Signature.invalidated_confirmed_hour.is_(None)),
)


def old_unconfirmed(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """Signatures nobody confirmed within `PENDING_DAYS`, at most `IDS_AT_ONCE`; none while the clock is in doubt."""
    if not may_erase_by_age(session):
        return []
    found: list[uuid.UUID] = []
    for kind in _NEVER_CONFIRMED:
        oldest = select(Signature.id).where(kind, _is_old(now)).order_by(Signature.signed_hour)
        found += session.scalars(oldest.limit(IDS_AT_ONCE - len(found)))
    return found


def erase_unconfirmed(session: Session, ids: Sequence[uuid.UUID], *, now: datetime) -> int:
    """Delete those of these that are still old and unconfirmed, and that nobody else is changing; how many these were.

    Who signs again at this moment, or another worker, is neither waited for nor kept waiting.
    """
    found = select(Signature.id).where(Signature.id.in_(ids), or_(*_NEVER_CONFIRMED), _is_old(now))
    free = session.scalars(found.with_for_update(skip_locked=True)).all()
    return rows_changed(session, delete(Signature).where(Signature.id.in_(free))) if free else 0


def pull_back(session: Session, *, now: datetime) -> int:
    """Let the days of some that were signed while the clock was ahead begin now; how many, at most `ROWS_A_STEP`."""
    if not may_erase_by_age(session):
        return 0
    hour, pulled = hour_of(now), 0
    is_ahead = Signature.signed_hour > hour + timedelta(hours=1)
    for kind in _NEVER_CONFIRMED:
        ahead = select(Signature.id).where(kind, is_ahead).limit(ROWS_A_STEP - pulled)
        free = session.scalars(ahead.with_for_update(skip_locked=True)).all()
        if free:
            pulled += rows_changed(session, update(Signature).where(Signature.id.in_(free)).values(signed_hour=hour))
    return pulled


def count_old_unconfirmed(session: Session, *, now: datetime) -> int:
    """How many would go if the clock is right."""
    counts = (select(func.count()).where(kind, _is_old(now)) for kind in _NEVER_CONFIRMED)
    return sum(session.scalar(count) or 0 for count in counts)


def _is_old(now: datetime) -> ColumnElement[bool]:
    return Signature.signed_hour < now - timedelta(days=PENDING_DAYS)
