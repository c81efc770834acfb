"""Seals what must wait in the database for minutes: a mail, a community ballot. The key is a file outside it."""

import json
from typing import Any

from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from campaign.core.errors import SealingError


def seal_waiting(key: bytes, content: Any, *, block_bytes: int) -> bytes:
    """Encrypt a JSON value, padded to a multiple of `block_bytes` so that its length tells nothing."""
    plain = json.dumps(content, ensure_ascii=False).encode()
    return bytes(SecretBox(key).encrypt(sodium_pad(plain, block_bytes)))


def open_waiting(key: bytes, sealed: bytes, *, block_bytes: int) -> Any:
    """The JSON value back. Raises SealingError under another key or after damage."""
    try:
        return json.loads(sodium_unpad(SecretBox(key).decrypt(sealed), block_bytes))
    except (CryptoError, ValueError):
        raise SealingError("something waiting cannot be opened; is waiting.key the one it was sealed with?") from None
