"""The paper copy: the secret key itself, written so that a person can type it from paper.

Four lines of four groups of four letters and digits (base32). Each line holds eight bytes of the key and two of a check
that depends on the line's number, so that a slip is found and its line named. `static/js/key-paper.js` does the same.
"""

import hashlib
import re
from base64 import b32decode, b32encode

from campaign.core.errors import SealingError

PAPER_LINES = 4
_PART_BYTES, _LINE_CHARACTERS, _GROUP = 8, 16, 4
# What people read for something else; none of these is in base32's alphabet.
_MISREAD = str.maketrans("018", "OIB")


def paper_lines(secret_key: bytes) -> list[str]:
    """The lines to print, each four groups with spaces between."""
    lines = []
    for number in range(PAPER_LINES):
        part = secret_key[number * _PART_BYTES : (number + 1) * _PART_BYTES]
        written = b32encode(part + _check(number, part)).decode("ascii")
        lines.append(" ".join(written[start : start + _GROUP] for start in range(0, _LINE_CHARACTERS, _GROUP)))
    return lines


def read_paper(text: str) -> bytes:
    """The secret key that somebody typed from paper. Raises SealingError, which names the line that is not right."""
    written = re.sub(r"[^A-Z2-7]", "", text.upper().translate(_MISREAD))
    if len(written) != PAPER_LINES * _LINE_CHARACTERS:
        raise SealingError(
            f"a paper copy has {PAPER_LINES} lines of {_LINE_CHARACTERS} letters and digits; "
            f"{len(written)} of {PAPER_LINES * _LINE_CHARACTERS} were typed"
        )
    secret = b""
    for number in range(PAPER_LINES):
        line = b32decode(written[number * _LINE_CHARACTERS : (number + 1) * _LINE_CHARACTERS])
        part, check = line[:_PART_BYTES], line[_PART_BYTES:]
        if check != _check(number, part):
            raise SealingError(f"line {number + 1} of the paper copy is not typed right; compare each letter")
        secret += part
    return secret


def _check(number: int, part: bytes) -> bytes:
    return hashlib.sha256(b"campaign paper key" + bytes([number]) + part).digest()[: _LINE_CHARACTERS * 5 // 8 - 8]
