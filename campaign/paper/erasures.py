"""What was erased of batches from paper, for backups older than that; an entry names nobody.

No table is kept for it: a batch stays as a number when what it held is gone, so what is gone can be read from it.
Backups and restores ask here, by way of `conversation.replaying`, and not in `signing`, so that one list has all.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from campaign.paper.actions import forget
from campaign.paper.models import PaperBatch, PaperRow
from campaign.paper.retention import forget_beside
from campaign.signing import erasures as of_signatures
from campaign.signing.erasures import ErasureEntry
from campaign.signing.models import Purge

# Place, collector and scan are gone; or the whole batch is, for it was rejected, taken back, or never approved.
BESIDE, WHOLE = "paper_beside", "paper"
ON_PAPER = (BESIDE, WHOLE)
LISTED = (*of_signatures.LISTED, *ON_PAPER)
_ENDED = ("rejected", "taken_back", "expired")
_IS_PURGED = exists().where(Purge.campaign_id == PaperBatch.campaign_id)
# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


def all_erasures(session: Session) -> set[ErasureEntry]:
    """Every entry this database has, those of signatures included. Both ids of an entry are those of its batch."""
    gone = select(PaperBatch.id, PaperBatch.state).where(PaperBatch.details.is_(None), PaperBatch.state != "uploading")
    found = ((batch_id, WHOLE if state in _ENDED else BESIDE) for batch_id, state in session.execute(gone))
    return of_signatures.all_erasures(session) | {ErasureEntry(batch_id, batch_id, what) for batch_id, what in found}


def replay_erasures(session: Session, entries: Iterable[ErasureEntry]) -> int:
    """Take back again what these entries name, if this database has not heard of it; how many it had not heard of.

    What holds for the signatures of a campaign that was purged holds for its batches. What a signatory has taken back
    goes from the typed row as well: in a backup from before its approval it waits again. An upload that was under way
    goes, for nobody can tell whether it was given up; its file is where it came from.
    """
    named = set(entries)
    replayed = of_signatures.replay_erasures(session, (entry for entry in named if entry.what not in ON_PAPER))
    session.execute(delete(PaperBatch).where(PaperBatch.state == "uploading"))
    _replay_on_rows(session, named)
    lapsed = select(PaperBatch.id).where(_IS_PURGED, PaperBatch.kind == "rows", PaperBatch.state == "waiting")
    for batch in _batches(session, {*_ids(named, WHOLE), *session.scalars(lapsed)}, PaperBatch.state.not_in(_ENDED)):
        # By whom, when and why is lost with the newer database.
        batch.state = "taken_back" if batch.state == "approved" else "expired"
        forget(session, batch)
        replayed += 1
    purged = select(PaperBatch.id).where(_IS_PURGED)
    for batch in _batches(session, {*_ids(named, BESIDE), *session.scalars(purged)}, PaperBatch.details.is_not(None)):
        forget_beside(session, batch)
        replayed += 1
    return replayed


def _replay_on_rows(session: Session, named: set[ErasureEntry]) -> None:
    waits = PaperRow.sealed.is_not(None)
    for ids in _parts(_ids(named, "signature")):
        gone = select(PaperRow.batch_id, func.count()).where(PaperRow.id.in_(ids), waits).group_by(PaperRow.batch_id)
        for batch_id, rows in session.execute(gone).all():
            fewer = update(PaperBatch).where(PaperBatch.id == batch_id).values(lines=PaperBatch.lines - rows)
            _change(session, fewer)
        _change(session, delete(PaperRow).where(PaperRow.id.in_(ids), waits))
    for what, value in (("public_name", {"public_name": None}), ("updates", {"wants_updates": False})):
        for ids in _parts(_ids(named, what)):
            _change(session, update(PaperRow).where(PaperRow.id.in_(ids), waits).values(**value))


def _change(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _batches(session: Session, ids: Iterable[uuid.UUID], which: Any) -> Iterator[PaperBatch]:
    for part in _parts(ids):
        fresh = select(PaperBatch).where(PaperBatch.id.in_(part), which)
        yield from session.scalars(fresh.execution_options(populate_existing=True)).all()


def _ids(named: set[ErasureEntry], what: str) -> set[uuid.UUID]:
    return {entry.signature_id for entry in named if entry.what == what}


def _parts(ids: Iterable[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    ordered = sorted(ids)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
