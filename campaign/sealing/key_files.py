"""Key files: a secret of 256 bits in a file, for whoever would rather keep a file than a phrase.

The secret is written with the letters a–p, a letter for four bits, because a phrase is its letters (`normal_phrase`):
so a key file locks and unlocks as a phrase does, with the same code everywhere. `static/js/key-files.js` does the same.
"""

import re
import secrets

from campaign.core.errors import SealingError

_FIRST_LINE = "campaign-key-file/1"
_SECRET_BYTES = 32
_SECRET = re.compile(f"[a-p]{{{_SECRET_BYTES * 2}}}")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def new_file_secret() -> str:
    """64 random letters, to be used as a phrase."""
    return secrets.token_hex(_SECRET_BYTES).translate(_LETTERS)


def key_file_text(secret: str, *, fingerprint: str) -> str:
    """What to write into the file. The fingerprint of the public key tells its owner later what it is for."""
    return f"{_FIRST_LINE}\nkey {fingerprint}\n{secret}\n"


def read_key_file(text: str) -> str:
    """The secret in a key file, as a phrase. Raises SealingError if it is none."""
    lines = text.replace("\r", "").split("\n")
    if len(lines) < 3 or lines[0].strip() != _FIRST_LINE or not _SECRET.fullmatch(lines[2].strip()):
        raise SealingError("this is not a key file, or it is damaged")
    return lines[2].strip()
