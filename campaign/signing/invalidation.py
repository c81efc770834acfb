"""Signatures that organizers found not to be genuine: they stop counting, and count again if that was a mistake.

The row keeps its box, tag and links: the same mailbox cannot simply sign once more, and whoever is behind it can still
see and withdraw it. Why is one word of a few, because what is written freely about a person would stand there in clear.
No time is stored: the audit log says when.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from campaign.campaigns.queries import new_edition
from campaign.core.errors import Invalid, NotFound
from campaign.signing.models import Signature, SignatureDelta

REASONS = ("forged", "duplicate", "automated", "not_a_person")
# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500
_NAMED_IN_ERRORS = 5

# The hour it counts in, None if it does not; its language and where it was made.
_Change = ReturningUpdate[datetime | None, str, str]
_TOLD = (Signature.language, Signature.source)
_INVALIDATE: _Change = (
    update(Signature)
    .where(Signature.state.in_(("pending", "confirmed")))
    .values(state="invalidated", invalidated_confirmed_hour=Signature.confirmed_hour, confirmed_hour=None)
    .returning(Signature.invalidated_confirmed_hour.label("hour"), *_TOLD)
)
_REINSTATE: _Change = (
    update(Signature)
    .where(Signature.state == "invalidated")
    .values(
        state=case((Signature.invalidated_confirmed_hour.is_(None), "pending"), else_="confirmed"),
        confirmed_hour=Signature.invalidated_confirmed_hour,
        invalidated_confirmed_hour=None,
        invalidated_reason=None,
    )
    .returning(Signature.confirmed_hour.label("hour"), *_TOLD)
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many signatures were changed, by the state they had or have again, and how many were left as they were."""

    confirmed: int
    pending: int
    left: int


def _nobody_watches(_done: int) -> None: ...


def invalidate(
    session: Session,
    *,
    campaign_id: uuid.UUID,
    signature_ids: Collection[uuid.UUID],
    reason: str,
    progress: Callable[[int], None] = _nobody_watches,
) -> Outcome:
    """Let these signatures count no more and be shown nowhere. Those withdrawn or invalidated before are left alone.

    `reason` is one of `REASONS`; `progress` is called with the number of ids done so far. Raises NotFound if one of
    the ids is no signature of this campaign.
    """
    if reason not in REASONS:
        raise Invalid(f"the reason is one of {', '.join(REASONS)}")
    change = _INVALIDATE.values(invalidated_reason=reason)
    return _change_all(session, change, -1, campaign_id, signature_ids, progress)


def reinstate(
    session: Session,
    *,
    campaign_id: uuid.UUID,
    signature_ids: Collection[uuid.UUID],
    progress: Callable[[int], None] = _nobody_watches,
) -> Outcome:
    """Take that back: each is what it was, pending or confirmed in its hour. Those not invalidated are left alone.

    Raises NotFound if one of the ids is no signature of this campaign.
    """
    return _change_all(session, _REINSTATE, 1, campaign_id, signature_ids, progress)


def _change_all(
    session: Session,
    change: _Change,
    step: int,
    campaign_id: uuid.UUID,
    signature_ids: Collection[uuid.UUID],
    progress: Callable[[int], None],
) -> Outcome:
    """Change what the condition of `change` still finds, and write one delta for each that counted or counts again."""
    ids = sorted(set(signature_ids))
    batches = [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
    _lock(session, campaign_id, batches)
    done = changed = confirmed = 0
    for batch in batches:
        rows = session.execute(
            change.where(Signature.id.in_(batch)), execution_options={"synchronize_session": False}
        ).all()
        counted = [row for row in rows if row.hour is not None]
        deltas = [
            {
                "campaign_id": campaign_id,
                "hour": row.hour,
                "change": step,
                "language": row.language,
                "source": row.source,
            }
            for row in counted
        ]
        if deltas:
            session.execute(insert(SignatureDelta), deltas)
        done, changed, confirmed = done + len(batch), changed + len(rows), confirmed + len(counted)
        progress(done)
    # A public name or a message may be among them, and the count moves anyway.
    if confirmed:
        new_edition(session)
    return Outcome(confirmed=confirmed, pending=changed - confirmed, left=len(ids) - changed)


def _lock(session: Session, campaign_id: uuid.UUID, batches: Sequence[Sequence[uuid.UUID]]) -> None:
    """Hold these rows until the transaction ends. All in the order of ids, so that two organizers cannot deadlock."""
    unknown: list[uuid.UUID] = []
    for batch in batches:
        known = session.scalars(
            select(Signature.id)
            .where(Signature.id.in_(batch), Signature.campaign_id == campaign_id)
            .order_by(Signature.id)
            .with_for_update()
        ).all()
        unknown += sorted(set(batch) - set(known))
    if unknown:
        named = ", ".join(each.hex for each in unknown[:_NAMED_IN_ERRORS])
        more = ", …" if len(unknown) > _NAMED_IN_ERRORS else ""
        raise NotFound(f"{len(unknown)} ids are no signatures of this campaign: {named}{more}; nothing was changed")
