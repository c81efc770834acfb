"""Random tokens for mailed links. The link carries the token; the database keeps only its SHA-256."""

import hashlib
import re
import secrets

_SHAPE = re.compile(r"^[A-Za-z0-9_-]{43}$")


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes | None:
    """What the database holds for a token, or None for text no token ever looks like."""
    return hashlib.sha256(token.encode("ascii")).digest() if _SHAPE.match(token) else None
