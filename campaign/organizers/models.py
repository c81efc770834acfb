"""The table of organizers' accounts."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

ROLES = ("owner", "editor", "moderator", "viewer")


class Organizer(Model):
    """Somebody who may log in to the desk. `login` is a name they chose, not an address.

    `session_stamp` is random; sessions carry it, and a new one ends them all.
    """

    __tablename__ = "organizer"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    session_stamp: Mapped[str] = mapped_column(String(43))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
