"""The keys that live outside the database: one file each in `<instance>/keys/`, made on first use.

Each key does one thing. Losing `tags` lets one person sign twice; losing `waiting` loses mail not yet sent and
community answers not yet counted; neither opens a signature. A stolen database without them tells nobody who signed.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from campaign.core.errors import ConfigError
from campaign.core.secret_files import write_once

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """`tags` keys the hashes that stand for an address; `waiting` seals what waits to be mailed or counted."""

    tags: bytes
    waiting: bytes

    @classmethod
    def load(cls, instance: Path) -> "Keyring":
        """Read the keys, or make those that do not exist yet. Raises ConfigError if a file is damaged or not ours."""
        folder = instance / "keys"
        return cls(tags=_key(folder / "tags.key"), waiting=_key(folder / "waiting.key"))


def _key(path: Path) -> bytes:
    try:
        written = path.read_text("ascii") if path.exists() else write_once(path, secrets.token_hex(_KEY_BYTES))
        key = bytes.fromhex(written.strip())
    except OSError as error:
        raise ConfigError(f"the key file {path.name} cannot be read: {error.strerror}; whose is it?") from None
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"the key file {path.name} is damaged; restore it from its own backup")
    return key
