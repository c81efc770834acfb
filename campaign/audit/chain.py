"""Goes along the chain of the audit log and says where it is broken, and whether its newest entries are there."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.audit.actions import FIRST_HASH, entry_hash
from campaign.audit.head import Head, read_head
from campaign.audit.models import AuditEntry
from campaign.core.errors import Refused

# Read at once; a longer read would be in the way of those who write.
_AT_ONCE = 5000
_TRUSTED_SECONDS = 600
BEFORE_ALL = Head(0, FIRST_HASH)
_COLUMNS: tuple[Any, ...] = (
    AuditEntry.previous_hash,
    AuditEntry.number,
    AuditEntry.at,
    AuditEntry.organizer_id,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.why,
    AuditEntry.own_hash,
)
# Altered: an entry says something else than was recorded. Replaced: an entry, or the one before, was written anew with
# a hash of its own. Head: the file outside the database is damaged.
Kind = Literal["missing", "altered", "replaced", "head"]


@dataclass(frozen=True, slots=True)
class Break:
    """What is wrong with the entries from `first` to `last`."""

    kind: Kind
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What was found: the newest entry that follows from all before it, and the first break if there is one.

    `written_down` is the newest entry this machine has written down outside the database; None if it has none.
    """

    newest: Head
    broken: Break | None
    written_down: int | None = None


class ChainWatch:
    """Looks at the chain again and again, as a page does: all of it now and then, else what came since the last look.

    Whoever shares one between threads may do a look twice, which does no harm.
    """

    def __init__(self) -> None:
        self._sound, self._looked_at = BEFORE_ALL, 0.0

    def look(self, session: Session, place: Path) -> Chain:
        """As `examine_chain`; an entry that is altered after it was looked at shows ten minutes later."""
        sound, began_at = self._sound, monotonic()
        is_known = began_at - self._looked_at < _TRUSTED_SECONDS and _hash_of(session, sound.number) == sound.own_hash
        if not is_known:
            sound, self._looked_at = BEFORE_ALL, began_at
        found = examine_chain(session, place, after=sound)
        self._sound = BEFORE_ALL if found.broken else found.newest
        return found


def examine_chain(session: Session, place: Path | None, *, after: Head = BEFORE_ALL) -> Chain:
    """Go along the chain, from an entry that is known to be sound, and compare it with the head in the file `place`.

    Ends the session's transaction (by rolling back) several times: call it with nothing unsaved.
    """
    newest = after
    try:
        head = read_head(place) if place else None
    except (OSError, Refused):
        return Chain(newest, Break("head", 0, 0))
    known = head.number if head else None
    query = select(*_COLUMNS).order_by(AuditEntry.number).limit(_AT_ONCE)
    while rows := session.execute(query.where(AuditEntry.number > newest.number)).all():
        session.rollback()
        for previous_hash, number, *said, own_hash in rows:
            if number != newest.number + 1:
                return Chain(newest, Break("missing", newest.number + 1, number - 1), known)
            if entry_hash(previous_hash, number, *said) != own_hash:
                return Chain(newest, Break("altered", number, number), known)
            if previous_hash != newest.own_hash:
                return Chain(newest, Break("replaced", max(number - 1, 1), number), known)
            newest = Head(number, own_hash)
    broken = _break_at(head, newest, session) if head else None
    session.rollback()
    return Chain(newest, broken, known)


def _break_at(head: Head, newest: Head, session: Session) -> Break | None:
    if head.number > newest.number:
        return Break("missing", newest.number + 1, head.number)
    if _hash_of(session, head.number) != head.own_hash:
        return Break("replaced", 1, head.number)
    return None


def _hash_of(session: Session, number: int) -> bytes | None:
    return session.scalar(select(AuditEntry.own_hash).where(AuditEntry.number == number))
