"""Tables of the defence: what is counted, under tags that name nobody, and the keys of those tags."""

from datetime import date, datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model


class RateCounter(Model):
    """How often something happened until `expires_at`; after that the row means nothing and is deleted.

    `tag` is a keyed hash of what is counted: no login, address or network can be read from it.
    """

    __tablename__ = "rate_counter"

    tag: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class DailyKey(Model):
    """The key of one day's tags, under `waiting.key`. Without the row nobody can tell any more what a tag stood for."""

    __tablename__ = "daily_key"

    day: Mapped[date] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
