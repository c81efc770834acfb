"""Mail that cannot be lost: queued in the caller's transaction, claimed by one worker, kept until the relay has it."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from campaign.core.db import insert_row
from campaign.core.errors import SealingError
from campaign.outbox.letters import Letter, open_letter, seal_letter
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import Outcome

# A worker that dies holding a mail gives it back after the lease.
LEASE_SECONDS = 300
# So few that even a relay that hangs at each of them does not outlast the lease.
MAILS_AT_ONCE = 5
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 6 * 3600
# The links inside live seven days; a mail older than that helps nobody and is an address kept for nothing.
GIVE_UP_DAYS = 7


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail this worker holds until its lease ends. `attempts` counts this one."""

    id: uuid.UUID
    letter: Letter
    queued_at: datetime
    attempts: int


def enqueue(session: Session, letter: Letter, *, key: bytes, now: datetime) -> None:
    """Put a letter into the outbox; it goes out if and only if the caller's transaction commits."""
    values = {"sealed": seal_letter(key, letter), "queued_at": now, "due_at": now, "attempts": 0}
    insert_row(session, OutboxMail, values)


def claim_due(session: Session, *, key: bytes, now: datetime, limit: int = MAILS_AT_ONCE) -> list[ClaimedMail]:
    """Take mails that are due, for this worker alone. Commit before sending them."""
    # Nothing is older than this but letters sealed under a key that is gone: the rest is given up in `settle`.
    session.execute(delete(OutboxMail).where(OutboxMail.queued_at < now - timedelta(days=GIVE_UP_DAYS + 1)))
    due = session.execute(
        select(OutboxMail.id, OutboxMail.due_at)
        .where(OutboxMail.due_at <= now)
        .order_by(OutboxMail.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    claimed = []
    for mail_id, due_at in due:
        taken = session.execute(
            update(OutboxMail)
            .where(OutboxMail.id == mail_id, OutboxMail.due_at == due_at)
            .values(due_at=now + timedelta(seconds=LEASE_SECONDS), attempts=OutboxMail.attempts + 1)
            .returning(OutboxMail.sealed, OutboxMail.queued_at, OutboxMail.attempts)
        ).one_or_none()
        if taken is not None and (letter := _letter(key, taken[0])) is not None:
            claimed.append(ClaimedMail(mail_id, letter, taken[1], taken[2]))
    return claimed


def _letter(key: bytes, sealed: bytes) -> Letter | None:
    """None for a letter sealed under another key: it must not keep the others from going out."""
    try:
        return open_letter(key, sealed)
    except SealingError:
        return None


def settle(session: Session, mail: ClaimedMail, outcome: Outcome, *, now: datetime) -> None:
    """Record what came of sending: sent and refused mails are deleted, the rest waits longer each time."""
    gives_up = now - mail.queued_at > timedelta(days=GIVE_UP_DAYS)
    if outcome is not Outcome.LATER or gives_up:
        session.execute(delete(OutboxMail).where(OutboxMail.id == mail.id))
        return
    wait = min(FIRST_WAIT_SECONDS * 2 ** (mail.attempts - 1), LONGEST_WAIT_SECONDS)
    session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(due_at=now + timedelta(seconds=wait)))
