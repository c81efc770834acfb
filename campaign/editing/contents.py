"""All that a site says, and all that a seed folder says, in one shape, so that the two can be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignCommunity, CampaignEvent, SiteSetting
from campaign.campaigns.texts import newest_texts
from campaign.cases.models import Case
from campaign.core.errors import NotFound
from campaign.editing.kinds import KINDS
from campaign.letters.models import ModelLetter
from campaign.seeding.letters import letter_content, letter_values
from campaign.seeding.reader import SeedCampaign, SeedSite
from campaign.seeding.rows import (
    Content,
    campaign_values,
    case_content,
    case_values,
    event_content,
    event_values,
    text_values,
)
from campaign.seeding.updates import update_content, update_values
from campaign.updates.models import CampaignUpdate

R = TypeVar("R", ModelLetter, CampaignUpdate)
_ABOUT = ("kind", "state", "position", "retention_months", "original")
_SITE = ("languages", "allies", "name", "tagline")


@dataclass(frozen=True)
class CampaignContents:
    """`about` is `campaign.toml` with its source written out; `parts` by name; `edited` are those that seeds leave
    alone because an organizer wrote them, among them what was taken down."""

    about: Content
    parts: Mapping[str, Content]
    edited: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SiteContents:
    site: Content
    campaigns: Mapping[str, CampaignContents] = field(default_factory=dict)


def site_contents(session: Session) -> SiteContents:
    """What the site says now. Raises NotFound where nothing was ever seeded."""
    setting = session.get(SiteSetting, 1)
    if setting is None:
        raise NotFound("the site has no content yet; run `campaign seed`")
    campaigns = session.scalars(select(Campaign).order_by(Campaign.slug)).all()
    return SiteContents(
        {name: getattr(setting, name) for name in _SITE},
        {campaign.slug: _contents(session, campaign) for campaign in campaigns},
    )


def seed_contents(seeds: SeedSite) -> SiteContents:
    """What a folder says that was read and checked."""
    return SiteContents(
        {name: getattr(seeds.site, name) for name in _SITE}, {seed.slug: _of_seed(seed) for seed in seeds.campaigns}
    )


def _contents(session: Session, campaign: Campaign) -> CampaignContents:
    parts = {}
    for name, kind in KINDS.items():
        # What `campaign.toml` says is apart.
        for key in kind.keys(session, campaign.id) if name != "about" else ():
            content = kind.read(session, campaign.id, key)
            if content is not None:
                # Versions are the database's own, and mean nothing in files.
                content.pop("made_from", None)
                parts[f"{name}:{key}" if key else name] = content
    if (case := session.get(Case, campaign.id)) is not None:
        # With the day that news was last looked for, which the desk notes with a button and not with a draft.
        parts["case"] = case_content(case)
    communities = session.scalars(
        select(CampaignCommunity)
        .where(CampaignCommunity.campaign_id == campaign.id, CampaignCommunity.retired_at.is_(None))
        .order_by(CampaignCommunity.position, CampaignCommunity.key)
    )
    about = {name: getattr(campaign, name) for name in _ABOUT}
    about["communities"] = [{"key": row.key, "label": row.label} for row in communities]
    return CampaignContents(about, parts, _edited(session, campaign))


def _edited(session: Session, campaign: Campaign) -> frozenset[str]:
    texts = {f"text:{language}" for language, row in newest_texts(session, campaign.id).items() if row.edited_at}
    written = CampaignEvent.edited_at.is_not(None)
    keys = session.scalars(select(CampaignEvent.key).where(CampaignEvent.campaign_id == campaign.id, written))
    case = session.get(Case, campaign.id)
    others = {"about"} if campaign.edited_at else set()
    others |= {f"letter:{row.key}" for row in _edited_rows(session, ModelLetter, campaign)}
    others |= {f"update:{row.key}" for row in _edited_rows(session, CampaignUpdate, campaign)}
    return frozenset(
        texts | {f"event:{key}" for key in keys} | others | ({"case"} if case and case.edited_at else set())
    )


def _edited_rows(session: Session, model: type[R], campaign: Campaign) -> Iterable[R]:
    return session.scalars(select(model).where(model.campaign_id == campaign.id, model.edited_at.is_not(None)))


def _of_seed(seed: SeedCampaign) -> CampaignContents:
    about = campaign_values(seed.about, seed.sources)
    about["communities"] = [community.model_dump() for community in seed.about.communities]
    parts = {f"text:{language}": text_values(text) for language, text in seed.texts.items()}
    if seed.case:
        parts["case"] = case_content(Case(**case_values(seed.case, seed.sources)))
    for key, event in seed.events.items():
        parts[f"event:{key}"] = event_content(CampaignEvent(**event_values(event, seed.sources)))
    for key, letter in seed.letters.items():
        parts[f"letter:{key}"] = letter_content(ModelLetter(**letter_values(letter, seed.sources)))
    for key, update in seed.updates.items():
        parts[f"update:{key}"] = update_content(CampaignUpdate(**update_values(update, seed.sources)))
    return CampaignContents(about, parts)
