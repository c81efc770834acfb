"""The parts `case` and `event:<key>`: the person a solidarity campaign is about, and what happened when."""

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignEvent
from campaign.campaigns.queries import site
from campaign.cases.models import Case
from campaign.core.errors import Refused
from campaign.editing.checking import checked
from campaign.editing.parts import Mistakes, PartKind, Wrong
from campaign.seeding.files import CaseFile, EventFile
from campaign.seeding.rows import Content, case_content, case_values, event_content, event_values


def case_keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    return [""] if session.get(Case, campaign_id) else []


def read_case(session: Session, campaign_id: uuid.UUID, _key: str) -> Content | None:
    row = session.get(Case, campaign_id)
    return case_content(row) if row else None


def check_case(
    session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        raise Refused("a solidarity campaign has a case; to take the person off the site, hide the campaign")
    if session.get_one(Campaign, campaign_id).kind != "solidarity":
        raise Refused("a petition has no case")
    case, sources = checked(CaseFile, content, site(session).languages)
    wrong = [
        Wrong((name,), "in_the_future", "a status cannot be known from the future")
        for name, day in (("checked_on", case.checked_on), ("status_as_of", case.status_as_of.first_day))
        if day > today
    ]
    if wrong:
        raise Mistakes(wrong)
    return case_content(Case(**case_values(case, sources)))


def write_case(session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the case. It is never taken down."""
    case, sources = checked(CaseFile, content or {}, site(session).languages)
    row = session.get(Case, campaign_id) or Case(campaign_id=campaign_id)
    for name, value in case_values(case, sources).items():
        setattr(row, name, value)
    row.edited_at = now
    session.add(row)


def event_keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    """The keys of the events that are shown, oldest first."""
    shown = select(CampaignEvent.key).where(
        CampaignEvent.campaign_id == campaign_id, CampaignEvent.retired_at.is_(None)
    )
    return list(session.scalars(shown.order_by(CampaignEvent.first_day, CampaignEvent.key)))


def read_event(session: Session, campaign_id: uuid.UUID, key: str) -> Content | None:
    row = _event(session, campaign_id, key)
    return event_content(row) if row and row.retired_at is None else None


def check_event(
    session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        return None
    event, sources = checked(EventFile, content, site(session).languages)
    if event.date.first_day > today:
        raise Mistakes([Wrong(("date",), "in_the_future", "this event lies in the future")])
    return event_content(CampaignEvent(**event_values(event, sources)))


def write_event(session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the event of that key, or take the event down."""
    row = _event(session, campaign_id, key)
    if content is None:
        if row is not None:
            row.retired_at = row.edited_at = now
        return
    event, sources = checked(EventFile, content, site(session).languages)
    row = row or CampaignEvent(campaign_id=campaign_id, key=key)
    for name, value in event_values(event, sources).items():
        setattr(row, name, value)
    row.edited_at, row.retired_at = now, None
    session.add(row)


def _event(session: Session, campaign_id: uuid.UUID, key: str) -> CampaignEvent | None:
    return session.scalar(
        select(CampaignEvent).where(CampaignEvent.campaign_id == campaign_id, CampaignEvent.key == key)
    )


CASE = PartKind(case_keys, read_case, check_case, write_case)
EVENT = PartKind(event_keys, read_event, check_event, write_event)
