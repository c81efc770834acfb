"""Reads of what was signed on paper."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from campaign.core.errors import NotFound
from campaign.paper.models import PaperBatch, PaperRow, PaperScan

# One answer holds as many.
ROWS_AT_ONCE = 2500


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch, without what is sealed. `counted` is None before approval; `duplicates` are lines not counted."""

    id: uuid.UUID
    number: int
    kind: str
    state: str
    revision: int
    signed_on: date
    lines: int
    counted: int | None
    language: str
    entered_by: uuid.UUID
    entered_at: datetime
    approved_by: uuid.UUID | None
    approved_hour: datetime | None
    ended_by: uuid.UUID | None
    ended_at: datetime | None
    reason: str
    has_details: bool
    has_scan: bool

    @property
    def duplicates(self) -> int:
        return 0 if self.counted is None else self.lines - self.counted


@dataclass(frozen=True, slots=True, repr=False)
class SealedBox:
    """Something sealed, and to which key."""

    epoch_id: uuid.UUID
    sealed: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SealedRow:
    """A row that waits, and what of it will stand beside its box."""

    id: uuid.UUID
    box: SealedBox
    public_name: str | None
    wants_updates: bool


_SHOWN = (
    *(PaperBatch.id, PaperBatch.number, PaperBatch.kind, PaperBatch.state, PaperBatch.revision, PaperBatch.signed_on),
    *(PaperBatch.lines, PaperBatch.counted, PaperBatch.language, PaperBatch.entered_by, PaperBatch.entered_at),
    *(PaperBatch.approved_by, PaperBatch.approved_hour, PaperBatch.ended_by, PaperBatch.ended_at, PaperBatch.reason),
    PaperBatch.details.is_not(None).label("has_details"),
    exists().where(PaperScan.batch_id == PaperBatch.id).label("has_scan"),
)


def batches(session: Session, campaign_id: uuid.UUID) -> list[BatchView]:
    """All batches of a campaign, the newest first; not those whose upload never ended."""
    rows = session.execute(
        select(*_SHOWN)
        .where(PaperBatch.campaign_id == campaign_id, PaperBatch.state != "uploading")
        .order_by(PaperBatch.number.desc())
    )
    return [_view(row) for row in rows]


def batch(session: Session, campaign_id: uuid.UUID, number: int) -> BatchView:
    """One batch. Raises NotFound."""
    row = session.execute(
        select(*_SHOWN).where(
            PaperBatch.campaign_id == campaign_id, PaperBatch.number == number, PaperBatch.state != "uploading"
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such batch")
    return _view(row)


def counted_since(session: Session, campaign_id: uuid.UUID, *, since: datetime) -> int:
    """How many lines and rows were approved since then, and not taken back."""
    query = select(func.sum(PaperBatch.counted)).where(
        PaperBatch.campaign_id == campaign_id, PaperBatch.state == "approved", PaperBatch.approved_hour >= since
    )
    return session.scalar(query) or 0


def sealed_details(session: Session, batch_id: uuid.UUID) -> SealedBox | None:
    """The box with the place and who collected, unless it has been erased."""
    row = session.execute(
        select(PaperBatch.epoch_id, PaperBatch.details).where(
            PaperBatch.id == batch_id, PaperBatch.details.is_not(None), PaperBatch.epoch_id.is_not(None)
        )
    ).one_or_none()
    return None if row is None else SealedBox(row.epoch_id, row.details)


def sealed_scan(session: Session, batch_id: uuid.UUID) -> SealedBox | None:
    """The scan of a batch, unless there is none."""
    row = session.execute(
        select(PaperScan.epoch_id, PaperScan.sealed).where(PaperScan.batch_id == batch_id)
    ).one_or_none()
    return None if row is None else SealedBox(row.epoch_id, row.sealed)


def sealed_rows(session: Session, batch_id: uuid.UUID, *, after: uuid.UUID | None) -> list[SealedRow]:
    """The next `ROWS_AT_ONCE` rows of a batch that waits, by id; none once they are signatures, or erased."""
    query = select(PaperRow).where(PaperRow.batch_id == batch_id, PaperRow.sealed.is_not(None))
    if after is not None:
        query = query.where(PaperRow.id > after)
    return [
        SealedRow(row.id, SealedBox(row.epoch_id, row.sealed), row.public_name, row.wants_updates)
        for row in session.scalars(query.order_by(PaperRow.id).limit(ROWS_AT_ONCE))
        if row.epoch_id and row.sealed
    ]


def scan_epoch(session: Session, batch_id: uuid.UUID) -> uuid.UUID | None:
    """To which key the scan is sealed; None if there is none. Does not read the scan."""
    return session.scalar(select(PaperScan.epoch_id).where(PaperScan.batch_id == batch_id))


def _view(row: Any) -> BatchView:
    return BatchView(**row._asdict())
