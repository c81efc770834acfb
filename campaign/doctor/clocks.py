"""Whether this machine's clock can be right, by the clocks of the database and of those who used it before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaign.core.clock_mark import SMALLEST_STEP_BACK, doubt_ends_at, last_look_at_clock
from campaign.doctor.findings import Finding

# Looking takes a moment itself.
_TOLERANCE = timedelta(seconds=30)
_WHY = "links run out, and what is old is erased, by the clock"
_NEXT = "set the clock (`timedatectl set-ntp true`) on every machine of this site"


def examine_clock(session: Session, *, now: datetime) -> Iterator[Finding]:
    """`now` is this machine's clock, read just before."""
    if session.get_bind().dialect.name == "postgresql":
        difference = session.scalars(select(func.clock_timestamp())).one() - now
        if abs(difference) > _TOLERANCE:
            yield Finding(f"this machine's clock and that of PostgreSQL are {_written(difference)} apart", _WHY, _NEXT)
            return
    seen_at = last_look_at_clock(session)
    if seen_at is not None and seen_at - now > SMALLEST_STEP_BACK:
        yield Finding(f"this machine's clock is {_written(seen_at - now)} behind the last one seen", _WHY, _NEXT)
        return
    doubt_ends = doubt_ends_at(session)
    if doubt_ends is not None:
        yield Finding(
            f"the clock has jumped; until {doubt_ends:%Y-%m-%d %H:%M} UTC nothing is deleted for its age",
            _WHY,
            "see that the clock is right now (`timedatectl`); if it is, there is nothing else to do",
        )
        return
    yield Finding("the clock is right, as far as the database can tell")


def _written(difference: timedelta) -> str:
    return str(abs(difference)).partition(".")[0]
