"""Tables of sums. Nothing here points at a signature."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model


class HourlyCount(Model):
    """Confirmed signatures standing, by the hour they were confirmed in."""

    __tablename__ = "hourly_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    signatures: Mapped[int]


class OriginCount(Model):
    """Confirmed signatures standing that have been added up, by the language and the place they were made in."""

    __tablename__ = "origin_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    signatures: Mapped[int]


class CampaignCount(Model):
    """All confirmed signatures of a campaign that have been added up."""

    __tablename__ = "campaign_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    signatures: Mapped[int]


class CommunityCount(Model):
    """How many people named a community, from whole batches only."""

    __tablename__ = "community_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    community: Mapped[str] = mapped_column(String(80), primary_key=True)
    people: Mapped[int]


class CountryCount(Model):
    """How many people said which country they live in, from whole batches only. `country` is a code of ISO 3166-1."""

    __tablename__ = "country_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    people: Mapped[int]
