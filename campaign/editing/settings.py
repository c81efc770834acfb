"""The part `about`: whom a campaign calls on, how long its signatures are kept, its place, where its text is from.

A community that is taken out is offered no more and stays in the statistics; its key is never given to another. Once a
campaign was opened, what a community is called stays too, because people have answered to that.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignCommunity
from campaign.campaigns.queries import site
from campaign.core.errors import Refused
from campaign.editing.checking import checked
from campaign.editing.parts import Mistakes, PartKind, Wrong
from campaign.seeding.files import CampaignSettings, SourceEntry, SourceKey
from campaign.seeding.rows import Content, stored_source


class Settings(CampaignSettings):
    """What `campaign.toml` says of them. `original_sources` is its `original`, none or one."""

    original_sources: list[SourceKey] = Field(default_factory=list, max_length=1)


def keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    return [""]


def read(session: Session, campaign_id: uuid.UUID, _key: str) -> Content | None:
    campaign = session.get_one(Campaign, campaign_id)
    offered = [row for row in _communities(session, campaign_id).values() if row.retired_at is None]
    return {
        "communities": [{"key": row.key, "label": row.label} for row in offered],
        "retention_months": campaign.retention_months,
        "position": campaign.position,
        "original_sources": [campaign.original] if campaign.original else [],
    }


def check(
    session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        raise Refused("a campaign has settings; they are not taken down")
    settings, sources = _checked(session, content, today)
    if wrong := list(_wrong_communities(session, session.get_one(Campaign, campaign_id), settings)):
        raise Mistakes(wrong)
    return {
        "communities": [each.model_dump() for each in settings.communities],
        "retention_months": settings.retention_months,
        "position": settings.position,
        "original_sources": [stored_source(sources[key]) for key in settings.original_sources],
    }


def write(session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the settings."""
    settings, sources = _checked(session, content or {}, now.date())
    campaign = session.get_one(Campaign, campaign_id)
    campaign.position, campaign.retention_months = settings.position, settings.retention_months
    campaign.original = next((stored_source(sources[key]) for key in settings.original_sources), None)
    campaign.edited_at = now
    rows = _communities(session, campaign_id)
    for position, community in enumerate(settings.communities):
        row = rows.pop(community.key, None) or CampaignCommunity(campaign_id=campaign_id, key=community.key)
        row.position, row.label, row.retired_at = position, community.label, None
        session.add(row)
    for row in rows.values():
        row.retired_at = row.retired_at or now


def known_communities(session: Session, campaign_id: uuid.UUID) -> frozenset[str]:
    """The keys of all that a campaign calls on or ever called on."""
    return frozenset(_communities(session, campaign_id))


def _communities(session: Session, campaign_id: uuid.UUID) -> dict[str, CampaignCommunity]:
    """By key, in their order, those that were taken out too."""
    rows = session.scalars(
        select(CampaignCommunity)
        .where(CampaignCommunity.campaign_id == campaign_id)
        .order_by(CampaignCommunity.position, CampaignCommunity.key)
    )
    return {row.key: row for row in rows}


def _checked(session: Session, content: Content, today: date) -> tuple[Settings, dict[str, SourceEntry]]:
    return checked(Settings, content, site(session).languages, today=today)


def _wrong_communities(session: Session, campaign: Campaign, settings: Settings) -> Iterator[Wrong]:
    known, seen = _communities(session, campaign.id), set()
    for number, community in enumerate(settings.communities):
        place = ("communities", number)
        if community.key in seen:
            yield Wrong((*place, "key"), "given_twice", f"{community.key} is given twice")
        seen.add(community.key)
        before = known.get(community.key)
        for language in site(session).languages if before and campaign.state != "draft" else ():
            told = before.label.get(language) if before else None
            if told is not None and community.label.get(language) != told:
                sentence = "people have answered to this; take it out and add another"
                yield Wrong((*place, "label", language), "label_answered", sentence)


ABOUT = PartKind(keys, read, check, write)
