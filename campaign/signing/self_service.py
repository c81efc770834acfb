"""What somebody may do with their own signature, holding the mailed link: hide a name, leave updates, withdraw.

One that was invalidated is no exception: whoever is behind it keeps the right to see it and have it erased.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from campaign.campaigns.queries import new_edition
from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.core.errors import NotFound
from campaign.signing.erasures import WITHDRAWN, note_erasure, rows_changed
from campaign.signing.links import is_link
from campaign.signing.models import OWNED_STATES, Signature, SignatureDelta, in_state

PENDING_DAYS = 14
# Nobody confirmed them, invalidated or not.
_NEVER_CONFIRMED = (
    in_state("pending"),
    and_(in_state("invalidated"), Signature.invalidated_confirmed_hour.is_(None)),
)


def set_public_name(session: Session, *, token: str, public_name: str | None, now: datetime) -> None:
    """Show another public name, or with None erase it. Raises NotFound for a bad link."""
    signature = _own(session, token, now)
    if signature.public_name is not None:
        note_erasure(session, signature.id, "public_name")
    signature.public_name = public_name
    if signature.state == "confirmed":
        new_edition(session)


def leave_updates(session: Session, *, token: str, now: datetime) -> None:
    """Take back the consent to updates. Raises NotFound for a bad link."""
    signature = _own(session, token, now)
    if signature.wants_updates:
        note_erasure(session, signature.id, "updates")
    signature.wants_updates = False


def withdraw(session: Session, *, token: str, now: datetime) -> uuid.UUID:
    """Erase everything the row knows about its signatory; the id of the campaign. Raises NotFound for a bad link.

    What stays says only that somebody withdrew. The same address may sign again later as if for the first time.
    """
    signature = _own(session, token, now)
    if signature.public_name is not None:
        new_edition(session)
    if signature.state == "confirmed" and signature.confirmed_hour is not None:
        session.add(
            SignatureDelta(
                campaign_id=signature.campaign_id,
                hour=signature.confirmed_hour,
                change=-1,
                language=signature.language,
                source=signature.source,
            )
        )
    note_erasure(session, signature.id, "signature")
    for name, value in WITHDRAWN.items():
        setattr(signature, name, value)
    return signature.campaign_id


def erase_unconfirmed(session: Session, *, now: datetime) -> int:
    """Delete signatures nobody confirmed within `PENDING_DAYS`, unless the clock is in doubt; how many there were.

    One that seems to be signed in the future was signed while the clock was ahead; its days begin now.
    """
    if not may_erase_by_age(session):
        return 0
    hour, erased = hour_of(now), 0
    ahead = Signature.signed_hour > hour + timedelta(hours=1)
    for never_confirmed in _NEVER_CONFIRMED:
        erased += rows_changed(session, delete(Signature).where(never_confirmed, _is_old(now)))
        session.execute(update(Signature).where(never_confirmed, ahead).values(signed_hour=hour))
    return erased


def old_unconfirmed(session: Session, *, now: datetime) -> int:
    """How many `erase_unconfirmed` would delete if the clock is right."""
    counts = (select(func.count()).where(never_confirmed, _is_old(now)) for never_confirmed in _NEVER_CONFIRMED)
    return sum(session.scalar(count) or 0 for count in counts)


def _is_old(now: datetime) -> ColumnElement[bool]:
    return Signature.signed_hour < now - timedelta(days=PENDING_DAYS)


def _own(session: Session, token: str, now: datetime) -> Signature:
    """The signature a manage link belongs to, locked until the end of the transaction."""
    found = session.scalar(
        select(Signature)
        .where(
            is_link(Signature.manage_digest, token),
            Signature.manage_until > now,
            Signature.state.in_(OWNED_STATES),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound("no such link")
    return found
