"""Reads of campaigns, as frozen values a page, a feed or a list can use without a session."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignCommunity, CampaignEvent, CampaignText, Edition, SiteSetting
from campaign.core.errors import NotFound, TakenDown
from campaign.core.partial_date import PartialDate, Precision

_EDITION_NUMBER = select(Edition.number)
SITE_DEFAULTS = (("en",), {"en": "Campaigns"}, {"en": ""})


@dataclass(frozen=True, slots=True)
class SiteView:
    """`languages`: codes, the default first. `name` and `tagline` by language. `allies`: hosts that may be named."""

    languages: tuple[str, ...]
    name: dict[str, str]
    tagline: dict[str, str]
    allies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceView:
    publisher: str
    title: str
    url: str
    date: PartialDate | None
    grade: str
    archived: str | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """One of several accounts that differ: what is claimed, and who says so."""

    claim: str
    by: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    key: str
    when: PartialDate
    is_uncertain: bool
    kind: str
    summary: str
    disagreement: str | None
    accounts: tuple[AccountView, ...]
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class CommunityView:
    """`is_offered`: whether whoever signs now is asked; people may have named others before."""

    key: str
    label: str
    is_offered: bool


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with its newest text in the language asked for, or in the site's first one where that is missing.

    `language` is the language of the text, which may differ from the one asked for. `body` is Markdown. Nothing of one
    that `is_hidden` may leave the desk. A draft whose first text nobody has reviewed yet has its slug for a title, and
    version 0.
    """

    id: uuid.UUID
    slug: str
    kind: str
    state: str
    is_hidden: bool
    original: SourceView | None
    language: str
    version: int
    title: str
    summary: str
    ask: str
    addressee: str
    notice: str | None
    body: str
    written_at: datetime


def in_language(texts: dict[str, str], language: str) -> str:
    """The text in that language, or in the first one it was written in."""
    return texts.get(language) or next(iter(texts.values()))


def edition_number(session: Session) -> int:
    """Which edition of all that is published this is; another number means that something has changed."""
    return session.scalars(_EDITION_NUMBER).one()


def new_edition(session: Session) -> None:
    """Say that something has changed which no trigger watches, such as a name on a list."""
    session.execute(update(Edition).values(number=Edition.number + 1))


def site(session: Session) -> SiteView:
    """The site's name and languages; plain defaults before anything is seeded."""
    row = session.get(SiteSetting, 1)
    if row is None:
        return SiteView(*SITE_DEFAULTS)
    return SiteView(tuple(row.languages), row.name, row.tagline, frozenset(row.allies))


def is_named(session: Session) -> bool:
    """Whether somebody has given the site a name and its languages."""
    return session.get(SiteSetting, 1) is not None


def open_campaigns(session: Session, language: str) -> list[CampaignView]:
    """All campaigns that can be signed, in the order organizers gave them."""
    return [view for view in _views(session, language) if view.state == "open" and not view.is_hidden]


def readable_campaigns(session: Session, language: str) -> list[CampaignView]:
    """All campaigns that have a public page, closed ones included."""
    return [view for view in _views(session, language) if view.state != "draft" and not view.is_hidden]


def all_campaigns(session: Session, language: str) -> list[CampaignView]:
    """Every campaign, drafts and hidden ones included: for the desk, and for whoever has signed one."""
    return [*_views(session, language), *_unwritten(session)]


def campaign_by_slug(session: Session, slug: str, language: str, *, drafts: bool = False) -> CampaignView:
    """One campaign. Raises NotFound for an unknown slug, and for a draft unless `drafts`; TakenDown for one that was
    public and is hidden, unless `drafts`."""
    views = _views(session, language, slug=slug)
    for view in views or (_unwritten(session, slug=slug) if drafts else []):
        if view.is_hidden and view.state != "draft" and not drafts:
            raise TakenDown("this campaign is hidden")
        if view.state != "draft" or drafts:
            return view
    raise NotFound("no such campaign")


def campaign_by_id(session: Session, campaign_id: uuid.UUID, language: str) -> CampaignView:
    """One campaign in any state. Raises NotFound."""
    slug = session.scalar(select(Campaign.slug).where(Campaign.id == campaign_id))
    return campaign_by_slug(session, slug or "", language, drafts=True)


def hidden_campaigns(session: Session) -> frozenset[uuid.UUID]:
    """The ids of campaigns of which nothing may be shown."""
    return frozenset(session.scalars(select(Campaign.id).where(Campaign.hidden_at.is_not(None))))


