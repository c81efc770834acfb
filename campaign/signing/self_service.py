"""What somebody may do with their own signature, holding the mailed link: hide a name, leave updates, withdraw.

One that was invalidated is no exception: whoever is behind it keeps the right to see it and have it erased.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.queries import new_edition
from campaign.core.errors import NotFound
from campaign.signing.erasures import WITHDRAWN, note_erasure
from campaign.signing.links import is_link
from campaign.signing.models import OWNED_STATES, Signature, SignatureDelta


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
