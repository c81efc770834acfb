"""Sign, confirm, and ask for a link. Every answer to a stranger is the same whoever has signed already."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaign.campaigns.queries import CampaignView
from campaign.core.clock import hour_of
from campaign.core.db import insert_if_new
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.core.tokens import new_token, token_digest
from campaign.core.waiting_seal import seal_waiting
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.sealing.boxes import seal
from campaign.sealing.queries import OpenEpoch
from campaign.signing.canonical_email import EmailAddress, dedupe_tag
from campaign.signing.models import CommunityBallot, Signature, SignatureDelta

LINK_DAYS = 7
MAILS_A_DAY = 5
BALLOT_BLOCK_BYTES = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """What a signatory filled in, checked. Name, address, country and message exist nowhere but in the sealed box."""

    name: str
    email: EmailAddress
    public_name: str | None
    country: str
    message: str
    wants_updates: bool
    language: str
    source: str


def sign_petition(
    session: Session, *, campaign: CampaignView, entry: Entry, epoch: OpenEpoch | None, keyring: Keyring, now: datetime
) -> None:
    """Record a signature as pending and queue the mail that confirms it.

    Somebody who is pending gets the mail again with what they filled in last; somebody confirmed gets a mail that says
    so; both at most `MAILS_A_DAY` times a day. The caller learns nothing of which it was. Raises Refused if the
    campaign is not open or there is no key to seal to.
    """
    if campaign.state != "open":
        raise Refused("closed")
    if epoch is None:
        raise Refused("no_key")
    tag = dedupe_tag(keyring.tags, campaign.id, entry.email.canonical)
    signature_id = uuid.uuid4()
    values = {
        "id": signature_id,
        "campaign_id": campaign.id,
        "state": "pending",
        "dedupe_tag": tag,
        "signed_hour": hour_of(now),
        "mails_on": now.date(),
        "mails_count": 1,
        **_sealed_values(campaign, entry, epoch, signature_id),
    }
    if not insert_if_new(session, Signature, values):
        found = session.scalar(
            select(Signature).where(Signature.campaign_id == campaign.id, Signature.dedupe_tag == tag).with_for_update()
        )
        if found is None or not _may_mail(found, now):
            return
        if found.state == "pending":
            for name, value in _sealed_values(campaign, entry, epoch, found.id).items():
                setattr(found, name, value)
    else:
        found = session.get_one(Signature, signature_id)
    _mail_links(session, found, campaign, entry, keyring, now)


def confirm(session: Session, *, token: str, communities: Iterable[str], keyring: Keyring, now: datetime) -> uuid.UUID:
    """Confirm the signature a mailed token belongs to; the id of its campaign. Doing it again changes nothing.

    `communities` are counted apart and never stored with the signature; the caller checks that the campaign knows them.
    Raises NotFound for every token that is not good, whatever the reason.
    """
    digest = token_digest(token)
    hour = hour_of(now)
    confirmed = session.execute(
        update(Signature)
        .where(Signature.confirm_digest == digest, Signature.state == "pending", Signature.confirm_until > now)
        .values(state="confirmed", confirmed_hour=hour)
        .returning(Signature.campaign_id)
    ).scalar_one_or_none()
    if confirmed is not None:
        session.add(SignatureDelta(campaign_id=confirmed, hour=hour, change=1))
        sealed = seal_waiting(keyring.waiting, sorted(set(communities)), block_bytes=BALLOT_BLOCK_BYTES)
        session.add(CommunityBallot(campaign_id=confirmed, sealed=sealed))
        return confirmed
    repeated = session.scalar(
        select(Signature.campaign_id).where(
            Signature.confirm_digest == digest, Signature.state == "confirmed", Signature.confirm_until > now
        )
    )
    if repeated is None:
        raise NotFound("no such link")
    return repeated


def ask_for_links(
    session: Session,
    *,
    campaigns: Iterable[CampaignView],
    email: EmailAddress,
    language: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Mail the manage links of every signature this address has, if it has any and has had few mails today."""
    links = []
    for campaign in campaigns:
        tag = dedupe_tag(keyring.tags, campaign.id, email.canonical)
        found = session.scalar(
            select(Signature)
            .where(
                Signature.campaign_id == campaign.id,
                Signature.dedupe_tag == tag,
                Signature.state.in_(("pending", "confirmed")),
            )
            .with_for_update()
        )
        if found is not None and _may_mail(found, now):
            links.append({"title": campaign.title, "manage_token": _new_manage_token(found, now)})
    if links:
        letter = Letter(email.typed, "manage", language, {"links": links})
        enqueue(session, letter, key=keyring.waiting, now=now)


def _sealed_values(
    campaign: CampaignView, entry: Entry, epoch: OpenEpoch, signature_id: uuid.UUID
) -> dict[str, object]:
    """What of an entry goes into the row: everything that names somebody inside the box, the rest beside it."""
    fields = {
        "campaign": campaign.slug,
        "signature": signature_id.hex,
        "name": entry.name,
        "email": entry.email.typed,
        "country": entry.country,
        "message": entry.message,
    }
    return {
        "epoch_id": epoch.id,
        "sealed": seal(epoch.public_key, fields),
        "language": entry.language,
        "text_version": campaign.version,
        "source": entry.source,
        "wants_updates": entry.wants_updates,
        "public_name": entry.public_name,
    }


def _may_mail(signature: Signature, now: datetime) -> bool:
    """Whether this signature may cause another mail today; counts it if so."""
    if signature.state not in ("pending", "confirmed"):
        return False
    if signature.mails_on != now.date():
        signature.mails_on, signature.mails_count = now.date(), 0
    if signature.mails_count >= MAILS_A_DAY:
        return False
    signature.mails_count += 1
    return True


def _mail_links(
    session: Session, signature: Signature, campaign: CampaignView, entry: Entry, keyring: Keyring, now: datetime
) -> None:
    values = {"title": campaign.title, "slug": campaign.slug, "manage_token": _new_manage_token(signature, now)}
    if signature.state == "pending":
        token = new_token()
        signature.confirm_digest = token_digest(token)
        signature.confirm_until = now + timedelta(days=LINK_DAYS)
        letter = Letter(entry.email.typed, "confirm", entry.language, {**values, "confirm_token": token})
    else:
        letter = Letter(entry.email.typed, "already_signed", entry.language, values)
    enqueue(session, letter, key=keyring.waiting, now=now)


def _new_manage_token(signature: Signature, now: datetime) -> str:
    """A new link replaces the one before; the newest mail is the one that works."""
    token = new_token()
    signature.manage_digest = token_digest(token)
    signature.manage_until = now + timedelta(days=LINK_DAYS)
    return token
