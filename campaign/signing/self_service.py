"""What somebody may do with their own signature, holding the mailed link: hide a name, leave updates, withdraw."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.campaigns.queries import new_edition
from campaign.core.errors import NotFound
from campaign.core.tokens import token_digest
from campaign.signing.models import Signature, SignatureDelta

PENDING_DAYS = 14


def set_public_name(session: Session, *, token: str, public_name: str | None, now: datetime) -> None:
    """Show another public name, or with None erase it. Raises NotFound for a bad link."""
    signature = _own(session, token, now)
    signature.public_name = public_name
    if signature.state == "confirmed":
        new_edition(session)


def leave_updates(session: Session, *, token: str, now: datetime) -> None:
    """Take back the consent to updates. Raises NotFound for a bad link."""
    _own(session, token, now).wants_updates = False


def withdraw(session: Session, *, token: str, now: datetime) -> uuid.UUID:
    """Erase everything the row knows about its signatory; the id of the campaign. Raises NotFound for a bad link.

    What stays says only that somebody withdrew. The same address may sign again later as if for the first time.
    """
    signature = _own(session, token, now)
    if signature.public_name is not None:
        new_edition(session)
    if signature.state == "confirmed" and signature.confirmed_hour is not None:
        session.add(SignatureDelta(campaign_id=signature.campaign_id, hour=signature.confirmed_hour, change=-1))
    signature.state = "withdrawn"
    signature.wants_updates = False
    signature.mails_count = 0
    for name in (
        "confirmed_hour",
        "dedupe_tag",
        "confirm_digest",
        "confirm_until",
        "manage_digest",
        "manage_until",
        "mails_on",
        "epoch_id",
        "sealed",
        "public_name",
    ):
        setattr(signature, name, None)
    return signature.campaign_id


def erase_unconfirmed(session: Session, *, now: datetime) -> None:
    """Delete signatures nobody confirmed within `PENDING_DAYS`."""
    session.execute(
        delete(Signature).where(
            Signature.state == "pending", Signature.signed_hour < now - timedelta(days=PENDING_DAYS)
        )
    )


def _own(session: Session, token: str, now: datetime) -> Signature:
    """The signature a manage link belongs to, locked until the end of the transaction."""
    found = session.scalar(
        select(Signature)
        .where(
            Signature.manage_digest == token_digest(token),
            Signature.manage_until > now,
            Signature.state.in_(("pending", "confirmed")),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound("no such link")
    return found
