"""Reads of the audit log."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from campaign.audit.models import AuditEntry

# What the names of all downloads begin with.
DOWNLOADED = "downloaded_"
_ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as it is shown. `organizer_id` is None for what the command line or a worker did."""

    number: int
    at: datetime
    organizer_id: uuid.UUID | None
    action: str
    subject: str
    why: str
    own_hash: bytes


def downloads_of(session: Session, subject: str, *, limit: int = 20) -> list[AuditLine]:
    """Who took lists about a subject off the site, newest first."""
    return _lines(session, [_about(subject), AuditEntry.action.startswith(DOWNLOADED, autoescape=True)], limit)


def entries(
    session: Session, *, before: int | None = None, action: str = "", subject: str = "", limit: int
) -> list[AuditLine]:
    """The newest entries, newest first; those with a number below `before`. Empty words leave a filter out."""
    conditions = [AuditEntry.number < before] if before is not None else []
    conditions += [AuditEntry.action == action] if action else []
    conditions += [_about(subject)] if subject else []
    return _lines(session, conditions, limit)


def all_entries(session: Session, *, action: str = "", subject: str = "") -> Iterator[AuditLine]:
    """All of them, newest first, in flat memory. Ends the session's transaction after each page."""
    before = None
    while page := entries(session, before=before, action=action, subject=subject, limit=_ROWS_AT_ONCE):
        session.rollback()
        yield from page
        before = page[-1].number


def newest_number(session: Session) -> int:
    """The number of the newest entry; 0 if there is none."""
    return session.scalar(select(func.max(AuditEntry.number))) or 0


def _about(subject: str) -> ColumnElement[bool]:
    # Until there was a place for it, what was said of a campaign stood behind its name.
    return or_(AuditEntry.subject == subject, AuditEntry.subject.startswith(f"{subject}: ", autoescape=True))


def _lines(session: Session, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[AuditLine]:
    query = select(
        AuditEntry.number,
        AuditEntry.at,
        AuditEntry.organizer_id,
        AuditEntry.action,
        AuditEntry.subject,
        AuditEntry.why,
        AuditEntry.own_hash,
    )
    rows = session.execute(query.where(*conditions).order_by(AuditEntry.number.desc()).limit(limit))
    return [AuditLine(*row) for row in rows]


def is_entry(session: Session, number: int, *, organizer_id: uuid.UUID, action: str, subject: str) -> bool:
    """Whether the entry of this number says just that."""
    entry = session.get(AuditEntry, number)
    return entry is not None and (entry.organizer_id, entry.action, entry.subject) == (organizer_id, action, subject)
