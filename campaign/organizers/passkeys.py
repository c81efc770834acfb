"""The second factor by passkey (WebAuthn, https://www.w3.org/TR/webauthn-3/): nothing to type, nothing to phish.

The browser's part is `static/js/passkey.js`. What it signs is a challenge kept with the session, good for one try.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from campaign.core.errors import Refused
from campaign.core.text_rules import check_name
from campaign.organizers.models import Passkey

MOST_PASSKEYS = 10
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site as passkeys know it. A passkey made for one host is good for no other."""

    name: str
    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A passkey as its owner sees it."""

    id: uuid.UUID
    name: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked: `options` as JSON for `navigator.credentials`, and the challenge in it."""

    options: str
    challenge: bytes


def load_webauthn() -> None:
    """Load the library, half a second the first time: before a transaction, or nobody could sign meanwhile."""
    _webauthn()
    _structs()


def passkeys_of(session: Session, organizer_id: uuid.UUID) -> list[KnownPasskey]:
    """By name."""
    rows = session.scalars(select(Passkey).where(Passkey.organizer_id == organizer_id).order_by(Passkey.name))
    return [KnownPasskey(row.id, row.name, row.added_at) for row in rows]


def ask_to_make(session: Session, organizer_id: uuid.UUID, *, login: str, party: RelyingParty) -> Asked:
    """Ask for a new passkey, of a device that does not hold one of theirs yet."""
    webauthn = _webauthn()
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=organizer_id.bytes,
        user_name=login,
        exclude_credentials=_descriptors(session, organizer_id),
        authenticator_selection=_structs().AuthenticatorSelectionCriteria(
            resident_key=_structs().ResidentKeyRequirement.PREFERRED,
            user_verification=_structs().UserVerificationRequirement.PREFERRED,
        ),
    )
    return Asked(webauthn.options_to_json(options), options.challenge)


def add_passkey(
    session: Session,
    organizer_id: uuid.UUID,
    *,
    answer: str,
    challenge: bytes,
    name: str,
    party: RelyingParty,
    now: datetime,
) -> None:
    """Keep what the browser made. Raises Refused if it is not what was asked for, BadText for a bad name."""
    name = check_name(name)[:_LONGEST_NAME]
    number = len(passkeys_of(session, organizer_id))
    if number >= MOST_PASSKEYS:
        raise Refused(f"there are {MOST_PASSKEYS} passkeys already; remove one first")
    try:
        made = _webauthn().verify_registration_response(
            credential=json.loads(answer),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except Exception:  # noqa: BLE001 - the library lets errors of its parsers through, and they quote the answer
        raise Refused("the browser's answer is not the one asked for") from None
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise Refused("this passkey is known already")
    session.add(
        Passkey(
            id=uuid.uuid4(),
            organizer_id=organizer_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            added_at=now,
        )
    )
    session.flush()


def ask_to_show(session: Session, organizer_id: uuid.UUID, *, party: RelyingParty) -> Asked:
    """Ask for a signature by one of their passkeys."""
    webauthn = _webauthn()
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        allow_credentials=_descriptors(session, organizer_id),
        user_verification=_structs().UserVerificationRequirement.PREFERRED,
    )
    return Asked(webauthn.options_to_json(options), options.challenge)


def accept_passkey(
    session: Session, organizer_id: uuid.UUID, *, answer: str, challenge: bytes, party: RelyingParty
) -> bool:
    """Whether one of this organizer's passkeys has signed the challenge, for this site."""
    try:
        credential = json.loads(answer)
        credential_id = _webauthn().base64url_to_bytes(credential["rawId"])
    except (KeyError, TypeError, ValueError):
        return False
    row = session.scalar(
        select(Passkey).where(Passkey.organizer_id == organizer_id, Passkey.credential_id == credential_id)
    )
    if row is None:
        return False
    try:
        shown = _webauthn().verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            # A count that does not grow is a copied key; most passkeys are synchronised and always say 0.
            credential_current_sign_count=row.sign_count,
        )
    except Exception:  # noqa: BLE001 - the library lets errors of its parsers through, and they quote the answer
        return False
    session.execute(update(Passkey).where(Passkey.id == row.id).values(sign_count=shown.new_sign_count))
    return True


def remove_passkey(session: Session, organizer_id: uuid.UUID, passkey_id: uuid.UUID) -> bool:
    """Forget one; whether it was theirs."""
    gone = session.execute(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.organizer_id == organizer_id).returning(Passkey.id)
    )
    return gone.first() is not None


def _descriptors(session: Session, organizer_id: uuid.UUID) -> list[Any]:
    ids = session.scalars(select(Passkey.credential_id).where(Passkey.organizer_id == organizer_id))
    return [_structs().PublicKeyCredentialDescriptor(id=credential_id) for credential_id in ids]


# Loaded when somebody uses a passkey: they bring half a second of imports.
@cache
def _webauthn() -> Any:
    return import_module("webauthn")


@cache
def _structs() -> Any:
    return import_module("webauthn.helpers.structs")
