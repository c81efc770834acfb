"""Reminding holders of the key in use by mail, once a month, that their phrase wants to be tried, if they like.

Where the letter goes is sealed under `waiting.key`, as mail that waits is; the desk never shows it again. It moves on
to the next key with its holder, and goes with them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from campaign.core.clock_mark import may_erase_by_age
from campaign.core.errors import NotFound, SealingError
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.sealing.care import TRY_AFTER_DAYS, key_care
from campaign.sealing.models import Epoch, WrappedKey

_BLOCK_BYTES = 512


@dataclass(frozen=True, slots=True, repr=False)
class Reminder:
    """Where a reminder goes, and in which language. It has no repr, for it holds an address."""

    email: str
    language: str


def set_reminder(session: Session, share_id: uuid.UUID, reminder: Reminder, *, key: bytes) -> None:
    """From now on remind this holder, in place of any address before. Raises NotFound if they hold no key in use."""
    row = _held(session, share_id)
    content = {"email": reminder.email, "language": reminder.language}
    row.reminder, row.reminded_at = seal_waiting(key, content, block_bytes=_BLOCK_BYTES), None


def end_reminder(session: Session, share_id: uuid.UUID) -> None:
    """Remind this holder no more, and forget their address. Raises NotFound if they hold no key in use."""
    row = _held(session, share_id)
    row.reminder = row.reminded_at = None


def take_due_reminders(session: Session, *, is_demo: bool, key: bytes, now: datetime) -> list[Reminder]:
    """Those to be mailed now, by whoever took them alone: queue the letters in this transaction.

    Nothing while the clock is in doubt. One that seems to have been reminded in the future was so while the clock was
    ahead. An address that cannot be opened is left out; `campaign doctor` tells that the key is another.
    """
    if not may_erase_by_age(session):
        return []
    untried = [holder.id for holder in key_care(session, is_demo=is_demo, now=now).untried if holder.is_reminded]
    if not untried:
        return []
    last = WrappedKey.reminded_at
    is_due = or_(last.is_(None), last < now - timedelta(days=TRY_AFTER_DAYS), last > now + timedelta(hours=1))
    # Of two workers the second waits here on PostgreSQL, looks again, and finds nothing.
    taken = session.scalars(
        update(WrappedKey)
        .where(WrappedKey.id.in_(untried), WrappedKey.reminder.is_not(None), is_due)
        .values(reminded_at=now)
        .returning(WrappedKey.reminder),
        execution_options={"synchronize_session": False},
    ).all()
    return [reminder for sealed in taken if (reminder := _opened(key, sealed)) is not None]


def move_reminders(session: Session, old_id: uuid.UUID, new: Sequence[WrappedKey]) -> None:
    """Hand the addresses of a key that was replaced to holders of the same name of the new one; forget the others."""
    by_name = {row.holder.casefold(): row for row in new}
    reminded = select(WrappedKey).where(WrappedKey.epoch_id == old_id, WrappedKey.reminder.is_not(None))
    for old in session.scalars(reminded):
        if successor := by_name.get(old.holder.casefold()):
            successor.reminder = old.reminder
        old.reminder = old.reminded_at = None


def _held(session: Session, share_id: uuid.UUID) -> WrappedKey:
    row = session.scalar(
        select(WrappedKey)
        .join(Epoch, Epoch.id == WrappedKey.epoch_id)
        .where(WrappedKey.id == share_id, Epoch.retired_at.is_(None))
        .with_for_update(of=WrappedKey)
    )
    if row is None:
        raise NotFound("there is no such holder of the key in use")
    return row


def _opened(key: bytes, sealed: bytes | None) -> Reminder | None:
    try:
        return Reminder(**open_waiting(key, sealed or b""))
    except SealingError:
        return None
