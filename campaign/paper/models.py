"""Tables of what was signed on paper: batches of sheets, rows typed from them, scans.

The database itself refuses that somebody approves what they entered.
"""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import UNORDERED, Model

# Sheets of which only the lines are counted, or rows that are signatures each.
KINDS = ("sheets", "rows")
STATES = ("uploading", "waiting", "approved", "rejected", "taken_back", "expired")
# What is written as the `source` of a signature that was given on paper.
SOURCE = "paper"


class PaperBatch(Model):
    """What one organizer enters and a second approves.

    `number` counts the batches of a campaign; it is written on the sheets. `lines` are valid lines, or the rows of a
    file; `counted` is how many of them count, from approval on. `revision` moves with each correction. `details` is a
    sealed box with the place and who collected; `reason` is why the batch was rejected or taken back. `file_tag` tells
    an upload that was cut off from another, until the batch is decided (see `importing.file_tag`).
    """

    __tablename__ = "paper_batch"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("lines >= 0 AND counted >= 0 AND counted <= lines", name="counts_lines"),
        CheckConstraint("approved_by <> entered_by", name="second_person"),
        CheckConstraint(
            "state <> 'approved' OR (approved_by IS NOT NULL AND approved_hour IS NOT NULL AND counted IS NOT NULL)",
            name="approved_by_somebody",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)
    signed_on: Mapped[date]
    lines: Mapped[int]
    counted: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(3))
    text_version: Mapped[int]
    entered_by: Mapped[uuid.UUID]
    entered_at: Mapped[datetime]
    approved_by: Mapped[uuid.UUID | None]
    approved_hour: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    epoch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("epoch.id"))
    details: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class PaperRow(Model):
    """A row typed from a sheet, sealed in the browser. `id` is that of the signature it becomes.

    Once the batch counts, the signature has all of it, and this row only says which batch that came with.
    """

    __tablename__ = "paper_row"
    __table_args__ = (UNORDERED,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper_batch.id", ondelete="CASCADE"), index=True)
    dedupe_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    epoch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("epoch.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    wants_updates: Mapped[bool]
    public_name: Mapped[str | None] = mapped_column(String(100))


class PaperScan(Model):
    """A picture of the sheets of a batch, sealed in the browser; at most `scans.MOST_SEALED_BYTES`."""

    __tablename__ = "paper_scan"

    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper_batch.id", ondelete="CASCADE"), primary_key=True)
    epoch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("epoch.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
