"""Mail that cannot be lost: queued in the caller's transaction, claimed by one worker, kept until the relay has it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, delete, select, update
from sqlalchemy.orm import Session

from campaign.core.clock_mark import may_erase_by_age
from campaign.core.db import insert_rows
from campaign.core.errors import SealingError
from campaign.outbox.letters import Letter, open_letter, seal_letter
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import Outcome

# A worker that dies holding mails gives them back after the lease. It is so much longer than `SENDING_SECONDS` that a
# relay which takes half a minute for every answer does not outlast it either.
LEASE_SECONDS = 300
# A worker begins no mail of a batch later than this after claiming it; what is left goes back.
SENDING_SECONDS = 60
MAILS_AT_ONCE = 50
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600
# Mail over a limit is held until the next day at most; an hour for clocks that differ.
LONGEST_HELD_SECONDS = 25 * 3600
# The links inside live seven days; a mail older than that helps nobody and is an address kept for nothing.
GIVE_UP_DAYS = 7


SealedMail = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail this worker holds until its lease ends. `attempts` counts this one."""

    id: uuid.UUID
    letter: Letter
    queued_at: datetime
    attempts: int


def enqueue(session: Session, letter: Letter, *, key: bytes, now: datetime, due_at: datetime | None = None) -> None:
    """Put a letter into the outbox; it goes out now or at `due_at`, if and only if the caller's transaction commits."""
    enqueue_mails(session, [sealed_mail(letter, key=key, now=now, due_at=due_at)])


def sealed_mail(letter: Letter, *, key: bytes, now: datetime, due_at: datetime | None = None) -> SealedMail:
    """A letter as the outbox keeps it. Needs no database, so it can be made before a transaction begins."""
    return {"sealed": seal_letter(key, letter), "queued_at": now, "due_at": due_at or now, "attempts": 0}


def enqueue_mails(session: Session, mails: Sequence[SealedMail]) -> None:
    """Put several into the outbox at once."""
    insert_rows(session, OutboxMail, mails)


def claim_due(session: Session, *, key: bytes, now: datetime, limit: int = MAILS_AT_ONCE) -> list[ClaimedMail]:
    """Take mails that are due, for this worker alone, the longest due first. Commit before sending them.

    A mail that is due further away than anything ever waits was put off while the clock was ahead: it is due as well.
    """
    due = _lock(session, OutboxMail.due_at <= now, limit)
    due += _lock(session, OutboxMail.due_at > now + timedelta(seconds=LONGEST_HELD_SECONDS), limit - len(due))
    taken = session.execute(
        update(OutboxMail)
        .where(OutboxMail.id.in_(due))
        .values(due_at=now + timedelta(seconds=LEASE_SECONDS), attempts=OutboxMail.attempts + 1)
        .returning(OutboxMail.id, OutboxMail.sealed, OutboxMail.queued_at, OutboxMail.attempts)
    ).all()
    claimed = [
        ClaimedMail(mail_id, letter, queued_at, attempts)
        for mail_id, sealed, queued_at, attempts in taken
        if (letter := _letter(key, sealed)) is not None
    ]
    return sorted(claimed, key=lambda mail: due.index(mail.id))


def settle(session: Session, mail: ClaimedMail, outcome: Outcome, *, now: datetime) -> None:
    """Record what came of sending: sent and refused mails are deleted, the rest waits longer each time."""
    if outcome in (Outcome.SENT, Outcome.REFUSED):
        session.execute(delete(OutboxMail).where(OutboxMail.id == mail.id))
        return
    # Without counting beyond what matters: the clock may stand wrong for years.
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(mail.attempts - 1, 20), LONGEST_WAIT_SECONDS)
    session.execute(_still_held(mail).values(due_at=now + timedelta(seconds=wait)))


def give_back(session: Session, mails: Sequence[ClaimedMail], *, due_at: datetime) -> None:
    """Let go of mails that were not tried: they are due then, as if nobody had held them."""
    for mail in mails:
        session.execute(_still_held(mail).values(due_at=due_at, attempts=mail.attempts - 1))


def give_up_old(session: Session, *, now: datetime) -> None:
    """Delete mails that nobody could deliver within `GIVE_UP_DAYS`, unless the clock is in doubt.

    A mail that seems to be queued in the future was queued while the clock was ahead; its days begin now.
    """
    if not may_erase_by_age(session):
        return
    session.execute(delete(OutboxMail).where(OutboxMail.queued_at < now - timedelta(days=GIVE_UP_DAYS)))
    ahead = OutboxMail.queued_at > now + timedelta(hours=1)
    session.execute(update(OutboxMail).where(ahead).values(queued_at=now))


def _lock(session: Session, condition: ColumnElement[bool], limit: int) -> list[uuid.UUID]:
    """Mails nobody else is claiming at this moment; two conditions on one index are two queries."""
    if limit <= 0:
        return []
    query = select(OutboxMail.id).where(condition).order_by(OutboxMail.due_at).limit(limit)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _still_held(mail: ClaimedMail) -> Update:
    """The row, unless the lease has run out and somebody else has claimed it since."""
    return update(OutboxMail).where(OutboxMail.id == mail.id, OutboxMail.attempts == mail.attempts)


def _letter(key: bytes, sealed: bytes) -> Letter | None:
    """None for a letter sealed under another key: it must not keep the others from going out."""
    try:
        return open_letter(key, sealed)
    except SealingError:
        return None
