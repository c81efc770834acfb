"""Writes the audit log: one row after the other, each holding the hash of the one before."""

import hashlib
import json
import uuid
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from campaign.audit.models import AuditEntry

FIRST_HASH = bytes(32)


def record(
    session: Session, *, organizer_id: uuid.UUID | None, action: str, subject: str, now: datetime, why: str = ""
) -> AuditEntry:
    """Add an entry in the caller's transaction. `organizer_id` is None for what the command line did."""
    # Rows are chained, so they are written one at a time; SQLite's write lock does that already.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
    last = session.scalar(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now,
        organizer_id=organizer_id,
        action=action,
        subject=subject,
        why=why,
        previous_hash=last.own_hash if last else FIRST_HASH,
    )
    entry.own_hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    return entry


def entry_hash(entry: AuditEntry) -> bytes:
    """SHA-256 over the hash before and everything the row says."""
    said = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.organizer_id.hex if entry.organizer_id else None,
        entry.action,
        entry.subject,
        # Entries of the time before anybody was asked keep their hash.
        *([entry.why] if entry.why else []),
    ]
    return hashlib.sha256(entry.previous_hash + json.dumps(said).encode()).digest()
