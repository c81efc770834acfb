"""The table of mail that waits. A row is the truth about a mail: it exists until the relay has taken the mail."""

import uuid
from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import UNORDERED, Model


class OutboxMail(Model):
    """`sealed` holds recipient, template and values under a key outside the database.

    The row goes when the mail went.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (UNORDERED,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
