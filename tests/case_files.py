"""Cases for tests: Ada, a weaver, who was taken from her mill; nobody real."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignEvent
from campaign.cases.models import Case
from campaign.cases.statuses import CASE_STATUSES

SOURCE = {
    "publisher": "The Loom",
    "title": "A weaver is taken",
    "url": "https://loom.example/1",
    "date": "2026-02",
    "grade": "primary",
    "archived": None,
}


def make_case(session: Session, slug: str, *, status: str = "bail", checked_on: date, **changes: Any) -> uuid.UUID:
    """Make the campaign of that slug a case, with one event; its id."""
    campaign = session.scalars(select(Campaign).where(Campaign.slug == slug)).one()
    campaign.kind = "solidarity"
    values: dict[str, Any] = {
        "names": [{"script": "latin", "shown": "Ada Loom", "also": ["Ada Loome"]}],
        "status": status,
        "status_as_of": date(2026, 2, 1),
        "status_precision": "month",
        "status_line": {"en": "What was last reported of her.", "fa": "آخرین خبر درباره او."},
        "status_sources": [SOURCE],
        "demands": [demand("drop", ["bail"], "Drop the case.", "پرونده مختومه شود.")],
        "related": [],
        "particulars": [],
        "targets": [],
        "born": None,
        "checked_on": checked_on,
        "recheck_days": 30,
        **changes,
    }
    session.add(Case(campaign_id=campaign.id, **values))
    session.add(
        CampaignEvent(
            campaign_id=campaign.id,
            key="2026-02-strike",
            first_day=date(2026, 2, 1),
            precision="month",
            is_uncertain=False,
            kind="other",
            summary={"en": "The weavers stopped their looms.", "fa": "بافندگان دست از کار کشیدند."},
            disagreement=None,
            accounts=[],
            sources=[SOURCE],
        )
    )
    session.flush()
    return campaign.id


def demand(key: str, valid_while: list[str] | tuple[str, ...], english: str, persian: str) -> dict[str, Any]:
    return {"key": key, "valid_while": [*valid_while], "text": {"en": english, "fa": persian}, "sources": [SOURCE]}


def particular(about: str, english: str, persian: str, valid_while: tuple[str, ...] = CASE_STATUSES) -> dict[str, Any]:
    text = {"en": english, "fa": persian}
    return {"about": about, "text": text, "as_of": "2026-02", "valid_while": [*valid_while], "sources": [SOURCE]}
