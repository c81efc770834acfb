"""A letter: to whom, which template, in which language, with which values. Rendered only when it is sent."""

from dataclasses import dataclass
from typing import Any

from campaign.core.waiting_seal import open_waiting, seal_waiting

# Room for a usual letter. With the rest of its row it goes into a page of SQLite's; more would take a second page each.
_BLOCK_BYTES = 832


@dataclass(frozen=True, slots=True)
class Letter:
    """`template` names `templates/email/<template>.subject|txt`; `values` are strings or lists of string tables.

    A decoy goes to nobody. It is queued where a letter would be, so that what is asked takes as long either way.
    """

    to: str
    template: str
    language: str
    values: dict[str, Any]

    @classmethod
    def decoy(cls) -> "Letter":
        return cls("", "", "", {})

    @property
    def is_decoy(self) -> bool:
        return not self.to


def seal_letter(key: bytes, letter: Letter) -> bytes:
    """The letter under the waiting key, as stored in the outbox."""
    content = {"to": letter.to, "template": letter.template, "language": letter.language, "values": letter.values}
    return seal_waiting(key, content, block_bytes=_BLOCK_BYTES)


def open_letter(key: bytes, sealed: bytes) -> Letter:
    """The letter back. Raises SealingError under another key."""
    return Letter(**open_waiting(key, sealed))
