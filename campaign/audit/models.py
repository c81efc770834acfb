"""The table of who did what. Each row carries the hash of the one before, so a missing or altered row shows."""

import uuid
from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model


class AuditEntry(Model):
    """`previous_hash` is unique: two rows cannot follow the same one, whatever races.

    `why` is what somebody gave as the purpose, or empty where nobody is asked for one.
    """

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    organizer_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(String(300), default="", server_default="")
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    own_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
