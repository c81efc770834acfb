"""How the mail stands, for whoever runs the site."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from campaign.outbox.models import OutboxMail


@dataclass(frozen=True, slots=True)
class MailQueue:
    """What waits in the outbox. A mail is `held` if too many came, so that it was put off before it was ever tried;
    it is `failed` if it was tried and the relay has not taken it yet.

    `oldest_at` is when the mail that waits longest without being held was queued, `due_at` when the first of all mails
    is due; None if there is none.
    """

    waiting: int
    held: int
    failed: int
    oldest_at: datetime | None
    due_at: datetime | None


def mail_queue(session: Session, *, now: datetime) -> MailQueue:
    """The queue as it is now. Reads all of it once; it is long only when the relay or the worker is gone."""
    is_held = (OutboxMail.attempts == 0) & (OutboxMail.due_at > now)
    waiting, held, failed, oldest_at, due_at = session.execute(
        select(
            func.count(),
            func.sum(case((is_held, 1), else_=0)),
            # One that is being tried just now counts an attempt already, and is due when its lease ends.
            func.sum(case((OutboxMail.attempts > 1, 1), else_=0)),
            func.min(case((is_held, None), else_=OutboxMail.queued_at)),
            func.min(OutboxMail.due_at),
        )
    ).one()
    return MailQueue(waiting, held or 0, failed or 0, oldest_at, due_at)
