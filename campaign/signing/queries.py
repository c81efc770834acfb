"""Reads of signatures: what a link shows its owner, and the names their owners made public."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from campaign.core.errors import NotFound
from campaign.signing.links import is_link
from campaign.signing.models import OWNED_STATES, Signature, in_state

NAMES_A_PAGE = 100
# What the cursors of `public_names` look like.
CURSOR = r"[0-9a-f]{32}"


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """A signature as its owner may see it. Name and address are sealed: not even this site can show them.

    `confirmed_hour` is there also of one that was confirmed before it was invalidated.
    """

    campaign_id: uuid.UUID
    state: str
    language: str
    text_version: int
    signed_hour: datetime
    confirmed_hour: datetime | None
    public_name: str | None
    wants_updates: bool


@dataclass(frozen=True, slots=True)
class NamesPage:
    """One page of public names; `next_cursor` leads to the one after, None at the end."""

    names: tuple[str, ...]
    next_cursor: str | None


def signature_to_confirm(session: Session, *, token: str, now: datetime) -> OwnSignature:
    """What a confirm link is about, pending or already confirmed. Raises NotFound for every bad link."""
    linked = is_link(Signature.confirm_digest, token)
    return _own(session, linked, Signature.confirm_until > now, Signature.state.in_(("pending", "confirmed")))


def signature_to_manage(session: Session, *, token: str, now: datetime) -> OwnSignature:
    """What a manage link is about, also if it was invalidated. Raises NotFound for every bad link."""
    linked = is_link(Signature.manage_digest, token)
    return _own(session, linked, Signature.manage_until > now, Signature.state.in_(OWNED_STATES))


def public_names(session: Session, campaign_id: uuid.UUID, *, after: str | None) -> NamesPage:
    """Public names of confirmed signatures in the order of their random ids, which tells nothing of when they signed.

    `after` is a cursor of an earlier page; one that is malformed starts from the beginning.
    """
    query = (
        select(Signature.id, Signature.public_name)
        .where(
            Signature.campaign_id == campaign_id,
            in_state("confirmed"),
            Signature.public_name.is_not(None),
        )
        .order_by(Signature.id)
        .limit(NAMES_A_PAGE + 1)
    )
    if (cursor := _cursor(after)) is not None:
        query = query.where(Signature.id > cursor)
    rows = session.execute(query).all()
    page = rows[:NAMES_A_PAGE]
    has_more = len(rows) > NAMES_A_PAGE
    return NamesPage(tuple(name for _, name in page if name), page[-1][0].hex if has_more else None)


def _cursor(written: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=written) if written else None
    except ValueError:
        return None


def _own(session: Session, *conditions: ColumnElement[bool]) -> OwnSignature:
    row = session.scalar(select(Signature).where(*conditions))
    if row is None:
        raise NotFound("no such link")
    return OwnSignature(
        campaign_id=row.campaign_id,
        state=row.state,
        language=row.language,
        text_version=row.text_version,
        signed_hour=row.signed_hour,
        confirmed_hour=row.confirmed_hour or row.invalidated_confirmed_hour,
        public_name=row.public_name,
        wants_updates=row.wants_updates,
    )
