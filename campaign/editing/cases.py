"""The parts `case` and `event:<key>`: the person a solidarity campaign is about, and what happened when."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignEvent
from campaign.campaigns.queries import site
from campaign.cases.models import Case
from campaign.core.errors import Refused
from campaign.core.partial_date import PartialDate
from campaign.editing.checking import checked
from campaign.editing.parts import Mistakes, PartKind, Wrong
from campaign.seeding.case_rules import case_objections, event_objections, links_to_nowhere
from campaign.seeding.files import CaseFile, EventFile, SourceEntry
from campaign.seeding.objections import Objection
from campaign.seeding.rows import Content, case_content, case_values, event_content, event_values


def case_keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    return [""] if session.get(Case, campaign_id) else []


def read_case(session: Session, campaign_id: uuid.UUID, _key: str) -> Content | None:
    """What is said of the person. When news was last looked for is noted with a button of its own, not with a draft."""
    row = session.get(Case, campaign_id)
    return _without_check(case_content(row)) if row else None


def check_case(
    session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        raise Refused("a solidarity campaign has a case; to take the person off the site, hide the campaign")
    campaign = session.get_one(Campaign, campaign_id)
    if campaign.kind != "solidarity":
        raise Refused("a petition has no case")
    case, sources = _case(session, campaign_id, content, today=today)
    slugs = session.scalars(select(Campaign.slug)).all()
    _require_none([*case_objections(case, today=today), *links_to_nowhere(case, own=campaign.slug, slugs=slugs)])
    return _without_check(case_content(Case(**case_values(case, sources))))


def write_case(session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the case. It is never taken down.

    Whoever writes a status has looked for news as late as its date.
    """
    case, sources = _case(session, campaign_id, content or {}, today=now.date())
    row = session.get(Case, campaign_id) or Case(campaign_id=campaign_id)
    if row.status != case.status:
        row.status_changed_at = now
    for name, value in case_values(case, sources).items():
        setattr(row, name, value)
    row.edited_at = now
    session.add(row)


def _case(
    session: Session, campaign_id: uuid.UUID, content: Content, *, today: date
) -> tuple[CaseFile, dict[str, SourceEntry]]:
    """The case that a content says, with the day that it was last checked: never before the date of its status."""
    row = session.get(Case, campaign_id)
    checked_on = row.checked_on if row else today
    case, sources = checked(
        CaseFile, {**content, "checked_on": checked_on.isoformat()}, site(session).languages, today=today
    )
    return case.model_copy(update={"checked_on": max(checked_on, min(case.status_as_of.first_day, today))}), sources


def _without_check(content: Content) -> Content:
    return {name: value for name, value in content.items() if name != "checked_on"}


def _require_none(objections: Iterable[Objection]) -> None:
    wrong = [Wrong(*objection) for objection in objections]
    if wrong:
        raise Mistakes(wrong)


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
    event, sources = checked(EventFile, content, site(session).languages, today=today)
    written = session.scalar(select(Case.born).where(Case.campaign_id == campaign_id))
    born = PartialDate.parse(written) if written else None
    _require_none(event_objections(event, today=today, born=born))
    return event_content(CampaignEvent(**event_values(event, sources)))


def write_event(session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the event of that key, or take the event down."""
    row = _event(session, campaign_id, key)
    if content is None:
        if row is not None:
            row.retired_at = row.edited_at = now
        return
    event, sources = checked(EventFile, content, site(session).languages, today=now.date())
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
