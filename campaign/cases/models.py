"""Tables of cases: the person a solidarity campaign is about, and what is known of whether they want it."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign.cases.statuses import CASE_STATUSES
from campaign.core.db import Model


class Case(Model):
    """One person's case. A status never stands without its date and source.

    `names` is a list of {script, shown, also}; `demands` of {key, valid_while, text, sources}; `related` of
    {key, name, as_of, note, sources}; `status_sources` of sources as in `CampaignEvent`.
    """

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(f"status IN {CASE_STATUSES}", name="status_known"),
        CheckConstraint("json_array_length(status_sources) > 0", name="status_has_a_source"),
    )

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    names: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(20))
    status_as_of: Mapped[date]
    status_precision: Mapped[str] = mapped_column(String(5))
    status_line: Mapped[dict[str, str]] = mapped_column(JSON)
    status_sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    demands: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    related: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    checked_on: Mapped[date]
    recheck_days: Mapped[int]
    edited_at: Mapped[datetime | None]


class ConsentRecord(Model):
    """One version of what is known of somebody's consent; versions are added and never changed.

    `number` counts the versions of a campaign. `sealed` is a box with basis and note. See `consent.py` for why no more
    is readable here.
    """

    __tablename__ = "consent_record"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    number: Mapped[int]
    recorded_by: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    review_on: Mapped[date]
    epoch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("epoch.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
