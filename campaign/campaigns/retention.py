"""How long the signatures of a campaign are kept: some months from when it can be signed no more."""

from calendar import monthrange
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign

WARNING_DAYS = 30


def note_states(session: Session, *, now: datetime) -> None:
    """Write down since when each campaign cannot be signed, whoever changed its state; call while the clock is right.

    A time that lies ahead was written while the clock was ahead; its months begin now.
    """
    is_open, closed_at = Campaign.is_open, Campaign.closed_at
    is_unnoted = or_(closed_at.is_(None), closed_at > now + timedelta(hours=1))
    wrong = or_(and_(is_open, closed_at.is_not(None)), and_(~is_open, is_unnoted))
    for campaign in session.scalars(select(Campaign).where(wrong)):
        campaign.closed_at = None if campaign.is_open else now


def note_state(campaign: Campaign, *, now: datetime) -> None:
    """The same for one whose state was just set, or that was just hidden or shown."""
    if campaign.is_open:
        campaign.closed_at = None
    elif campaign.closed_at is None:
        campaign.closed_at = now


def months_after(instant: datetime, months: int) -> datetime:
    """The same day and time some months later; the last day of a month that is too short for it."""
    years, month = divmod(instant.month - 1 + months, 12)
    year = instant.year + years
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))