def campaign_events(session: Session, campaign_id: uuid.UUID, language: str) -> list[EventView]:
    """The dated events of a campaign, oldest first."""
    rows = session.scalars(
        select(CampaignEvent)
        .where(CampaignEvent.campaign_id == campaign_id, CampaignEvent.retired_at.is_(None))
        .order_by(CampaignEvent.first_day, CampaignEvent.key)
    )
    return [event_view(row, language) for row in rows]


def campaign_communities(session: Session, campaign_id: uuid.UUID, language: str) -> list[CommunityView]:
    """The communities a campaign calls on or called on, in its own order."""
    rows = session.scalars(
        select(CampaignCommunity)
        .where(CampaignCommunity.campaign_id == campaign_id)
        .order_by(CampaignCommunity.position, CampaignCommunity.key)
    )
    return [CommunityView(row.key, in_language(row.label, language), row.retired_at is None) for row in rows]


def source_view(stored: dict[str, Any]) -> SourceView:
    """A source as stored in a JSON column."""
    written = stored.get("date")
    return SourceView(
        publisher=stored["publisher"],
        title=stored["title"],
        url=stored["url"],
        date=PartialDate.parse(written) if written else None,
        grade=stored["grade"],
        archived=stored.get("archived"),
    )


def _views(session: Session, language: str, *, slug: str | None = None) -> list[CampaignView]:
    fallback = site(session).languages[0]
    newest = (
        select(CampaignText.campaign_id, CampaignText.language, func.max(CampaignText.version).label("version"))
        .where(CampaignText.language.in_({language, fallback}))
        .group_by(CampaignText.campaign_id, CampaignText.language)
        .subquery()
    )
    query = (
        select(Campaign, CampaignText)
        .join(CampaignText, CampaignText.campaign_id == Campaign.id)
        .join(
            newest,
            (newest.c.campaign_id == CampaignText.campaign_id)
            & (newest.c.language == CampaignText.language)
            & (newest.c.version == CampaignText.version),
        )
        .where(CampaignText.retired_at.is_(None))
        .order_by(Campaign.position, Campaign.slug)
    )
    if slug is not None:
        query = query.where(Campaign.slug == slug)
    found: dict[uuid.UUID, CampaignView] = {}
    for campaign, text in session.execute(query):
        if campaign.id not in found or text.language == language:
            found[campaign.id] = _view(campaign, text)
    return list(found.values())


def _unwritten(session: Session, *, slug: str | None = None) -> list[CampaignView]:
    """The drafts that have no text yet, because nobody has published one. They are opened only once they have."""
    query = select(Campaign).where(
        Campaign.state == "draft", ~select(CampaignText).where(CampaignText.campaign_id == Campaign.id).exists()
    )
    if slug is not None:
        query = query.where(Campaign.slug == slug)
    first = site(session).languages[0]
    nothing = dict.fromkeys(("summary", "ask", "addressee", "body"), "")
    return [
        _view(row, CampaignText(language=first, version=0, title=row.slug, written_at=row.edited_at, **nothing))
        for row in session.scalars(query.order_by(Campaign.position, Campaign.slug))
    ]


def _view(campaign: Campaign, text: CampaignText) -> CampaignView:
    return CampaignView(
        id=campaign.id,
        slug=campaign.slug,
        kind=campaign.kind,
        state=campaign.state,
        is_hidden=campaign.hidden_at is not None,
        original=source_view(campaign.original) if campaign.original else None,
        language=text.language,
        version=text.version,
        title=text.title,
        summary=text.summary,
        ask=text.ask,
        addressee=text.addressee,
        notice=text.notice,
        body=text.body,
        written_at=text.written_at,
    )


def event_view(row: CampaignEvent, language: str) -> EventView:
    """An event as a page shows it; the row need not be stored."""
    precision: Precision = row.precision  # type: ignore[assignment]  # held by a CHECK constraint
    return EventView(
        key=row.key,
        when=PartialDate(row.first_day, precision),
        is_uncertain=row.is_uncertain,
        kind=row.kind,
        summary=in_language(row.summary, language),
        disagreement=in_language(row.disagreement, language) if row.disagreement else None,
        accounts=tuple(
            AccountView(
                claim=in_language(account["claim"], language),
                by=in_language(account["by"], language),
                sources=tuple(source_view(source) for source in account["sources"]),
            )
            for account in row.accounts
        ),
        sources=tuple(source_view(source) for source in row.sources),
    )
