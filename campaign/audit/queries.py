"""Reads of the audit log."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.audit.actions import FIRST_HASH, entry_hash
from campaign.audit.models import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`organizer_id` is None for what the command line did."""

    at: datetime
    organizer_id: uuid.UUID | None
    action: str


def entries_about(session: Session, subject: str, *, limit: int = 20) -> list[AuditLine]:
    """The newest entries about a subject, newest first."""
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.number.desc()).limit(limit)
    )
    return [AuditLine(entry.at, entry.organizer_id, entry.action) for entry in rows]


def is_entry(session: Session, number: int, *, organizer_id: uuid.UUID, action: str, subject: str) -> bool:
    """Whether the entry of this number says just that."""
    entry = session.get(AuditEntry, number)
    return entry is not None and (entry.organizer_id, entry.action, entry.subject) == (organizer_id, action, subject)


def first_broken_entry(session: Session) -> int | None:
    """The number of the first entry that is missing or was altered, or None if the chain is whole."""
    expected, previous = 1, FIRST_HASH
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number)):
        if entry.number != expected or entry.previous_hash != previous or entry.own_hash != entry_hash(entry):
            return expected
        expected, previous = expected + 1, entry.own_hash
    return None
