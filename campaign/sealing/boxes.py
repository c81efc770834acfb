"""Sealed boxes: what a signatory wrote, readable only with a secret key that the server does not have.

Owns the plaintext's form (JSON, padded) and nothing about where boxes or keys are kept. The page that opens lists in
the browser, `static/js/list-sealed.js`, reads the same form.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

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
    return open_all([KeyPair.of_secret(secret_key)], [blob])[0]


def open_all(pairs: Iterable[KeyPair], blobs: Iterable[bytes]) -> list[dict[str, str]]:
    """Open boxes, each with its key. Raises SealingError if one of them does not open, and does not say which.

    Whether a box belongs to the row it lies in is for the caller to see: its fields name both.
    """
    open_box = bindings.crypto_box_seal_open
    try:
        padded = [open_box(blob, pair.public_key, pair.secret_key) for pair, blob in zip(pairs, blobs, strict=True)]
        # orjson takes no half characters ("\\ud800"), which JSON can spell and no file can hold.
        opened = [orjson.loads(unpad(text)) for text in padded]
    except (CryptoError, ValueError):
        raise SealingError("this box is damaged, or sealed to another key") from None
    if any(len(text) < SMALLEST_BYTES for text in padded):
        raise SealingError("this box is damaged")
    if {*map(type, opened)} - {dict} or {*map(type, chain.from_iterable(map(dict.values, opened)))} - {str}:
        raise SealingError("this box holds something else than a signature")
    return opened


def _padded_size(plain_bytes: int) -> int:
    size = SMALLEST_BYTES
    # Padding is at least one byte long: it is how the end of the plaintext is found again.
    while size <= plain_bytes:
        size *= 2
    return size
