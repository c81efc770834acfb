"""What was entered from paper and when it goes: what names somebody stays no longer than needed.

That is 30 days, or until the signatures of the campaign are erased for their age, whichever comes first.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.paper.actions import forget
from campaign.paper.models import PaperBatch, PaperScan
from campaign.signing.models import Purge

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
        _let_lapse(session, batch, now)
    kept_long = select(PaperBatch).where(
        PaperBatch.state == "approved",
        _NAMES_SOMEBODY,
        PaperBatch.approved_hour < hour_of(now) - timedelta(days=KEPT_DAYS),
    )
    for batch in session.scalars(kept_long.with_for_update()):
        _forget_beside(session, batch)
    # Of these, what was entered after the purge had begun, or came back with a backup.
    for campaign_id in session.scalars(select(Purge.campaign_id)).all():
        forget_with_purge(session, campaign_id, now=now)


def forget_with_purge(session: Session, campaign_id: uuid.UUID, *, now: datetime) -> None:
    """Erase what names somebody in the batches of a campaign whose signatures are being erased for their age.

    Rows that wait can count no more, so their batch lapses; lines that wait can, for they name nobody.
    """
    of_campaign = select(PaperBatch).where(PaperBatch.campaign_id == campaign_id)
    rows = of_campaign.where(PaperBatch.kind == "rows", PaperBatch.state.in_(("uploading", "waiting")))
    for batch in session.scalars(rows.with_for_update()):
        _let_lapse(session, batch, now)
    for batch in session.scalars(of_campaign.where(_NAMES_SOMEBODY).with_for_update()):
        _forget_beside(session, batch)


_NAMES_SOMEBODY = or_(PaperBatch.details.is_not(None), exists().where(PaperScan.batch_id == PaperBatch.id))


def _let_lapse(session: Session, batch: PaperBatch, now: datetime) -> None:
    batch.state, batch.ended_at = "expired", now
    forget(session, batch)


def _forget_beside(session: Session, batch: PaperBatch) -> None:
    """The scan and what is sealed, not the rows: they say which signatures came with it, for whoever takes it back."""
    batch.epoch_id = batch.details = None
    session.execute(delete(PaperScan).where(PaperScan.batch_id == batch.id))
