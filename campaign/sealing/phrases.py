"""Phrases: seven words that a person keeps on paper, and the secret key locked with them.

Argon2id and secretbox as libsodium does them, with parameters stored beside the result, so that libsodium.js unlocks in
the browser what was locked here. Words: the EFF's large list (see eff_large_wordlist.LICENSE.txt).
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from campaign.core.errors import SealingError

PHRASE_WORDS = 7
_OPSLIMIT = 3
_MEMLIMIT_BYTES = 64 * 1024 * 1024
# Parameters come with a downloaded file. A damaged or hostile one must not make the organizer's machine stall.
_MOST_OPSLIMIT = 16
_MOST_MEMLIMIT_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A secret key locked with a phrase, and what is needed besides the phrase to unlock it."""

    salt: bytes
    opslimit: int
    memlimit_bytes: int
    nonce: bytes
    ciphertext: bytes


@cache
def word_list() -> tuple[str, ...]:
    """The 7,776 words."""
    return tuple(resources.files(__package__).joinpath("eff_large_wordlist.txt").read_text("ascii").split())


def new_phrase() -> str:
    """Seven random words with spaces between: 90 bits, which no thief of the database can try out."""
    return " ".join(secrets.choice(word_list()) for _ in range(PHRASE_WORDS))


def normal_phrase(text: str) -> str:
    """The letters a–z of a phrase, whatever else was typed: capitals, line breaks, hyphens, numbers from a list.

    Loses nothing: no word of the list begins another once hyphens are gone (only `yo-yo` and `yoyo` become one).
    """
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKC", text).lower())


def wrap(secret_key: bytes, phrase: str) -> Wrapped:
    """Lock a secret key with a phrase. Takes about a tenth of a second and 64 MiB, on purpose."""
    salt, nonce = random(pwhash.argon2id.SALTBYTES), random(SecretBox.NONCE_SIZE)
    box = _box(phrase, salt, _OPSLIMIT, _MEMLIMIT_BYTES)
    return Wrapped(salt, _OPSLIMIT, _MEMLIMIT_BYTES, nonce, box.encrypt(secret_key, nonce).ciphertext)


def unwrap(wrapped: Wrapped, phrase: str) -> bytes:
    """Unlock a secret key. Raises SealingError if the phrase is not the one, or what is locked was damaged."""
    if not is_bearable(wrapped):
        raise SealingError("this key asks for more memory or time than any key of ours")
    try:
        box = _box(phrase, wrapped.salt, wrapped.opslimit, wrapped.memlimit_bytes)
        return box.decrypt(wrapped.ciphertext, wrapped.nonce)
    except CryptoError:
        raise SealingError("the phrase does not open this key") from None


def is_bearable(wrapped: Wrapped) -> bool:
    """Whether unlocking takes no more time and memory than anybody's machine has."""
    return 0 < wrapped.opslimit <= _MOST_OPSLIMIT and 0 < wrapped.memlimit_bytes <= _MOST_MEMLIMIT_BYTES


def is_strong(wrapped: Wrapped) -> bool:
    """Whether trying out phrases takes as long as it does with what is locked here."""
    return wrapped.opslimit >= _OPSLIMIT and wrapped.memlimit_bytes >= _MEMLIMIT_BYTES


def _box(phrase: str, salt: bytes, opslimit: int, memlimit_bytes: int) -> SecretBox:
    password = normal_phrase(phrase).encode("ascii")
    return SecretBox(pwhash.argon2id.kdf(SecretBox.KEY_SIZE, password, salt, opslimit, memlimit_bytes))
