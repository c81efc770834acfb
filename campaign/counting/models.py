"""Tables of numbers: what happened and is not yet added up, and the sums. Nothing here points at a signature."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

# A table without rowid keeps rows in the order of their random key: the order of arrival is not stored.
_UNORDERED = {"sqlite_with_rowid": False}


class CountDelta(Model):
    """One signature more or less in an hour; written with the change of state, added up later."""

    __tablename__ = "count_delta"
    __table_args__ = (CheckConstraint("change IN (1, -1)", name="one_step"), _UNORDERED)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    hour: Mapped[datetime]
    change: Mapped[int]


class HourlyCount(Model):
    """Confirmed signatures standing, by the hour they were confirmed in."""

    __tablename__ = "hourly_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    signatures: Mapped[int]


class CampaignCount(Model):
    """All confirmed signatures of a campaign that have been added up."""

    __tablename__ = "campaign_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    signatures: Mapped[int]


class CommunityBallot(Model):
    """Which communities somebody named when confirming, sealed until a batch of ballots is counted together.

    Everybody who confirms leaves one, of the same size, also when they named none; it says nothing of who left it.
    """

    __tablename__ = "community_ballot"
    __table_args__ = (_UNORDERED,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class CommunityCount(Model):
    """How many people named a community, from whole batches only."""

    __tablename__ = "community_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    community: Mapped[str] = mapped_column(String(80), primary_key=True)
    people: Mapped[int]
