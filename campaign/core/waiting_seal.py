"""Seals what must wait in the database for minutes: a mail, a community ballot. The key is a file outside it."""

import json
import os
from typing import Any

from nacl.bindings import crypto_secretbox, crypto_secretbox_NONCEBYTES
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from campaign.core.errors import SealingError
from campaign.core.padding import pad, unpad


def seal_waiting(key: bytes, content: Any, *, block_bytes: int) -> bytes:
    """Encrypt a JSON value, padded to a multiple of `block_bytes` so that its length tells nothing."""
    plain = json.dumps(content, ensure_ascii=False).encode()
    nonce = os.urandom(crypto_secretbox_NONCEBYTES)
    size = (len(plain) // block_bytes + 1) * block_bytes
    return nonce + crypto_secretbox(pad(plain, size), nonce, key)


def open_waiting(key: bytes, sealed: bytes) -> Any:
    """The JSON value back. Raises SealingError under another key or after damage."""
    try:
        return json.loads(unpad(SecretBox(key).decrypt(sealed)))
    except (CryptoError, ValueError):
        raise SealingError("something waiting cannot be opened; is waiting.key the one it was sealed with?") from None
