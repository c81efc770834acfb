"""Tables of cases: the person, when editors were told to look for news, and what is known of consent."""

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
    {key, name, as_of, note, sources, campaign}, where `campaign` is the slug of a case of their own or None;
    `particulars` of {about, text, as_of, valid_while, sources}; `targets` of {key, office, address, sources};
    `status_sources` of sources as in `CampaignEvent`. `born` is a partial date, and shown nowhere.
    `status_changed_at` is when the desk last gave another status, None if it never has.
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
    particulars: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    targets: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    born: Mapped[str | None] = mapped_column(String(10))
    status_changed_at: Mapped[datetime | None]
    checked_on: Mapped[date]
    recheck_days: Mapped[int]
    edited_at: Mapped[datetime | None]


class CaseReminder(Model):
    """That editors were told of a page nobody has looked after: once for each period since the check it is about."""

    __tablename__ = "case_reminder"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    checked_on: Mapped[date] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


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
