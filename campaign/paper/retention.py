"""What was entered from paper and when it goes: what names somebody stays no longer than needed."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.paper.actions import forget
from campaign.paper.models import PaperBatch, PaperScan

UPLOAD_DAYS = 1
WAITING_DAYS = 30
KEPT_DAYS = 30


def forget_old_batches(session: Session, *, now: datetime) -> None:
    """Erase uploads that never ended, batches nobody approved, and scans and places of those approved long ago.

    Does nothing while the clock is in doubt.
    """
    if not may_erase_by_age(session):
        return
    session.execute(
        delete(PaperBatch).where(
            PaperBatch.state == "uploading", PaperBatch.entered_at < now - timedelta(days=UPLOAD_DAYS)
        )
    )
    late = select(PaperBatch).where(
        PaperBatch.state == "waiting", PaperBatch.entered_at < now - timedelta(days=WAITING_DAYS)
    )
    for batch in session.scalars(late.with_for_update()):
        batch.state, batch.ended_at = "expired", now
        forget(session, batch)
    kept_long = select(PaperBatch).where(
        PaperBatch.state == "approved",
        PaperBatch.details.is_not(None),
        PaperBatch.approved_hour < hour_of(now) - timedelta(days=KEPT_DAYS),
    )
    for batch in session.scalars(kept_long.with_for_update()):
        batch.epoch_id = batch.details = None
        # Not its rows: they say which signatures came with it, for whoever takes it back.
        session.execute(delete(PaperScan).where(PaperScan.batch_id == batch.id))
