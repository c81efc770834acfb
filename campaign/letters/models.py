"""Tables of model letters, and of how many people said that they sent one."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import UNORDERED, Model


class ModelLetter(Model):
    """A letter to an office, for supporters to make their own. The address is one that a source has made public.

    `office` is its name by language. `reads` are the languages it reads, the best first; `texts` by language are
    {subject, body}, also in languages that only supporters read. `valid_while` are the statuses of the case under which
    it is true to send it, empty for a petition. One that an organizer took down stays, with `retired_at`, so that seeds
    do not bring it back. Nothing of what a supporter writes is in any table.
    """

    __tablename__ = "model_letter"
    __table_args__ = (CheckConstraint("json_array_length(sources) > 0", name="has_a_source"),)

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    office: Mapped[dict[str, str]] = mapped_column(JSON)
    address: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(254))
    reads: Mapped[list[str]] = mapped_column(JSON)
    valid_while: Mapped[list[str]] = mapped_column(JSON)
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    edited_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class LetterDelta(Model):
    """Somebody said that they sent a letter: which one, and neither when nor who. Waits to be added up."""

    __tablename__ = "letter_delta"
    __table_args__ = (Index(None, "campaign_id", "key"), UNORDERED)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))


class LetterCount(Model):
    """How many said that they sent a letter, added up. It stays when the letter is taken down, and counts on after."""

    __tablename__ = "letter_count"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    sent: Mapped[int]
