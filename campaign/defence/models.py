"""The table behind shared rate limits."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model


class RateCounter(Model):
    """Hits in one window. `tag` is a keyed hash of what is limited: no login, address or IP can be read from it."""

    __tablename__ = "rate_counter"

    tag: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)
