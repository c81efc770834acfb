"""Reads of a campaign's news, the newest first."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from campaign.campaigns.queries import SourceView, source_view
from campaign.updates.models import CampaignUpdate

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class UpdateView:
    """`language` is the language of the text, which may differ from the one asked for. `body` is Markdown."""

    key: str
    day: date
    language: str
    title: str
    body: str
    sources: tuple[SourceView, ...]
    changed_at: datetime
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """Some of the news; `older_than` is the key to ask with for the next page, None on the last."""

    updates: tuple[UpdateView, ...]
    older_than: str | None


def updates_of(session: Session, campaign_id: uuid.UUID, language: str, *, limit: int) -> tuple[UpdateView, ...]:
    """The newest that are shown."""
    query = _newest_first(campaign_id).where(CampaignUpdate.retired_at.is_(None)).limit(limit)
    return tuple(_view(row, language) for row in session.scalars(query))


def page_of_updates(session: Session, campaign_id: uuid.UUID, language: str, *, older_than: str | None) -> UpdatePage:
    """A page of `AT_ONCE`: keys begin with the day, so they sort as the news does."""
    query = _newest_first(campaign_id).where(CampaignUpdate.retired_at.is_(None))
    if older_than:
        query = query.where(CampaignUpdate.key < older_than)
    rows = session.scalars(query.limit(AT_ONCE + 1)).all()
    shown = tuple(_view(row, language) for row in rows[:AT_ONCE])
    return UpdatePage(shown, shown[-1].key if len(rows) > AT_ONCE else None)


def updates_at_desk(session: Session, campaign_id: uuid.UUID, language: str) -> list[UpdateView]:
    """All of them, hidden ones too."""
    return [_view(row, language) for row in session.scalars(_newest_first(campaign_id))]


def _newest_first(campaign_id: uuid.UUID) -> Select[CampaignUpdate]:
    return select(CampaignUpdate).where(CampaignUpdate.campaign_id == campaign_id).order_by(CampaignUpdate.key.desc())


def _view(row: CampaignUpdate, language: str) -> UpdateView:
    shown = language if language in row.texts else next(iter(row.texts))
    text = row.texts[shown]
    return UpdateView(
        key=row.key,
        day=row.day,
        language=shown,
        title=text["title"],
        body=text["body"],
        sources=tuple(source_view(source) for source in row.sources),
        changed_at=row.changed_at,
        is_hidden=row.retired_at is not None,
    )
