"""Rows of a batch become signatures when it is approved, and are erased when it is taken back.

Such a signature is like one given online, but for its source and that no mail confirmed it. One address counts once:
whoever has signed already is not counted again. An online signature that nobody confirmed gives way to the one on
paper, for its owner has consented there.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from campaign.campaigns.queries import new_edition
from campaign.core.clock import hour_of
from campaign.core.db import insert_new_rows, insert_rows
from campaign.paper.models import SOURCE, PaperBatch, PaperRow
from campaign.signing.models import OWNED_STATES, Erasure, Signature, SignatureDelta
from campaign.signing.purged import refuse_if_purged

T = TypeVar("T")
# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


def count_rows(session: Session, batch: PaperBatch, *, now: datetime) -> int:
    """Make signatures of the rows whose address has not signed; how many. The others are erased.

    Raises SignaturesErased in a purged campaign: nobody could tell who has signed already.
    """
    refuse_if_purged(session, batch.campaign_id)
    hour, counted, is_shown = hour_of(now), 0, False
    # In the order in which people who sign at the same moment are written (see `signing.record_signatures`).
    rows = session.execute(
        select(PaperRow.id, PaperRow.dedupe_tag, PaperRow.epoch_id, PaperRow.sealed, *_KEPT_BESIDE)
        .where(PaperRow.batch_id == batch.id)
        .order_by(PaperRow.dedupe_tag)
    ).all()
    for some in _batches(rows):
        tags = [row.dedupe_tag for row in some]
        session.execute(delete(Signature).where(Signature.dedupe_tag.in_(tags), Signature.state == "pending"))
        new = insert_new_rows(session, Signature, [_signature(batch, row._asdict(), hour) for row in some])
        _write_deltas(session, batch, [hour] * len(new), change=1)
        others = [row.id for row in some if row.id not in new]
        session.execute(delete(PaperRow).where(PaperRow.id.in_(others)))
        counted += len(new)
        is_shown = is_shown or any(row.public_name for row in some if row.id in new)
    erased = {"dedupe_tag": None, "epoch_id": None, "sealed": None, "public_name": None, "wants_updates": False}
    session.execute(update(PaperRow).where(PaperRow.batch_id == batch.id).values(**erased))
    if is_shown:
        new_edition(session)
    return counted


def uncount_rows(session: Session, batch: PaperBatch) -> None:
    """Erase the signatures that came with the batch. What their owners have withdrawn stays so."""
    ids = session.scalars(select(PaperRow.id).where(PaperRow.batch_id == batch.id).order_by(PaperRow.id)).all()
    is_shown = False
    for some in _batches(ids):
        gone = session.execute(
            delete(Signature)
            .where(Signature.id.in_(some), Signature.state.in_(OWNED_STATES))
            .returning(Signature.id, Signature.confirmed_hour, Signature.public_name),
            execution_options={"synchronize_session": False},
        ).all()
        # A backup made before knows them still.
        if gone:
            session.execute(insert(Erasure), [{"signature_id": row.id, "what": "signature"} for row in gone])
        _write_deltas(session, batch, [row.confirmed_hour for row in gone if row.confirmed_hour], change=-1)
        is_shown = is_shown or any(row.public_name for row in gone)
    if is_shown:
        new_edition(session)


_KEPT_BESIDE = (PaperRow.wants_updates, PaperRow.public_name)


def _signature(batch: PaperBatch, row: dict[str, Any], hour: datetime) -> dict[str, Any]:
    return {
        **row,
        "campaign_id": batch.campaign_id,
        "state": "confirmed",
        "signed_hour": hour,
        "confirmed_hour": hour,
        "language": batch.language,
        "text_version": batch.text_version,
        "source": SOURCE,
    }


def _write_deltas(session: Session, batch: PaperBatch, hours: Sequence[datetime], *, change: int) -> None:
    if hours:
        same = {"campaign_id": batch.campaign_id, "change": change, "language": batch.language, "source": SOURCE}
        insert_rows(session, SignatureDelta, [{**same, "hour": hour} for hour in hours])


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
