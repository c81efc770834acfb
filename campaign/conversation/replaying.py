"""What was taken back of what people sent in, for backups older than that: an entry beside those of signatures and of
paper.

Backups and restores ask here and not below, so that one list has all.
"""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from campaign.conversation.erasures import hide
from campaign.conversation.models import TAKEN_BACK, Submission, TakenBack
from campaign.conversation.retention import forget_purged_contacts
from campaign.paper import erasures as of_others
from campaign.signing.erasures import ErasureEntry

LISTED = (*of_others.LISTED, *TAKEN_BACK)
_AT_ONCE = 500


def all_erasures(session: Session) -> set[ErasureEntry]:
    """Every entry this database has, those of signatures and paper included."""
    rows = session.execute(select(TakenBack.id, TakenBack.subject_id, TakenBack.what))
    return of_others.all_erasures(session) | {ErasureEntry(*row) for row in rows}


def replay_erasures(session: Session, entries: Iterable[ErasureEntry]) -> int:
    """Take back again what these entries name, if this database has not heard of it; how many it had not heard of.

    A message goes with its signature by itself. What an organizer took down waits for one again.
    """
    named = set(entries)
    known = set(session.scalars(select(TakenBack.id)))
    missing = sorted(entry for entry in named if entry.what in TAKEN_BACK and entry.id not in known)
    for start in range(0, len(missing), _AT_ONCE):
        batch = missing[start : start + _AT_ONCE]
        subjects = {what: [entry.signature_id for entry in batch if entry.what == what] for what in TAKEN_BACK}
        session.execute(delete(Submission).where(Submission.signature_id.in_(subjects["message"])))
        session.execute(delete(Submission).where(Submission.id.in_(subjects["endorsement"])))
        hide(session, subjects["shown"])
        session.execute(
            update(Submission)
            .where(Submission.id.in_(subjects["shown"]))
            .values(state="waiting", decision_id=None, decided_by=None, decided_hour=None)
        )
        rows = [{"id": entry.id, "subject_id": entry.signature_id, "what": entry.what} for entry in batch]
        session.execute(insert(TakenBack), rows)
    others = (entry for entry in named if entry.what not in TAKEN_BACK)
    replayed = len(missing) + of_others.replay_erasures(session, others)
    # After it, for only then it is known again what was purged.
    forget_purged_contacts(session)
    return replayed
