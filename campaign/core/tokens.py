"""Random tokens, for mailed links and for logins. A link carries the token; the database keeps only its SHA-256."""

import base64
import binascii
import hashlib
import secrets

_TAG_BYTES = 32
_SECRET_BYTES = 16


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_link_token(tag: bytes) -> str:
    """The tag of 32 bytes by which a row is found, then 128 random bits, together 64 URL-safe characters.

    With random bits alone the database would need an index of digests: one more page written at a random place for each
    link of each row, and with millions of rows the slowest part of signing.
    """
    return base64.urlsafe_b64encode(tag + secrets.token_bytes(_SECRET_BYTES)).decode()


def tag_of(token: str) -> bytes | None:
    """The tag in a link's token; None if the text is no such token."""
    try:
        content = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return content[:_TAG_BYTES] if len(content) == _TAG_BYTES + _SECRET_BYTES else None


def token_digest(token: str) -> bytes:
    """What the database holds for a token. Any text has a digest; only a mailed one is found."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
