"""What is sealed of what people send in, and what it may be.

Sealed under `waiting.key`, which lies outside the database: moderators read it at the desk without the phrase that
opens signature lists, and a stolen database without that key reads nothing. With the text goes the id of its row, so a
box put into another row is noticed.
"""

import uuid
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from campaign.conversation.contact_data import found_in
from campaign.core.errors import Invalid, SealingError
from campaign.core.waiting_seal import open_waiting, seal_waiting

# Of letters; a message is read beside others.
LONGEST_MESSAGE = 500
LONGEST_STATEMENT = 500
LONGEST_URL = 300
# The longest there can be, in the longest letters, with what goes around it: all boxes have one size.
_BLOCK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Words:
    """A message, checked. `audience` is one of `AUDIENCES`; with a reservation the text says what is not shared."""

    text: str
    has_reservation: bool
    audience: str
    language: str

    @property
    def held_for(self) -> tuple[str, ...]:
        return found_in(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """An organization's endorsement, checked. `country` is a code, `url` http(s); both may be empty, and `text`."""

    name: str
    country: str
    url: str
    text: str
    language: str

    @property
    def held_for(self) -> tuple[str, ...]:
        return found_in(f"{self.name}\n{self.text}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a box held: a message, or a statement with the contact's address until somebody approved it."""

    text: str = ""
    has_reservation: bool = False
    name: str = ""
    country: str = ""
    url: str = ""
    email: str = ""


def checked_url(text: str) -> str:
    """The address of an organization's own pages, or "" for none. Raises Invalid unless it is a plain http(s) one."""
    url = text.strip()
    if not url:
        return ""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Invalid("not an address of a page", field="url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Invalid("not an address of a page", field="url") from None
    labels = host.split(".")
    is_name = len(labels) > 1 and all(labels) and not labels[-1].isdecimal()
    if parts.scheme not in ("http", "https") or not is_name or parts.username is not None:
        raise Invalid("not an address of a page", field="url")
    return url


def seal_words(key: bytes, submission_id: uuid.UUID, words: Words) -> bytes:
    """A message, as stored."""
    return _seal(key, submission_id, Opened(text=words.text, has_reservation=words.has_reservation))


def seal_statement(key: bytes, submission_id: uuid.UUID, statement: Statement, *, email: str) -> bytes:
    """An endorsement, as stored, with the address of its contact."""
    opened = Opened(statement.text, False, statement.name, statement.country, statement.url, email)
    return _seal(key, submission_id, opened)


def without_address(key: bytes, submission_id: uuid.UUID, sealed: bytes) -> bytes:
    """The same, sealed again without the address of the contact."""
    return _seal(key, submission_id, Opened(**{**asdict(open_box(key, submission_id, sealed)), "email": ""}))


def open_box(key: bytes, submission_id: uuid.UUID, sealed: bytes) -> Opened:
    """What is in the box of this row. Raises SealingError under another key, or if the box is another row's."""
    content: dict[str, Any] = open_waiting(key, sealed)
    if content.pop("submission") != submission_id.hex:
        raise SealingError("a sealed text lies in a row that it was not written for")
    return Opened(**content)


def _seal(key: bytes, submission_id: uuid.UUID, opened: Opened) -> bytes:
    return seal_waiting(key, {"submission": submission_id.hex, **asdict(opened)}, block_bytes=_BLOCK_BYTES)
