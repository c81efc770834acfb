"""Random tokens for mailed links. The link carries the token; the database keeps only its SHA-256."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What the database holds for a token. Any text has a digest; only a mailed one is found."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
