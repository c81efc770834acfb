"""The line in which mail waits that came over a limit: it leaves at an even pace, in the order of coming."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.db import insert_if_new
from campaign.defence.models import RateCounter

# Half a day: somebody who signs in the evening has the mail in the morning. A longer line is full.
LONGEST_HOLD_HOURS = 12


def join_line(session: Session, tag: bytes, *, a_minute: int, now: datetime) -> datetime | None:
    """The instant at which the next mail of this line may leave; None if the line is full.

    Until then the row `expires_at`: a line nobody waits in need not be kept.
    """
    insert_if_new(session, RateCounter, {"tag": tag, "hits": 0, "expires_at": now})
    line = session.scalars(select(RateCounter).where(RateCounter.tag == tag).with_for_update()).one()
    leaves_at = max(line.expires_at, now) + timedelta(seconds=60 / a_minute)
    if leaves_at > now + timedelta(hours=LONGEST_HOLD_HOURS):
        return None
    line.expires_at, line.hits = leaves_at, line.hits + 1
    return leaves_at
