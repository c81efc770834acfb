"""What was entered from paper and when it goes: what names somebody stays no longer than needed.

That is 30 days, or until the signatures of the campaign are erased for their age, whichever comes first.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.paper.actions import forget
from campaign.paper.models import PaperBatch, PaperRow, PaperScan
from campaign.signing.models import Purge

UPLOAD_DAYS = 1
WAITING_DAYS = 30
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class RunOut:
    """What is to be erased of a campaign's batches: of how many place and collector, how many scans, and how many rows
    that are no signatures yet."""

    batches: int = 0
    scans: int = 0
    rows: int = 0


def forget_a_batch(session: Session, *, now: datetime) -> bool:
    """Erase what has run out of one batch: an upload that never ended, a batch nobody approved, the scan and place of
    one approved long ago, or all that names somebody where the signatures of the campaign are erased for their age.

    Whether there was one: a scan is large, so each batch wants a transaction of its own. Does nothing while the clock
    is in doubt.
    """
    if not may_erase_by_age(session):
        return False
    for which, erase in _run_out(now, _IS_PURGED):
        batch = session.scalars(select(PaperBatch).where(which).limit(1).with_for_update()).first()
        if batch is not None:
            erase(session, batch, now)
            return True
    return False


def run_out(session: Session, *, now: datetime, purged: Collection[uuid.UUID]) -> dict[uuid.UUID, RunOut]:
    """What `forget_a_batch` would erase until nothing is left to erase, by campaign, if these were purged as well as
    those that are; whatever the clock says."""
    is_purged = _IS_PURGED | PaperBatch.campaign_id.in_(purged)
    found = or_(*(which for which, _ in _run_out(now, is_purged)))
    of_campaign = (
        select(PaperBatch.campaign_id, func.count())
        .select_from(PaperBatch)
        .where(found)
        .group_by(PaperBatch.campaign_id)
    )
    queries = (
        of_campaign.where(PaperBatch.details.is_not(None)),
        of_campaign.join(PaperScan, PaperScan.batch_id == PaperBatch.id),
        of_campaign.join(PaperRow, PaperRow.batch_id == PaperBatch.id).where(PaperRow.sealed.is_not(None)),
    )
    batches, scans, rows = (dict(session.execute(query).all()) for query in queries)
    ids = batches.keys() | scans.keys() | rows.keys()
    return {each: RunOut(batches.get(each, 0), scans.get(each, 0), rows.get(each, 0)) for each in ids}


_IS_PURGED = exists().where(Purge.campaign_id == PaperBatch.campaign_id)


def _run_out(
    now: datetime, is_purged: ColumnElement[bool]
) -> Iterator[tuple[ColumnElement[bool], Callable[[Session, PaperBatch, datetime], None]]]:
    state, entered_at = PaperBatch.state, PaperBatch.entered_at
    yield (state == "uploading") & (entered_at < now - timedelta(days=UPLOAD_DAYS)), _delete
    # Rows can count no more after a purge, so their batch lapses; lines that wait can, for they name nobody.
    late = (state == "waiting") & (entered_at < now - timedelta(days=WAITING_DAYS))
    yield or_(late, is_purged & (PaperBatch.kind == "rows") & state.in_(("uploading", "waiting"))), _let_lapse
    long_ago = hour_of(now) - timedelta(days=KEPT_DAYS)
    kept_long = (state == "approved") & (PaperBatch.approved_hour < long_ago)
    yield or_(kept_long, is_purged) & _NAMES_SOMEBODY, forget_beside


_HAS_SCAN = exists().where(PaperScan.batch_id == PaperBatch.id).correlate(PaperBatch)
_NAMES_SOMEBODY = or_(PaperBatch.details.is_not(None), _HAS_SCAN)


def _delete(session: Session, batch: PaperBatch, _now: datetime) -> None:
    session.execute(delete(PaperBatch).where(PaperBatch.id == batch.id))


def _let_lapse(session: Session, batch: PaperBatch, now: datetime) -> None:
    batch.state, batch.ended_at = "expired", now
    forget(session, batch)


def forget_beside(session: Session, batch: PaperBatch, _now: datetime | None = None) -> None:
    """The scan and what is sealed, not the rows: they say which signatures came with it, for whoever takes it back."""
    batch.epoch_id = batch.details = None
    session.execute(delete(PaperScan).where(PaperScan.batch_id == batch.id))
