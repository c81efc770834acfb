"""What a line of text typed by a stranger may hold. One rule set for names, public names and messages.

Names are kept as typed: any script, mononyms, apostrophes, the zero-width non-joiner Persian needs. Refused is what
can only deceive or break: control characters, direction overrides, towers of combining marks.
"""

import re
import unicodedata

from campaign.core.errors import Invalid

MAX_NAME = 100
MAX_MESSAGE = 1000
MAX_MARKS = 8
# Marks a line may have per letter, and joiners and direction marks it may always have; a long one may have one in three
# characters, as dense Sinhala does.
MAX_MARKS_PER_LETTER = 3
MAX_FORMAT = 30
# Letters by category that nobody can see: Hangul fillers, the Braille blank.
_BLANKS = str.maketrans("", "", "\u115f\u1160\u3164\uffa0\u2800")
# Bidi embeddings, overrides and isolates: they reorder the text around them (CVE-2021-42574). LRM/RLM/ALM are harmless.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_KEPT_FORMAT = {"\u200c", "\u200d", "\u200e", "\u200f", "\u061c"}


_RULES = {
    "empty": "a name has at least one letter or digit",
    "long": "the text is too long",
    "control": "the text holds characters that cannot be shown",
    "bidi": "the text holds invisible characters that change its direction",
    "marks": "the text has too many accents on one letter",
}


class BadText(Invalid):
    """Text that breaks a rule; `rule` names it so that a page can say it in the reader's language."""

    def __init__(self, rule: str) -> None:
        super().__init__(_RULES[rule])
        self.rule = rule


def check_name(text: str) -> str:
    """The name in NFC with single spaces. Raises BadText with rule `empty`, `long`, `control`, `bidi` or `marks`."""
    name = _clean_line(_normalized(text, MAX_NAME))
    if not any(unicodedata.category(char)[0] in "LN" for char in name.translate(_BLANKS)):
        raise BadText("empty")
    if len(name) > MAX_NAME:
        raise BadText("long")
    return name


def check_message(text: str, *, longest: int = MAX_MESSAGE) -> str:
    """A message of several lines, NFC, ends trimmed; may be empty. Raises BadText as `check_name` does."""
    normalized = _normalized(text, longest).replace("\r\n", "\n").replace("\r", "\n")
    lines = [_clean_line(line) for line in normalized.split("\n")]
    message = "\n".join(lines).strip()
    if len(message) > longest:
        raise BadText("long")
    return message


def check_prose(text: str) -> str:
    """What an organizer writes, of any length, as it is. Raises BadText with rule `control` or `bidi`."""
    if _BIDI_CONTROLS.search(text):
        raise BadText("bidi")
    if any(_cannot_be_shown(char, unicodedata.category(char)) for char in text if char not in "\n\t"):
        raise BadText("control")
    return text


def _normalized(text: str, longest: int) -> str:
    """NFC. Far too long a text is refused first: normalising piled-up marks takes time that grows with their square."""
    if len(text) > 4 * longest:
        raise BadText("long")
    return unicodedata.normalize("NFC", text)


def _clean_line(line: str) -> str:
    line = line.replace("\t", " ")
    if _BIDI_CONTROLS.search(line):
        raise BadText("bidi")
    categories = [(char, unicodedata.category(char)) for char in line]
    if any(_cannot_be_shown(char, category) for char, category in categories):
        raise BadText("control")
    marks = in_a_row = letters = 0
    for char, category in categories:
        # A joiner between marks does not end the pile they make.
        if char in _KEPT_FORMAT:
            continue
        is_mark = category in ("Mn", "Me")
        in_a_row = in_a_row + 1 if is_mark else 0
        marks, letters = marks + is_mark, letters + (not is_mark)
        if in_a_row > MAX_MARKS:
            raise BadText("marks")
    invisible = sum(char in _KEPT_FORMAT for char in line)
    if marks > MAX_MARKS_PER_LETTER * max(letters, 4) or invisible > max(MAX_FORMAT, len(line) // 3):
        raise BadText("marks")
    return " ".join(line.split())


def _cannot_be_shown(char: str, category: str) -> bool:
    if category == "Cf":
        return char not in _KEPT_FORMAT
    is_no_character = ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"
    # U+FFFD stands for bytes that were not UTF-8: what was meant is lost.
    return category in ("Cc", "Cs", "Co", "Zl", "Zp") or char == "\ufffd" or is_no_character
