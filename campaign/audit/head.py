"""The head of the audit log: number and hash of the newest entry, in a file outside the database.

A chain of hashes shows an entry that was altered or cut out, but not that the newest ones are gone, nor that somebody
wrote the whole chain anew. So whoever records an entry writes its number and hash into `audit.head` in the instance
folder, after the commit: the file may be behind the log (a process can die in between), never ahead of it. It moves
forward only, and only from an entry that is still in the log with the same hash; else it stays as it is, as evidence.
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from campaign.core.errors import Refused

FILE_NAME = "audit.head"
_PLACE = "campaign_audit_head"
_TITLE = "campaign audit 1"
log = logging.getLogger("campaign.audit")


class Head(NamedTuple):
    """The newest entry somebody knows of."""

    number: int
    own_hash: bytes


def keep_head(engine: Engine, place: Path) -> None:
    """Have every process that records through this engine keep the head in that file."""
    engine.update_execution_options(**{_PLACE: place})


def place_of_head(session: Session) -> Path | None:
    """The file of the session's engine; None where nobody keeps a head."""
    place: Path | None = session.connection().get_execution_options().get(_PLACE)
    return place


def read_head(place: Path) -> Head | None:
    """What the file says; None if there is none. Raises Refused if it is damaged: it is only ever written whole."""
    try:
        title, number, own_hash = place.read_text("ascii").rsplit(" ", 2)
        if title != _TITLE or len(own_hash.strip()) != 64:
            raise ValueError
        return Head(int(number), bytes.fromhex(own_hash))
    except FileNotFoundError:
        return None
    except ValueError:
        raise Refused(f"{place} is damaged") from None


def move_head(place: Path, head: Head) -> None:
    """Write a newer head; leave the file alone if it is as new. Raises OSError, and Refused if the file is damaged."""
    with _locked(place):
        known = read_head(place)
        if known is None or known.number < head.number:
            _write(place, head)


def set_head(place: Path, head: Head) -> None:
    """Write this head whatever stands there: for a log that is another one from now on, as after a restore."""
    with _locked(place):
        _write(place, head)


def move_head_after_commit(session: Session, place: Path, head: Head) -> None:
    """Move it once the session's transaction is committed, and not at all if it is rolled back."""
    session.info[_PLACE] = (place, head)


def _write(place: Path, head: Head) -> None:
    draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{_TITLE} {head.number} {head.own_hash.hex()}\n")
            file.flush()
            # A name without its content after a power cut would look like damage.
            os.fsync(file.fileno())
        draft.rename(place)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One process at a time."""
    file = os.open(place.with_name(f"{place.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


@event.listens_for(Session, "after_commit")
def _on_commit(session: Session) -> None:
    waiting: tuple[Path, Head] | None = session.info.pop(_PLACE, None)
    if waiting is None:
        return
    try:
        move_head(*waiting)
    except (OSError, Refused) as error:
        # What was done is committed, and the file may be behind.
        log.error("the head of the audit log could not be written (%s); run `campaign doctor`", type(error).__name__)


@event.listens_for(Session, "after_rollback")
def _on_rollback(session: Session) -> None:
    session.info.pop(_PLACE, None)
