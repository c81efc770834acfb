"""Notes what was taken back of what people sent in, and hides it. Restores read the notes (see `replaying.py`)."""

import uuid
from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from campaign.conversation.models import ShownEndorsement, ShownMessage, TakenBack


def note_taken_back(session: Session, subject_id: uuid.UUID, what: str) -> None:
    """Write down that a message (by its signature), an endorsement, or what was shown was taken back."""
    session.add(TakenBack(subject_id=subject_id, what=what))


def hide(session: Session, submission_ids: Iterable[uuid.UUID]) -> None:
    """Delete what is public of these, if anything is."""
    ids = list(submission_ids)
    for table in (ShownMessage, ShownEndorsement):
        session.execute(delete(table).where(table.submission_id.in_(ids)))
