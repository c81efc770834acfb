"""What people took back, written down so that a database restored from an older backup does not know it again.

An entry says which signature and what of it; no name, no time. It is committed with the taking back itself. Entries
leave the database as a list (see `campaign/backup`), because a table is lost with its database.
"""

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from campaign.signing.models import ERASURES, Erasure, Signature

# Everything of a withdrawn signature that says something about its signatory.
WITHDRAWN: dict[str, object] = {
    "state": "withdrawn",
    "wants_updates": False,
    "mails_count": 0,
    "confirmed_hour": None,
    "dedupe_tag": None,
    "confirm_digest": None,
    "confirm_until": None,
    "manage_digest": None,
    "manage_until": None,
    "mails_on": None,
    "epoch_id": None,
    "sealed": None,
    "public_name": None,
    "invalidated_reason": None,
    "invalidated_confirmed_hour": None,
}
_CHANGES: dict[str, dict[str, object]] = {
    "signature": WITHDRAWN,
    "public_name": {"public_name": None},
    "updates": {"wants_updates": False},
}
# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


class ErasureEntry(NamedTuple):
    """`id` is the entry's own: somebody can hide a name, show one, and hide it again. `what` is one of `ERASURES`."""

    id: uuid.UUID
    signature_id: uuid.UUID
    what: str


def note_erasure(session: Session, signature_id: uuid.UUID, what: str) -> None:
    """Write down that `what` of this signature was taken back."""
    session.add(Erasure(signature_id=signature_id, what=what))


def all_erasures(session: Session) -> set[ErasureEntry]:
    """Every entry this database has."""
    rows = session.execute(select(Erasure.id, Erasure.signature_id, Erasure.what))
    return {ErasureEntry(*row) for row in rows}


def replay_erasures(session: Session, entries: Iterable[ErasureEntry]) -> int:
    """Take back again what these entries name, if this database has not heard of it; how many it had not heard of.

    Sums are left as they are: count again afterwards.
    """
    missing = sorted(set(entries) - all_erasures(session))
    for what in ERASURES:
        for batch in _batches(entry for entry in missing if entry.what == what):
            ids = [entry.signature_id for entry in batch]
            session.execute(update(Signature).where(Signature.id.in_(ids)).values(**_CHANGES[what]))
            session.execute(insert(Erasure), [entry._asdict() for entry in batch])
    return len(missing)


def _batches(entries: Iterable[ErasureEntry]) -> Iterator[list[ErasureEntry]]:
    remaining = iter(entries)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield batch
