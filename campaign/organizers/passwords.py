"""Passwords as Argon2id hashes. Checking one takes a tenth of a second on purpose: never do it inside a transaction."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


def hashed(password: str) -> str:
    """What is stored for a password."""
    return _HASHER.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether it is the password behind `stored`. None stands for an account that does not exist: never right."""
    # For either kind of login, so that the first answer of a process takes equally long too.
    nobodys = _nobodys()
    try:
        return _HASHER.verify(stored or nobodys, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """Checked when a login does not exist, so that the answer takes as long as for one that does."""
    return _HASHER.hash("nobody has this password")
