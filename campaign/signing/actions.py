"""Sign, confirm, and ask for a link. Every answer to a stranger is the same whoever has signed already."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import CampaignView
from campaign.core.clock import hour_of
from campaign.core.db import insert_new_rows, insert_rows
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.core.tokens import token_digest
from campaign.core.waiting_seal import seal_waiting
from campaign.outbox.actions import SealedMail, enqueue, enqueue_mails, sealed_mail
from campaign.outbox.letters import Letter
from campaign.sealing.boxes import seal
from campaign.sealing.models import Epoch
from campaign.sealing.queries import OpenEpoch
from campaign.signing.canonical_email import EmailAddress, dedupe_tag
from campaign.signing.links import Links, is_link, new_links
from campaign.signing.models import OWNED_STATES, CommunityBallot, Purge, Signature, SignatureDelta

_CAMPAIGN, _EPOCH, _PURGE = Campaign.__table__.c, Epoch.__table__.c, Purge.__table__.c
_STILL_OPEN = (
    select(_CAMPAIGN.id)
    .where(_CAMPAIGN.id == bindparam("campaign_id"), Campaign.is_open)
    .where(exists().where(_EPOCH.id == bindparam("epoch_id"), _EPOCH.retired_at.is_(None)))
    # Its tags are gone, so whoever signed before would count twice.
    .where(~exists().where(_PURGE.campaign_id == _CAMPAIGN.id))
)
MAILS_A_DAY = 5
BALLOT_BLOCK_BYTES = 512
# What no key of a community begins with.
COUNTRY_ON_BALLOT = "country:"


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


@dataclass(frozen=True, slots=True, repr=False)
class SealedSignature:
    """What somebody sent, sealed and tagged, as it goes into the database if they have not signed before.

    The mail goes out at `mail_at`. Nobody else need wait while this is made, so it is made before the transaction
    begins, and `record_signatures` writes it. It has no repr, for it holds name, address and links.
    """

    campaign: CampaignView
    entry: Entry
    tag: bytes
    epoch: OpenEpoch
    keyring: Keyring
    now: datetime
    mail_at: datetime
    links: Links
    row: dict[str, object]
    mail: SealedMail


def seal_signature(
    *,
    campaign: CampaignView,
    entry: Entry,
    epoch: OpenEpoch | None,
    keyring: Keyring,
    now: datetime,
    mail_at: datetime | None = None,
) -> SealedSignature:
    """Seal what somebody filled in, and the mail that confirms it. Raises Refused if there is no key to seal to."""
    if epoch is None:
        raise Refused("there is no key to seal to; signing is not open yet")
    mail_at = mail_at or now
    tag = dedupe_tag(keyring.tags, campaign.id, entry.email.canonical)
    signature_id, links = uuid.uuid4(), new_links(tag, mail_at)
    row = {
        "id": signature_id,
        "campaign_id": campaign.id,
        "dedupe_tag": tag,
        "mails_on": now.date(),
        "mails_count": 1,
        **_pending_values(campaign, entry, epoch, signature_id, links, now),
    }
    mail = sealed_mail(_confirm_letter(campaign, entry, links), key=keyring.waiting, now=now, due_at=mail_at)
    return SealedSignature(campaign, entry, tag, epoch, keyring, now, mail_at, links, row, mail)


def record_signatures(session: Session, signatures: Sequence[SealedSignature]) -> list[None]:
    """Record signatures as pending and queue the mails that confirm them. None for each: the caller learns nothing.

    Somebody who is pending gets the mail again with what they filled in last; somebody confirmed gets a mail that says
    so; both at most `MAILS_A_DAY` times a day. Raises Refused if a campaign is not open; then none is to be committed.
    """
    # Asked again: it may have been closed or taken down, or the key retired, since the form was opened.
    for campaign_id, epoch_id in {(form.campaign.id, form.epoch.id) for form in signatures}:
        still_open = {"campaign_id": campaign_id, "epoch_id": epoch_id}
        if session.connection().execute(_STILL_OPEN, still_open).first() is None:
            raise Refused("this campaign cannot be signed now")
    # In one order, so that two processes who have the same people to write cannot wait for each other.
    ordered = sorted(signatures, key=lambda form: form.tag)
    new = insert_new_rows(session, Signature, [form.row for form in ordered])
    mails = [form.mail if form.row["id"] in new else _mail_to_known(session, form) for form in ordered]
    enqueue_mails(session, mails)
    return [None] * len(signatures)


def confirm(
    session: Session,
    *,
    token: str,
    communities: Iterable[str],
    keyring: Keyring,
    now: datetime,
    country: str = "",
) -> uuid.UUID:
    """Confirm the signature a mailed token belongs to; the id of its campaign. Doing it again changes nothing.

    `communities` and `country` are counted apart and never stored with the signature; the caller checks that there are
    such. Raises NotFound for every token that is not good, whatever the reason.
    """
    linked, hour = is_link(Signature.confirm_digest, token), hour_of(now)
    confirmed = session.execute(
        update(Signature)
        .where(linked, Signature.state == "pending", Signature.confirm_until > now)
        .values(state="confirmed", confirmed_hour=hour)
        .returning(Signature.campaign_id, Signature.language, Signature.source)
    ).one_or_none()
    if confirmed is not None:
        insert_rows(session, SignatureDelta, [{**confirmed._mapping, "hour": hour, "change": 1}])
        named = sorted({*communities, *([COUNTRY_ON_BALLOT + country] if country else [])})
        sealed = seal_waiting(keyring.waiting, named, block_bytes=BALLOT_BLOCK_BYTES)
        insert_rows(session, CommunityBallot, [{"campaign_id": confirmed.campaign_id, "sealed": sealed}])
        return cast(uuid.UUID, confirmed.campaign_id)
    repeated = session.scalar(
        select(Signature.campaign_id).where(linked, Signature.state == "confirmed", Signature.confirm_until > now)
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
    mail_at: datetime | None = None,
) -> None:
    """Mail the manage links of every signature this address has, if it has any and has had few mails today.

    The mail goes out now, or at `mail_at`.
    """
    found_links = []
    for campaign in campaigns:
        tag = dedupe_tag(keyring.tags, campaign.id, email.canonical)
        found = _with_tag(session, tag)
        if found is not None and _may_mail(found, now):
            links = new_links(tag, mail_at or now)
            found.manage_digest, found.manage_until = token_digest(links.manage_token), links.until
            found_links.append({**_named(campaign), "manage_token": links.manage_token})
    letter = Letter(email.typed, "manage", language, {"links": found_links}) if found_links else Letter.decoy()
    enqueue(session, letter, key=keyring.waiting, now=now, due_at=mail_at)


def _mail_to_known(session: Session, form: SealedSignature) -> SealedMail:
    """What somebody gets whose address has signed before: the link again, word that they are counted, or nothing."""
    found = _with_tag(session, form.tag)
    letter = Letter.decoy()
    # Somebody invalidated gets no word from a form: it is not pending, and it does not count.
    if found is not None and found.state != "invalidated" and _may_mail(found, form.now):
        letter = _letter_to_known(found, form)
    return sealed_mail(letter, key=form.keyring.waiting, now=form.now, due_at=form.mail_at)


def _letter_to_known(found: Signature, form: SealedSignature) -> Letter:
    links, entry = form.links, form.entry
    if found.state == "pending":
        for name, value in _pending_values(form.campaign, entry, form.epoch, found.id, links, form.now).items():
            setattr(found, name, value)
        return _confirm_letter(form.campaign, entry, links)
    found.manage_digest, found.manage_until = token_digest(links.manage_token), links.until
    values = {**_named(form.campaign), "manage_token": links.manage_token}
    return Letter(entry.email.typed, "already_signed", entry.language, values)


def _with_tag(session: Session, tag: bytes) -> Signature | None:
    return session.scalar(select(Signature).where(Signature.dedupe_tag == tag).with_for_update())


def _confirm_letter(campaign: CampaignView, entry: Entry, links: Links) -> Letter:
    values = {**_named(campaign), "confirm_token": links.confirm_token, "manage_token": links.manage_token}
    if entry.country:
        # It goes with the link, for nothing here could say which signature a ballot belongs to.
        values["country"] = entry.country
    return Letter(entry.email.typed, "confirm", entry.language, values)


def _named(campaign: CampaignView) -> dict[str, str]:
    """What a letter says of a campaign; by its id it is seen whether it was hidden while the letter waited."""
    return {"title": campaign.title, "campaign": campaign.id.hex}


def _pending_values(
    campaign: CampaignView, entry: Entry, epoch: OpenEpoch, signature_id: uuid.UUID, links: Links, now: datetime
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
        "state": "pending",
        "signed_hour": hour_of(now),
        "epoch_id": epoch.id,
        "sealed": seal(epoch.public_key, fields),
        "language": entry.language,
        "text_version": campaign.version,
        "source": entry.source,
        "wants_updates": entry.wants_updates,
        "public_name": entry.public_name,
        "confirm_digest": token_digest(links.confirm_token),
        "confirm_until": links.until,
        "manage_digest": token_digest(links.manage_token),
        "manage_until": links.until,
    }


def _may_mail(signature: Signature, now: datetime) -> bool:
    """Whether this signature may cause another mail today; counts it if so."""
    if signature.state not in OWNED_STATES:
        return False
    if signature.mails_on != now.date():
        signature.mails_on, signature.mails_count = now.date(), 0
    if signature.mails_count >= MAILS_A_DAY:
        return False
    signature.mails_count += 1
    return True
