"""A small box sealed to each key, for holders to try their phrase on: what opens it opens the lists."""

import hashlib
import hmac
import secrets

from nacl import bindings
from nacl.exceptions import CryptoError
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.errors import SealingError
from campaign.sealing.boxes import KeyPair
from campaign.sealing.models import Epoch

_CONTENT_BYTES = 32


def add_trial_box(epoch: Epoch) -> None:
    """Seal random bytes to the key and keep their hash; the bytes themselves are forgotten. Raises SealingError."""
    content = secrets.token_bytes(_CONTENT_BYTES)
    try:
        epoch.test_box = bindings.crypto_box_seal(content, epoch.public_key)
    except CryptoError:
        raise SealingError("this is no key") from None
    epoch.test_digest = hashlib.sha256(content).digest()


def add_missing_trial_boxes(session: Session) -> None:
    """The same for keys from before there were boxes to try."""
    for epoch in session.scalars(select(Epoch).where(Epoch.test_digest.is_(None))):
        add_trial_box(epoch)
    session.flush()


def opened_trial_box(test_box: bytes, pair: KeyPair) -> bytes:
    """What is in the box. Raises SealingError if it is sealed to another key."""
    try:
        return bindings.crypto_box_seal_open(test_box, pair.public_key, pair.secret_key)
    except CryptoError:
        raise SealingError("this key does not open the box to try it on") from None


def has_opened(epoch: Epoch, content: bytes) -> bool:
    """Whether this is what was in the epoch's box, which only who opened it can know."""
    digest = epoch.test_digest
    return digest is not None and hmac.compare_digest(hashlib.sha256(content).digest(), digest)
