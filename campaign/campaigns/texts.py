"""The versions of what a campaign says: each change is a row of its own, because signatures name what they signed."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import CampaignText


def newest_texts(session: Session, campaign_id: uuid.UUID) -> dict[str, CampaignText]:
    """The newest version in each language, also where that language was taken down."""
    rows = session.scalars(
        select(CampaignText).where(CampaignText.campaign_id == campaign_id).order_by(CampaignText.version)
    )
    return {row.language: row for row in rows}


def newest_text(session: Session, campaign_id: uuid.UUID, language: str) -> CampaignText | None:
    """The newest version in one language, also if that language was taken down."""
    return session.scalar(
        select(CampaignText)
        .where(CampaignText.campaign_id == campaign_id, CampaignText.language == language)
        .order_by(CampaignText.version.desc())
        .limit(1)
    )


def text_versions(session: Session, campaign_id: uuid.UUID, language: str) -> list[CampaignText]:
    """Every version in one language, oldest first."""
    query = select(CampaignText).where(CampaignText.campaign_id == campaign_id, CampaignText.language == language)
    return list(session.scalars(query.order_by(CampaignText.version)))


def add_version(
    session: Session, campaign_id: uuid.UUID, language: str, values: Mapping[str, Any], *, now: datetime
) -> CampaignText:
    """The next version of a text. One language at a time: the primary key refuses a second writer."""
    newest = newest_text(session, campaign_id, language)
    row = CampaignText(
        campaign_id=campaign_id,
        language=language,
        version=newest.version + 1 if newest else 1,
        written_at=now,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def text_version(session: Session, campaign_id: uuid.UUID, language: str, version: int) -> CampaignText | None:
    """One version of a text, if there was one."""
    return session.get(CampaignText, (campaign_id, language, version))
