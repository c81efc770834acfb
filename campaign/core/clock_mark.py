"""Whether the clock may be believed: the newest instant the database has seen, and since when there is doubt.

A clock that is set wrong must not destroy anything. Nobody can tell from one reading whether it is right, and a
monotonic clock does not outlive the machine's start. So the worker writes down what time it is with every round of
housekeeping. A round that finds a pause nobody would believe, or a clock that has run backwards, starts a doubt; the
doubt ends when the clock has gone on evenly for three days. While it lasts nothing is deleted because of its age; all
the rest goes on, and `campaign doctor` says so. That is enough time for somebody to look, and it costs nothing but that
old rows stay three days longer after a long pause.

A jump ahead of less than `LONGEST_PAUSE` passes for a pause. It ends no life early that matters: an unconfirmed
signature is deleted a week after its link has ended.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaign.core.db import Model, insert_if_new

# As long as a worker may stand still over a weekend; less than the week between the end of a link and that of its row.
LONGEST_PAUSE = timedelta(days=3)
# Clocks of several machines differ a little, and are set back a little.
SMALLEST_STEP_BACK = timedelta(minutes=5)
DOUBT_LASTS = timedelta(days=3)


class ClockMark(Model):
    """One row. `seen_at` is what the clock said when it was last looked at, `first_seen_at` when it first was.

    None for that stands for long ago, or for a doubt that has come since.
    """

    __tablename__ = "clock_mark"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime]
    doubted_since: Mapped[datetime | None]
    first_seen_at: Mapped[datetime | None]


def look_at_clock(session: Session, *, now: datetime) -> timedelta | None:
    """Write down what time it is; by how much the clock has jumped since the last look, None if it has not."""
    if insert_if_new(session, ClockMark, {"id": 1, "seen_at": now, "doubted_since": None, "first_seen_at": now}):
        return None
    mark = session.get_one(ClockMark, 1, with_for_update=True)
    step, mark.seen_at = now - mark.seen_at, now
    if not -SMALLEST_STEP_BACK <= step <= LONGEST_PAUSE:
        # The doubt lasts as long as the days after a first look, and that look may have been years ahead.
        mark.doubted_since, mark.first_seen_at = now, None
        return step
    if mark.doubted_since is not None and now - mark.doubted_since >= DOUBT_LASTS:
        mark.doubted_since = None
    return None


def last_look_at_clock(session: Session) -> datetime | None:
    """When a worker last did its housekeeping, by its own clock; None if none ever has."""
    mark = session.get(ClockMark, 1)
    return mark.seen_at if mark else None


def doubt_ends_at(session: Session) -> datetime | None:
    """When the clock will be believed again if it goes on evenly; None if it is believed now."""
    mark = session.get(ClockMark, 1)
    return mark.doubted_since + DOUBT_LASTS if mark and mark.doubted_since else None


def may_erase_by_age(session: Session) -> bool:
    """Whether something may be deleted because the clock says that it is old.

    In the days after the first look it may not: that one had nothing to be compared with. Call after a look; without
    any, nothing is known against the clock.
    """
    mark = session.get(ClockMark, 1)
    if mark is None:
        return True
    is_known = mark.first_seen_at is None or mark.seen_at - mark.first_seen_at >= DOUBT_LASTS
    return is_known and mark.doubted_since is None
