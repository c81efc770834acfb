"""A signatory's message: written with the link that was mailed to them, replaced, taken back.

There is one for each signature that is confirmed, and it goes with the signature.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from campaign.conversation.contents import Words, open_box, seal_words
from campaign.conversation.erasures import note_taken_back
from campaign.conversation.models import Submission
from campaign.core.clock import hour_of
from campaign.core.errors import NotFound, SealingError
from campaign.signing.links import is_link
from campaign.signing.models import Signature

LINKS = {
    "confirm": (Signature.confirm_digest, Signature.confirm_until),
    "manage": (Signature.manage_digest, Signature.manage_until),
}


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message as its author may see it. `declined_for` is a reason of `moderation.REASONS`."""

    text: str
    has_reservation: bool
    audience: str
    state: str
    held_for: tuple[str, ...]
    declined_for: str | None
    is_passed_on: bool


def leave_message(
    session: Session, *, token: str, link: str, words: Words, key: bytes, now: datetime
) -> tuple[str, ...]:
    """Keep a message for a moderator to look at, instead of the one before; what it is held for.

    `link` says which of `LINKS` the token is of. Raises NotFound for a bad link, or if the signature is not confirmed.
    """
    signature_id, campaign_id = _confirmed(session, token, link, now)
    _forget(session, signature_id)
    # A new id: whoever decides about the text before must not have decided about this one.
    submission_id, held_for = uuid.uuid4(), words.held_for
    session.add(
        Submission(
            id=submission_id,
            campaign_id=campaign_id,
            kind="message",
            state="waiting",
            sent_hour=hour_of(now),
            language=words.language,
            sealed=seal_words(key, submission_id, words),
            held_for=" ".join(held_for),
            signature_id=signature_id,
            audience=words.audience,
        )
    )
    session.flush()
    return held_for


def take_back_message(session: Session, *, token: str, now: datetime) -> None:
    """Erase the message of the signature this manage link is of, also if it is public. Raises NotFound."""
    signature_id, _ = _confirmed(session, token, "manage", now)
    _forget(session, signature_id)


def own_message(session: Session, *, token: str, key: bytes, now: datetime) -> OwnMessage | None:
    """The message of the signature this manage link is of, if there is one that can be opened."""
    digest, until = LINKS["manage"]
    row = session.scalar(
        select(Submission)
        .join(Signature, Signature.id == Submission.signature_id)
        .where(is_link(digest, token), until > now)
    )
    if row is None or row.audience is None:
        return None
    try:
        opened = open_box(key, row.id, row.sealed)
    except SealingError:
        return None
    return OwnMessage(
        text=opened.text,
        has_reservation=opened.has_reservation,
        audience=row.audience,
        state=row.state,
        held_for=tuple(row.held_for.split()),
        declined_for=row.declined_for,
        is_passed_on=row.is_passed_on,
    )


def _forget(session: Session, signature_id: uuid.UUID) -> None:
    gone = session.scalars(
        delete(Submission).where(Submission.signature_id == signature_id).returning(Submission.id)
    ).all()
    if gone:
        note_taken_back(session, signature_id, "message")


def _confirmed(session: Session, token: str, link: str, now: datetime) -> tuple[uuid.UUID, uuid.UUID]:
    """Id and campaign of the confirmed signature, locked, so that two at once do not both write."""
    digest: InstrumentedAttribute[bytes | None]
    digest, until = LINKS[link]
    row = session.execute(
        select(Signature.id, Signature.campaign_id)
        .where(is_link(digest, token), until > now, Signature.state == "confirmed")
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("no such link")
    return row.id, row.campaign_id
