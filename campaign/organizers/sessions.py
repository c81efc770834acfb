"""Sessions of the desk, kept on the server: each can be seen, and ended at once, by whoever it belongs to."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.core.tokens import new_token, token_digest
from campaign.organizers.models import DeskSession

SESSION_HOURS = 12
# How long after the second factor was shown it still counts for what could do harm.
FRESH_MINUTES = 10


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not ended. Its token is in one browser only."""

    id: uuid.UUID
    organizer_id: uuid.UUID
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    factor_at: datetime | None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the second factor was shown within the last ten minutes."""
        return self.factor_at is not None and timedelta(0) <= now - self.factor_at < timedelta(minutes=FRESH_MINUTES)


def start_session(session: Session, organizer_id: uuid.UUID, *, now: datetime, has_shown_factor: bool = False) -> str:
    """Begin one; the token for its cookie."""
    token = new_token()
    session.add(
        DeskSession(
            id=uuid.uuid4(),
            token_digest=token_digest(token),
            organizer_id=organizer_id,
            started_at=now,
            seen_at=hour_of(now),
            ends_at=now + timedelta(hours=SESSION_HOURS),
            factor_at=now if has_shown_factor else None,
        )
    )
    session.flush()
    return token


def open_session(session: Session, token: str, *, now: datetime) -> OpenSession | None:
    """The session this token belongs to, unless it has ended."""
    row = session.scalar(
        select(DeskSession).where(DeskSession.token_digest == token_digest(token), DeskSession.ends_at > now)
    )
    return None if row is None else _view(row)


def sessions_of(session: Session, organizer_id: uuid.UUID, *, now: datetime) -> list[OpenSession]:
    """All that somebody has open, the newest first."""
    rows = session.scalars(
        select(DeskSession)
        .where(DeskSession.organizer_id == organizer_id, DeskSession.ends_at > now)
        .order_by(DeskSession.started_at.desc(), DeskSession.id)
    )
    return [_view(row) for row in rows]


def note_seen(session: Session, session_id: uuid.UUID, *, now: datetime) -> None:
    """Remember, to the hour, that a session is in use."""
    session.execute(update(DeskSession).where(DeskSession.id == session_id).values(seen_at=hour_of(now)))


def note_factor(session: Session, session_id: uuid.UUID, *, now: datetime) -> None:
    """The second factor was shown in this session."""
    session.execute(update(DeskSession).where(DeskSession.id == session_id).values(factor_at=now))


def end_session(session: Session, session_id: uuid.UUID, *, of: uuid.UUID) -> bool:
    """End one session of this organizer; whether it was one of theirs."""
    ended = session.execute(
        delete(DeskSession)
        .where(DeskSession.id == session_id, DeskSession.organizer_id == of)
        .returning(DeskSession.id)
    )
    return ended.first() is not None


def end_sessions(session: Session, organizer_id: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
    """End all sessions of somebody, or all but one."""
    ended = delete(DeskSession).where(DeskSession.organizer_id == organizer_id)
    session.execute(ended if but is None else ended.where(DeskSession.id != but))


def forget_ended(session: Session, *, now: datetime) -> None:
    """Delete sessions that have ended, unless the clock is in doubt."""
    if may_erase_by_age(session):
        session.execute(delete(DeskSession).where(DeskSession.ends_at <= now))


def set_challenge(session: Session, session_id: uuid.UUID, challenge: bytes) -> None:
    """What a passkey has to sign next in this session."""
    session.execute(update(DeskSession).where(DeskSession.id == session_id).values(challenge=challenge))


def take_challenge(session: Session, session_id: uuid.UUID) -> bytes | None:
    """What it had to sign; it is good for one try, also of two at once."""
    found = session.scalar(select(DeskSession.challenge).where(DeskSession.id == session_id).with_for_update())
    session.execute(update(DeskSession).where(DeskSession.id == session_id).values(challenge=None))
    return found


def _view(row: DeskSession) -> OpenSession:
    return OpenSession(row.id, row.organizer_id, row.started_at, row.seen_at, row.ends_at, row.factor_at)
