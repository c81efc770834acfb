"""Whether somebody has looked for news in time, and that editors are told once for each period in which nobody has."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.cases.models import Case, CaseReminder
from campaign.core.clock_mark import may_erase_by_age
from campaign.core.db import insert_new_rows
from campaign.core.errors import NotFound
from campaign.core.partial_date import PartialDate, Precision


@dataclass(frozen=True, slots=True)
class Freshness:
    """One case as whoever keeps it true has to see it. `has_demand`: a demand is left that is true to make."""

    campaign_id: uuid.UUID
    status: str
    status_as_of: PartialDate
    checked_on: date
    days_since_check: int
    recheck_days: int
    has_demand: bool
    status_changed_at: datetime | None

    def is_outlived(self, text_written_at: datetime) -> bool:
        """Whether a text of that time was written for another status, and nobody has looked at the page since."""
        changed = self.status_changed_at
        return changed is not None and text_written_at < changed and self.checked_on <= changed.date()

    @property
    def is_stale(self) -> bool:
        return self.days_since_check > self.recheck_days

    @property
    def due_on(self) -> date:
        """The last day on which the page does not say that it is old."""
        return self.checked_on + timedelta(days=self.recheck_days)

    @property
    def period(self) -> int:
        """How many times the days within which somebody was to look have passed in vain."""
        return max(0, self.days_since_check - 1) // self.recheck_days


def freshness_of_all(session: Session, *, today: date) -> list[Freshness]:
    """Every case that has a public page, the one not looked after for longest first."""
    rows = session.scalars(
        select(Case)
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(Campaign.state != "draft", Campaign.hidden_at.is_(None))
        .order_by(Case.checked_on, Case.campaign_id)
    )
    return [_view(row, today) for row in rows]


def note_nothing_new(
    session: Session, campaign_id: uuid.UUID, *, slug: str, organizer_id: uuid.UUID, now: datetime
) -> None:
    """Write down that somebody has looked for news today and found none. Raises NotFound for a campaign without a case.

    The case counts as unedited: what seed files say of it goes on to be planted, but never an older day than this.
    """
    row = session.get(Case, campaign_id)
    if row is None:
        raise NotFound("this campaign has no case")
    row.checked_on = max(row.checked_on, now.date())
    record(session, organizer_id=organizer_id, action="checked_case", subject=slug, now=now)


def take_due_reminders(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """The campaigns whose editors are to be told now, by whoever took them alone: queue the mail in this transaction.

    Nothing while the clock is in doubt.
    """
    if not may_erase_by_age(session):
        return []
    stale = [one for one in freshness_of_all(session, today=now.date()) if one.is_stale]
    if not stale:
        return []
    # In one order: of two workers the second waits at the first row, instead of each for the other.
    rows = [
        {"campaign_id": one.campaign_id, "checked_on": one.checked_on, "period": one.period}
        for one in sorted(stale, key=lambda one: one.campaign_id)
    ]
    taken = set(insert_new_rows(session, CaseReminder, rows))
    for one in stale:
        old = CaseReminder.campaign_id == one.campaign_id, CaseReminder.checked_on < one.checked_on
        session.execute(delete(CaseReminder).where(*old))
    return sorted(taken)


def _view(row: Case, today: date) -> Freshness:
    precision: Precision = row.status_precision  # type: ignore[assignment]  # written by PartialDate only
    return Freshness(
        campaign_id=row.campaign_id,
        status=row.status,
        status_as_of=PartialDate(row.status_as_of, precision),
        checked_on=row.checked_on,
        days_since_check=(today - row.checked_on).days,
        recheck_days=row.recheck_days,
        has_demand=any(row.status in demand["valid_while"] for demand in row.demands),
        status_changed_at=row.status_changed_at,
    )
