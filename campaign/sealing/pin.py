"""The pin: which key signatures may be sealed to, written in a file that whoever can write the database cannot.

Somebody who swapped the public key in the database would read everybody who signs from then on. So the key's SHA-256
lies in `<instance>/keys/` as well, and nothing is sealed to a key that is not named there.

Each web machine has that folder of its own. So a change of keys is endorsed in the database: an HMAC over the old key
and the new one, under a key that lies in the folder too. A machine whose pin names the old key moves it on by itself,
and never back: nobody can endorse without the folder, and an earlier key was never endorsed after a later one.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from time import monotonic

from campaign.core.errors import ConfigError
from campaign.core.secret_files import write_once, write_over

log = logging.getLogger("campaign.keys")
# A file that somebody mends or swaps is noticed after this long, by processes that run.
_LOOK_AGAIN_SECONDS = 1.0


class PinState(StrEnum):
    """What the pin says of a key."""

    SAME = "same"
    OTHER = "other"
    NONE = "none"
    UNREADABLE = "unreadable"


class Pin:
    """The file of this site, or of its demo. Asking costs no look at the file but once a second."""

    def __init__(self, instance: Path, *, is_demo: bool, key: bytes) -> None:
        """`key` is `tags.key`, which every machine of the site has."""
        self._key = hmac.digest(key, b"campaign change of keys", hashlib.sha256)
        self.path = instance / "keys" / ("sealing-demo.pin" if is_demo else "sealing.pin")
        self._last: tuple[bytes, bool, float] = (b"", False, 0.0)
        self._look_further_at = 0.0

    def holds(self, public_key: bytes) -> bool:
        """Whether signatures may be sealed to this key.

        Where there is no pin, as on a site from before there were any, this key is pinned. Without a file nobody can
        tell which key is right, and whoever can take the file away needs no such trick.
        """
        key, answer, until = self._last
        now = monotonic()
        if key != public_key or now >= until:
            answer = self._adopted(public_key)
            self._last = (public_key, answer, now + _LOOK_AGAIN_SECONDS)
        return answer

    def may_look_further(self) -> bool:
        """Whether it is worth asking the database for endorsements; once a second it is."""
        if monotonic() < self._look_further_at:
            return False
        self._look_further_at = monotonic() + _LOOK_AGAIN_SECONDS
        return True

    def endorsement(self, public_key: bytes, *, after: bytes) -> bytes:
        """What lets other machines move their pin from the key in use to this one."""
        return hmac.digest(self._key, after + public_key, hashlib.sha256)

    def leads_to(self, public_key: bytes, endorsed: Iterable[tuple[bytes, bytes | None]]) -> bool:
        """Whether changes of keys that this site endorsed lead from the pinned key to this one. Changes nothing.

        `endorsed` are all public keys with their endorsements, in any order.
        """
        if self.state(public_key) is not PinState.OTHER:
            return False
        keys = list(endorsed)
        reached = {key for key, _ in keys if self.state(key) is PinState.SAME}
        for _ in keys:
            further = {
                key
                for key, said in keys
                if said and any(hmac.compare_digest(said, self.endorsement(key, after=old)) for old in reached)
            }
            if further <= reached:
                break
            reached |= further
        return public_key in reached

    def state(self, public_key: bytes) -> PinState:
        """What the file says now. Changes nothing."""
        try:
            pinned = self._read()
        except (OSError, ValueError):
            return PinState.UNREADABLE
        if pinned is None:
            return PinState.NONE
        return PinState.SAME if _digest(public_key) in pinned else PinState.OTHER

    def let_in(self, public_key: bytes, *, beside: bytes | None) -> None:
        """Pin a key beside those pinned already, or beside the one in use where nothing is pinned yet.

        Done before the change of keys is committed: whether that commit reaches the disk or not, signing goes on.
        Raises ConfigError if the file cannot be written.
        """
        try:
            before = self._read()
        except (OSError, ValueError):
            before = set()
        if before is None:
            before = set() if beside is None else {_digest(beside)}
        self._write(before | {_digest(public_key)})

    def keep_only(self, public_key: bytes) -> None:
        """Let go of every other key: a change of keys is done. Raises ConfigError if the file cannot be written."""
        self._write({_digest(public_key)})
        self._last = (b"", False, 0.0)

    def _adopted(self, public_key: bytes) -> bool:
        found = self.state(public_key)
        if found is PinState.NONE:
            try:
                write_once(self.path, f"{_digest(public_key)}\n")
            except ConfigError as error:
                log.error("%s; nobody can sign until it can be", error)
                return False
            # Another process may have pinned another key at the same moment.
            found = self.state(public_key)
        return found is PinState.SAME

    def _read(self) -> set[str] | None:
        try:
            lines = self.path.read_text("ascii").split()
        except FileNotFoundError:
            return None
        if not lines or any(len(bytes.fromhex(line)) != hashlib.sha256().digest_size for line in lines):
            raise ValueError("no pin")
        return set(lines)

    def _write(self, digests: set[str]) -> None:
        write_over(self.path, "".join(f"{digest}\n" for digest in sorted(digests)))


def _digest(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()
