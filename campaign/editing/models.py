"""The table of revisions: what somebody wrote for a part of a campaign, and what a second person made of it.

The database itself refuses that somebody reviews what they wrote.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

STATES = ("draft", "in_review", "published", "declined", "discarded")


class Revision(Model):
    """One revision of one part (`text:fa`, `case`, `event:2019-06-arrest`), numbered from 1 within it.

    `content` is what the part's seed file would say with its sources written out; None takes the part down. `author_id`
    is None for what came from seed files. `seen_number` is the published revision that it was written against, 0 if
    nothing was published. `answers` are those given to the publication checklist.
    """

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("campaign_id", "part", "number"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("reviewer_id <> author_id", name="second_person"),
        CheckConstraint(
            "state <> 'published' OR author_id IS NULL OR reviewer_id IS NOT NULL", name="published_by_somebody"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(140))
    number: Mapped[int]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    author_id: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(20))
    written_at: Mapped[datetime]
    seen_number: Mapped[int]
    reviewer_id: Mapped[uuid.UUID | None]
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
