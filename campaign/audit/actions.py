"""Writes the audit log: one row after the other, each holding the hash of the one before."""

import hashlib
import json
import logging
import uuid
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from campaign.audit.head import Head, move_head_after_commit, place_of_head, read_head
from campaign.audit.models import AuditEntry
from campaign.core.errors import Refused

FIRST_HASH = bytes(32)
log = logging.getLogger("campaign.audit")


def record(
    session: Session, *, organizer_id: uuid.UUID | None, action: str, subject: str, now: datetime, why: str = ""
) -> AuditEntry:
    """Add an entry in the caller's transaction. `organizer_id` is None for what the command line or a worker did."""
    # Rows are chained, so they are written one at a time; SQLite's write lock does that already.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
    last = _newest(session)
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now,
        organizer_id=organizer_id,
        action=action,
        subject=subject,
        why=why,
        previous_hash=last.own_hash if last else FIRST_HASH,
    )
    entry.own_hash = entry_hash(entry.previous_hash, entry.number, now, organizer_id, action, subject, why)
    session.add(entry)
    session.flush()
    _write_down(session, Head(entry.number, entry.own_hash))
    return entry


def write_down_newest(session: Session) -> None:
    """Write down the newest entry outside the database, whichever machine recorded it."""
    last = _newest(session)
    if last is not None:
        _write_down(session, Head(last.number, last.own_hash))


def entry_hash(
    previous_hash: bytes,
    number: int,
    at: datetime,
    organizer_id: uuid.UUID | None,
    action: str,
    subject: str,
    why: str,
) -> bytes:
    """SHA-256 over the hash before and everything the row says."""
    said = [
        number,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        organizer_id.hex if organizer_id else None,
        action,
        subject,
        # Entries of the time before anybody was asked keep their hash.
        *([why] if why else []),
    ]
    return hashlib.sha256(previous_hash + json.dumps(said).encode()).digest()


def _newest(session: Session) -> AuditEntry | None:
    return session.scalar(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))


def _write_down(session: Session, newest: Head) -> None:
    place = place_of_head(session)
    if place is None:
        return
    try:
        known = read_head(place)
    except (OSError, Refused):
        known = None
        log.error("%s cannot be read; run `campaign doctor`", place.name)
    if known is not None:
        found = session.scalar(select(AuditEntry.own_hash).where(AuditEntry.number == known.number))
        if found != known.own_hash:
            # The file stays as it is: moved on, it would forget what it knows.
            log.error("the audit log is not the one this machine has seen; run `campaign doctor`")
            return
    move_head_after_commit(session, place, newest)
