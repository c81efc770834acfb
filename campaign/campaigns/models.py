"""Tables of what can be signed: the campaign, its texts by language and version, its communities, its dated events."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

KINDS = ("petition", "solidarity")
STATES = ("draft", "open", "closed")
PRECISIONS = ("day", "month", "year")


class SiteSetting(Model):
    """What the site is called and which languages it has, as one row (`id` is always 1)."""

    __tablename__ = "site_setting"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    languages: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    tagline: Mapped[dict[str, str]] = mapped_column(JSON)
    allies: Mapped[list[str]] = mapped_column(JSON)
    edited_at: Mapped[datetime | None]


class Edition(Model):
    """A number that triggers move with every change of what is published (migration 0002); one row."""

    __tablename__ = "edition"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class Campaign(Model):
    """`edited_at` is set once an organizer changed it; from then on seeds leave it alone.

    `closed_at` is since when it cannot be signed, as closed, hidden or a draft; None while it is open, or where nobody
    has noticed yet. `retention_months` later its signatures are erased (see `retention.py`).

    `hidden_at` and `hidden_by`: since when it is hidden everywhere, and who did that (see `hiding.py`). Seeds know
    neither, so they cannot bring it back.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    original: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    edited_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    retention_months: Mapped[int] = mapped_column(default=6, server_default="6")
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[uuid.UUID | None]

    @hybrid_property
    def is_open(self) -> bool:
        """Whether it can be signed."""
        return self.state == "open" and self.hidden_at is None

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return and_(cls.state == "open", cls.hidden_at.is_(None))


class CampaignText(Model):
    """What a campaign says in one language. A change is a new version; a signature names the version it signed.

    `made_from` is the version of the text in the site's first language that a translation was made from, None where
    nobody knows. `edited_at` says that an organizer wrote it, so that seeds leave the language alone.
    """

    __tablename__ = "campaign_text"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(String(300))
    ask: Mapped[str] = mapped_column(String(300))
    addressee: Mapped[str] = mapped_column(String(300))
    notice: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    made_from: Mapped[int | None]
    edited_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class CampaignCommunity(Model):
    """A community the campaign calls on, offered on the confirm page. One that was taken out stays, with `retired_at`:
    who named it is counted under its key, so that key never means another."""

    __tablename__ = "campaign_community"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int]
    label: Mapped[dict[str, str]] = mapped_column(JSON)
    retired_at: Mapped[datetime | None]


class CampaignEvent(Model):
    """A dated, sourced event. The database itself refuses one without a source.

    `summary` and `disagreement` are texts by language; `sources` is a list of {publisher, title, url, date, grade};
    `accounts` is a list of {claim, by, sources} where accounts differ. An event that an organizer took down stays, with
    `retired_at`, so that seeds do not bring it back.
    """

    __tablename__ = "campaign_event"
    __table_args__ = (
        UniqueConstraint("campaign_id", "key"),
        CheckConstraint(f"precision IN {PRECISIONS}", name="precision_known"),
        CheckConstraint("json_array_length(sources) > 0", name="has_a_source"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    first_day: Mapped[date]
    precision: Mapped[str] = mapped_column(String(5))
    is_uncertain: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(30))
    summary: Mapped[dict[str, str]] = mapped_column(JSON)
    disagreement: Mapped[dict[str, str] | None] = mapped_column(JSON)
    accounts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    edited_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
