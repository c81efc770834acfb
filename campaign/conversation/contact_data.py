"""Finds in a text what could lead to somebody: links, addresses, telephone numbers, names on networks.

Whoever writes in public may not publish where somebody else can be reached, nor advertise. What is found holds a text
for a moderator to look at twice; it refuses nothing, because a machine cannot tell a telephone number from a case
number. So it rather finds too much than too little.
"""

import re
import unicodedata

HOLDS = ("link", "email", "phone", "handle")

_EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+")
_LINK = re.compile(
    r"""\b(?:https?|ftp|mailto|tel|tg|javascript|data)\s?:
      | \bwww\s?\.
      | [\w-]\.(?:[a-z]{2,24}|xn--[\w-]+|ایران|بازار|موقع|شبكة)\b
      | \w\s+\.\s*(?:com|org|net|ir|me|info)\b
      | \w\s*[(\[{]\s*(?:dot|at|نقطه|دات)\s*[)\]}]
    """,
    re.VERBOSE,
)
_PHONE = re.compile(r"(?:\d[\s().·\-‐-―/_*]*){6,}\d")
# Digits as words, in the languages that the program speaks; Persian ones also as an Arabic keyboard writes them. A
# moderator reads every text, so what is spelled in another language is read too, if not pointed out.
_DIGIT_WORD = (
    "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|صفر|[یي][کك]|دو|سه|چهار|چار|پنج|شش|ش[یي]ش|هفت|هشت|نه)"
)
_SPELLED_RUN = re.compile(rf"(?:(?<!\w)(?:{_DIGIT_WORD}|\d+)(?!\w)[\W_]*){{2,}}")
_SPELLED_PART = re.compile(rf"{_DIGIT_WORD}|\d+")
_FEWEST_WORDS, _FEWEST_DIGITS = 3, 7
_HANDLE = re.compile(
    r"""(?<!\w)@\s?\w{2,}
      | \b(?:telegram|whatsapp|instagram|facebook|signal|twitter)\s*[:=]\s*\w
      | \b(?:تلگرام|واتس\s?اپ|اینستاگرام|ایتا|بله|روبیکا)\s*[:=]\s*\w
    """,
    re.VERBOSE,
)
_YEAR = r"(?:1[34]\d\d|1[89]\d\d|20\d\d)"
_MONTH, _DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
# What many a true sentence holds and nobody can be called by: dates, and years from … to.
_DATES = re.compile(
    rf"(?<!\d)(?:{_YEAR}[-./]{_MONTH}[-./]{_DAY}|{_DAY}[-./]{_MONTH}[-./]{_YEAR}|{_YEAR}\s?[-–—/]\s?{_YEAR})(?!\d)"
)


def found_in(text: str) -> tuple[str, ...]:
    """Which of `HOLDS` a text seems to hold, in that order; digits and letters of any script, however spaced out."""
    plain = _plain(text)
    undated = _DATES.sub("…", plain)
    found = {
        "link": _LINK.search(_EMAIL.sub(" ", plain)),
        "email": _EMAIL.search(plain),
        "phone": _PHONE.search(undated) or _has_spelled_number(undated),
        "handle": _HANDLE.search(_EMAIL.sub(" ", plain)),
    }
    return tuple(name for name in HOLDS if found[name])


def _has_spelled_number(plain: str) -> bool:
    """Whether as many digits as a telephone number has follow each other, some of them as words."""
    for run in _SPELLED_RUN.finditer(plain):
        parts = _SPELLED_PART.findall(run[0])
        words = sum(not part.isdigit() for part in parts)
        if words >= _FEWEST_WORDS and words + sum(len(part) for part in parts if part.isdigit()) >= _FEWEST_DIGITS:
            return True
    return False


def _plain(text: str) -> str:
    """Small letters and digits of ASCII where they stand for such; nothing invisible, no marks on top of digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(_digit(char) for char in folded if unicodedata.category(char) not in ("Cf", "Mn", "Me"))


def _digit(char: str) -> str:
    number = unicodedata.decimal(char, None)
    return char if number is None else str(number)
