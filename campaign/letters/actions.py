"""Counts letters that people say they sent."""

import uuid
from collections import Counter

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.core.db import add_to_sum, insert_rows
from campaign.letters.models import LetterCount, LetterDelta

DELTAS_AT_ONCE = 5000


def count_letter(session: Session, *, campaign_id: uuid.UUID, key: str) -> None:
    """One more was sent. The row holds no time and nothing of whoever sent it; no sum is touched, so nobody waits."""
    insert_rows(session, LetterDelta, [{"id": uuid.uuid4(), "campaign_id": campaign_id, "key": key}])


def roll_up_letters(session: Session) -> int:
    """Move waiting deltas into the sums; how many there were. Two at once each take other rows."""
    waiting = select(LetterDelta.id).limit(DELTAS_AT_ONCE).with_for_update(skip_locked=True)
    taken = session.execute(
        delete(LetterDelta).where(LetterDelta.id.in_(waiting)).returning(LetterDelta.campaign_id, LetterDelta.key)
    ).all()
    sent = Counter((campaign_id, key) for campaign_id, key in taken)
    # Sorted, so that two workers meet the same rows in the same order and cannot deadlock.
    for (campaign_id, key), number in sorted(sent.items()):
        add_to_sum(session, LetterCount, {"campaign_id": campaign_id, "key": key}, "sent", number)
    return len(taken)
