"""Sealed boxes: what a signatory wrote, readable only with a secret key that the server does not have.

Owns the plaintext's form (JSON, padded) and nothing about where boxes or keys are kept. The page that opens lists in
the browser, `static/js/list-sealed.js`, reads the same form.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from nacl import bindings
from nacl.exceptions import CryptoError

from campaign.core.errors import SealingError
from campaign.core.padding import pad, unpad

SMALLEST_BYTES = 512


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both halves of a key, 32 bytes each. The secret half stays out of reprs, so out of logs."""

    public_key: bytes
    secret_key: bytes = field(repr=False)

    @classmethod
    def of_secret(cls, secret_key: bytes) -> "KeyPair":
        """The pair that a secret half belongs to."""
        return cls(bindings.crypto_scalarmult_base(secret_key), secret_key)


def new_key_pair() -> KeyPair:
    """A fresh X25519 key pair."""
    return KeyPair(*bindings.crypto_box_keypair())


def seal(public_key: bytes, fields: Mapping[str, str]) -> bytes:
    """Seal the fields to a public key.

    `fields` include `campaign` (slug) and `signature` (row id in hex): without them a box could be moved to another row
    unnoticed. The box is 512, 1024, 2048 … bytes and 48 more, so that its length tells nothing about a usual name.
    Raises SealingError if a field is not text that UTF-8 can hold, or the key is no key.
    """
    if not fields.get("campaign") or not fields.get("signature"):
        raise SealingError("a sealed box names its campaign and its signature")
    try:
        plain = json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")).encode()
        return bindings.crypto_box_seal(pad(plain, _padded_size(len(plain))), public_key)
    except (UnicodeEncodeError, CryptoError):
        # `from None`: the first of these errors holds the text itself, and errors are logged.
        raise SealingError("this cannot be sealed") from None


def open_sealed(secret_key: bytes, blob: bytes) -> dict[str, str]:
    """Open one box. Raises SealingError if it is damaged, sealed to another key, or holds no fields."""
    return open_with(KeyPair.of_secret(secret_key), blob)


def open_row(secret_key: bytes, blob: bytes, *, campaign: str, signature: str) -> dict[str, str]:
    """Open the box of one row and see that it is this row's. Raises SealingError as `open_sealed`, or if it is not."""
    return open_row_with(KeyPair.of_secret(secret_key), blob, campaign=campaign, signature=signature)


def open_row_with(pair: KeyPair, blob: bytes, *, campaign: str, signature: str) -> dict[str, str]:
    """As `open_row`, for opening many rows: working out the public half each time would take as long as opening."""
    fields = open_with(pair, blob)
    if fields.get("campaign") != campaign or fields.get("signature") != signature:
        raise SealingError("this box belongs to another row")
    return fields


def open_with(pair: KeyPair, blob: bytes) -> dict[str, str]:
    """As `open_sealed`, for a pair whose public half is known already."""
    try:
        padded = bindings.crypto_box_seal_open(blob, pair.public_key, pair.secret_key)
        if len(padded) < SMALLEST_BYTES:
            raise SealingError("this box is damaged")
        # orjson takes no half characters ("\\ud800"), which JSON can spell and no file can hold.
        fields = orjson.loads(unpad(padded))
    except (CryptoError, ValueError):
        raise SealingError("this box is damaged, or sealed to another key") from None
    if not isinstance(fields, dict) or {*map(type, fields.values())} - {str}:
        raise SealingError("this box holds something else than a signature")
    return fields


def _padded_size(plain_bytes: int) -> int:
    size = SMALLEST_BYTES
    # Padding is at least one byte long: it is how the end of the plaintext is found again.
    while size <= plain_bytes:
        size *= 2
    return size
