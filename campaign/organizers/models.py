"""The table of organizers' accounts."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

ROLES = ("owner", "editor", "moderator", "viewer")


class Organizer(Model):
    """Somebody who may log in to the desk. `login` is a name they chose, not an address.

    `session_stamp` is random; sessions carry it, and a new one ends them all. `role` holds for the whole site; without
    it there may be roles in single campaigns.
    """

    __tablename__ = "organizer"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    session_stamp: Mapped[str] = mapped_column(String(43))
    role: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class CampaignRole(Model):
    """What an organizer may do in one campaign, beside what they may do on the whole site."""

    __tablename__ = "campaign_role"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    organizer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizer.id", ondelete="CASCADE"), primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20))
