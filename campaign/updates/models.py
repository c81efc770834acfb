"""The table of updates: news that editors post on a campaign."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model


class CampaignUpdate(Model):
    """One piece of news. `texts` by language are {title, body}, the body in Markdown; sources are optional.

    `key` begins with the day and never changes: feeds name the update by it. `changed_at` is when what it says last
    changed. What was taken down stays, with `retired_at`, so that seeds do not bring it back.
    """

    __tablename__ = "campaign_update"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    day: Mapped[date]
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
