"""Whether the key files are those this database was made with.

A key that is missing is made anew at start, and from a key nobody can tell whether it is the right one: with another
`tags.key` everybody could sign a second time, unnoticed. So the database holds a check of each key: a keyed hash of a
fixed word, from which 256 random bits cannot be guessed.
"""

import hashlib
import hmac

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaign.core.db import Model, insert_if_new
from campaign.core.keyring import Keyring


class KeyCheck(Model):
    """`name` is that of the key's file, without its ending."""

    __tablename__ = "key_check"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary(32))


def note_keys(session: Session, keyring: Keyring) -> None:
    """Remember the keys this database is used with, if it does not know any yet. Needs the newest tables."""
    for name, value in _values(keyring).items():
        insert_if_new(session, KeyCheck, {"name": name, "value": value})


def adopt_keys(session: Session, keyring: Keyring) -> None:
    """Take these keys for the right ones from now on, whatever was known before."""
    for name, value in _values(keyring).items():
        session.merge(KeyCheck(name=name, value=value))


def other_keys(session: Session, keyring: Keyring) -> list[str]:
    """The names of keys that are not those this database knows, in alphabetical order."""
    known = {row.name: row.value for row in session.scalars(select(KeyCheck))}
    return [name for name, value in _values(keyring).items() if known.get(name, value) != value]


def _values(keyring: Keyring) -> dict[str, bytes]:
    keys = {"tags": keyring.tags, "waiting": keyring.waiting}
    return {
        name: hmac.digest(key, f"campaign key check: {name}".encode(), hashlib.sha256) for name, key in keys.items()
    }
