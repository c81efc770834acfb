"""What people took back, written down so that a database restored from an older backup does not know it again.

An entry says which signature and what of it; no name, no time. It is committed with the taking back itself. Entries
leave the database as a list (see `campaign/backup`), because a table is lost with its database. Of a campaign whose
signatures were erased for their age there is one entry, not one for each of them. Of one that is hidden there is one
too: a backup from before must not show it again.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, UpdateBase, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.signing.models import ERASURES, Erasure, Purge, Signature, in_state

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
# What of that is left of one that goes on counting when it is purged.
PURGED = {
    name: value
    for name, value in WITHDRAWN.items()
    if name not in ("state", "confirmed_hour", "invalidated_reason", "invalidated_confirmed_hour")
}
WHOLE_CAMPAIGN = "campaign"
HIDDEN = "hidden"
LISTED = (*ERASURES, WHOLE_CAMPAIGN, HIDDEN)
_CHANGES: dict[str, dict[str, object]] = {
    "signature": WITHDRAWN,
    "public_name": {"public_name": None},
    "updates": {"wants_updates": False},
}
# One that counts, and of which there is still more than that.
HOLDS_SOMEBODY = and_(in_state("confirmed"), Signature.sealed.is_not(None))
# These count nowhere, so nothing of them need stay.
UNCOUNTED = ("pending", "invalidated")
# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


class ErasureEntry(NamedTuple):
    """`id` is the entry's own: somebody can hide a name, show one, and hide it again. `what` is one of `LISTED`.

    For a whole campaign, purged or hidden, both ids are those of the campaign.
    """

    id: uuid.UUID
    signature_id: uuid.UUID
    what: str


def note_erasure(session: Session, signature_id: uuid.UUID, what: str) -> None:
    """Write down that `what` of this signature was taken back."""
    session.add(Erasure(signature_id=signature_id, what=what))


def all_erasures(session: Session) -> set[ErasureEntry]:
    """Every entry this database has."""
    rows = session.execute(select(Erasure.id, Erasure.signature_id, Erasure.what))
    purged = session.scalars(select(Purge.campaign_id))
    hidden = session.scalars(select(Campaign.id).where(Campaign.hidden_at.is_not(None)))
    return {
        *(ErasureEntry(*row) for row in rows),
        *map(purge_entry, purged),
        *(ErasureEntry(campaign_id, campaign_id, HIDDEN) for campaign_id in hidden),
    }


def purge_entry(campaign_id: uuid.UUID) -> ErasureEntry:
    """The entry of a campaign that was purged."""
    return ErasureEntry(campaign_id, campaign_id, WHOLE_CAMPAIGN)


def replay_erasures(session: Session, entries: Iterable[ErasureEntry]) -> int:
    """Take back again what these entries name, if this database has not heard of it; how many it had not heard of.

    Sums are left as they are: count again afterwards. For hidden campaigns see `hide_again`.
    """
    missing = sorted(entry for entry in set(entries) - all_erasures(session) if entry.what != HIDDEN)
    for what in ERASURES:
        for batch in _batches(entry for entry in missing if entry.what == what):
            ids = [entry.signature_id for entry in batch]
            session.execute(update(Signature).where(Signature.id.in_(ids)).values(**_CHANGES[what]))
            session.execute(insert(Erasure), [entry._asdict() for entry in batch])
    _replay_purges(session, [entry.signature_id for entry in missing if entry.what == WHOLE_CAMPAIGN])
    return len(missing)


def hide_again(session: Session, entries: Iterable[ErasureEntry], *, now: datetime) -> int:
    """Hide the campaigns that these entries name, if this database shows them; how many it did.

    Also one that was shown again since: a list never forgets, and what is hidden needlessly hurts nobody.
    """
    named = [entry.signature_id for entry in entries if entry.what == HIDDEN]
    shown = update(Campaign).where(Campaign.id.in_(named), Campaign.hidden_at.is_(None))
    return rows_changed(session, shown.values(hidden_at=now))


def _replay_purges(session: Session, campaign_ids: Sequence[uuid.UUID]) -> None:
    """Erase what these campaigns have, and what was being erased. The next sweep finds nothing left and ends it."""
    # One that this database never knew has nothing to erase.
    known = session.scalars(select(Campaign.id).where(Campaign.id.in_(campaign_ids))).all()
    session.add_all([Purge(campaign_id=campaign_id, signatures=0) for campaign_id in known])
    session.flush()
    for purge in session.scalars(select(Purge).where(Purge.ended_at.is_(None))):
        of_campaign = Signature.campaign_id == purge.campaign_id
        for state in UNCOUNTED:
            purge.signatures += rows_changed(session, delete(Signature).where(of_campaign, in_state(state)))
        kept = update(Signature).where(of_campaign, HOLDS_SOMEBODY).values(**PURGED)
        purge.signatures += rows_changed(session, kept)


def rows_changed(session: Session, statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE past the session's objects; how many rows it found."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def _batches(entries: Iterable[ErasureEntry]) -> Iterator[list[ErasureEntry]]:
    remaining = iter(entries)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield batch
