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


def check_name(text: str, *, longest: int = MAX_NAME) -> str:
    """The name in NFC with single spaces. Raises BadText with rule `empty`, `long`, `control`, `bidi` or `marks`."""
    name = _clean_line(unicodedata.normalize("NFC", text))
    if not any(unicodedata.category(char)[0] in "LN" for char in name):
        raise BadText("empty")
    if len(name) > longest:
        raise BadText("long")
    return name


def check_message(text: str) -> str:
    """A message of several lines, NFC, ends trimmed; may be empty. Raises BadText as `check_name` does."""
    normalized = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    lines = [_clean_line(line) for line in normalized.split("\n")]
    message = "\n".join(lines).strip()
    if len(message) > MAX_MESSAGE:
        raise BadText("long")
    return message


def _clean_line(line: str) -> str:
    line = line.replace("\t", " ")
    if _BIDI_CONTROLS.search(line):
        raise BadText("bidi")
    marks = 0
    for char in line:
        category = unicodedata.category(char)
        # U+FFFD stands for bytes that were not UTF-8: what was meant is lost.
        is_bad_format = category == "Cf" and char not in _KEPT_FORMAT
        if category in ("Cc", "Cs", "Co", "Zl", "Zp") or is_bad_format or char == "\ufffd":
            raise BadText("control")
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MAX_MARKS:
            raise BadText("marks")
    return " ".join(line.split())
