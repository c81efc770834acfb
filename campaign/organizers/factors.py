"""The second factor by code: an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hashlib
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from campaign.core.errors import SealingError
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.organizers.models import Passkey, RecoveryCode, TotpFactor

STEP_SECONDS = 30
RECOVERY_CODES = 10
_BLOCK_BYTES = 64
# Read over the telephone or from paper: no letter or digit that looks like another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LETTERS = 16


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can show besides a password."""

    has_totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        return self.has_totp or self.passkeys > 0


def factors_of(session: Session, organizer_id: uuid.UUID) -> Factors:
    """What this organizer has set up."""

    def number(model: type[TotpFactor | Passkey | RecoveryCode]) -> int:
        query = select(func.count()).select_from(model).where(model.organizer_id == organizer_id)
        return session.scalar(query) or 0

    return Factors(number(TotpFactor) > 0, number(Passkey), number(RecoveryCode))


def new_secret() -> str:
    """A secret for an authenticator app: 160 random bits in Base32."""
    return str(_pyotp().random_base32())


def otpauth_uri(secret: str, *, login: str, site: str) -> str:
    """What an app reads from the QR code."""
    return str(_pyotp().TOTP(secret).provisioning_uri(name=login, issuer_name=site))


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step this code belongs to: the present one, or the one before or after; None if it is no such code."""
    typed = _with_plain_digits("".join(code.split()))
    totp, present = _pyotp().TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(str(totp.at(step * STEP_SECONDS)).encode(), typed.encode("utf-8", "replace")):
            return step
    return None


def add_totp(session: Session, organizer_id: uuid.UUID, *, secret: str, step: int, key: bytes, now: datetime) -> None:
    """Let codes of this secret count, but not the one of `step`, which proved that the app has it."""
    session.execute(delete(TotpFactor).where(TotpFactor.organizer_id == organizer_id))
    sealed = seal_waiting(key, secret, block_bytes=_BLOCK_BYTES)
    session.add(TotpFactor(organizer_id=organizer_id, sealed=sealed, last_step=step, added_at=now))
    session.flush()


def accept_totp(session: Session, organizer_id: uuid.UUID, code: str, *, key: bytes, now: datetime) -> bool:
    """Whether this is a code of theirs that was not used before. Of two who use the same one at once, one is right."""
    sealed = session.scalar(select(TotpFactor.sealed).where(TotpFactor.organizer_id == organizer_id))
    if sealed is None:
        return False
    try:
        step = matching_step(str(open_waiting(key, sealed)), code, now=now)
    except SealingError:
        # Sealed under a key that is gone; `campaign organizer reset-factors` helps.
        return False
    if step is None:
        return False
    taken = session.execute(
        update(TotpFactor)
        .where(TotpFactor.organizer_id == organizer_id, TotpFactor.last_step < step)
        .values(last_step=step)
        .returning(TotpFactor.organizer_id)
    )
    return taken.first() is not None


def remove_totp(session: Session, organizer_id: uuid.UUID) -> None:
    session.execute(delete(TotpFactor).where(TotpFactor.organizer_id == organizer_id))


def new_recovery_codes(session: Session, organizer_id: uuid.UUID) -> list[str]:
    """Ten codes to be shown once; those before work no more."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS)) for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.organizer_id == organizer_id))
    session.add_all(RecoveryCode(organizer_id=organizer_id, digest=_digest(code)) for code in codes)
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, _CODE_LETTERS, 4)) for code in codes]


def accept_recovery_code(session: Session, organizer_id: uuid.UUID, code: str) -> bool:
    """Whether this is a code of theirs; it is used up by that."""
    used = session.execute(
        delete(RecoveryCode)
        .where(RecoveryCode.organizer_id == organizer_id, RecoveryCode.digest == _digest(code))
        .returning(RecoveryCode.organizer_id)
    )
    return used.first() is not None


def reset_factors(session: Session, organizer_id: uuid.UUID) -> None:
    """Forget every factor of somebody who has lost them all; the next login asks them to set up another."""
    for model in (TotpFactor, Passkey, RecoveryCode):
        session.execute(delete(model).where(model.organizer_id == organizer_id))


def _digest(code: str) -> bytes:
    # 79 random bits: a plain hash of them cannot be tried out.
    letters = "".join(letter for letter in _with_plain_digits(code.lower()) if letter in _ALPHABET)
    return hashlib.sha256(letters.encode("ascii")).digest()


def _with_plain_digits(code: str) -> str:
    """A Persian or Arabic keyboard has digits of its own; an app shows them too."""
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in code)


# Loaded when somebody logs in: a server that answers has no use for it yet.
@cache
def _pyotp() -> Any:
    return import_module("pyotp")
