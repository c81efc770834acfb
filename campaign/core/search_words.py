"""Words as they are looked for: one spelling for what keyboards and scripts write in several ways.

Case, accents and vowel signs do not count, nor which of two look-alike letters of the Arabic script was typed, nor
whether parts of a word are joined, half-joined or apart. Spellings that sound alike are different words all the same.
"""

import unicodedata
from itertools import pairwise

LONGEST_QUERY = 100
_MOST_WORDS = 8
# Arabic letters to the Persian ones (U+06CC, U+06A9), Sorani ones to the letters they are variants of, and letters of
# the Latin script that have no decomposition.
_SAME = str.maketrans(
    "يىېێ" + "كڪ" + "ةۀەۂہھ" + "ٱ" + "ۆۇۈ" + "ڕڵ" + "ıłøđð",
    "یییی" + "کک" + "هههههه" + "ا" + "ووو" + "رل" + "ilodd",
    "ء",
) | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th"}
# Between the parts of a word: the half-space, the joiner, the stretcher of Arabic script, apostrophes.
_INSIDE = dict.fromkeys(map(ord, "\u200c\u200d\u0640'’ʼ‘`´"))
_HALF_SPACE = "\u200c"


def words_of(text: str) -> list[str]:
    """The words of a text, in the one spelling they are compared in, in their order."""
    # Taken apart before as well as after, because small letters may themselves be made of parts.
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(_shown(char) for char in spread.translate(_SAME).translate(_INSIDE)).split()


def findable(text: str) -> frozenset[str]:
    """Every word by which a text is found: its words, and neighbours written as one (`Haft Tappeh`, `HaftTappeh`)."""
    found: set[str] = set()
    for reading in (text, text.replace(_HALF_SPACE, " ")):
        words = words_of(reading)
        found.update(words)
        found.update(first + second for first, second in pairwise(words))
    return frozenset(found)


def is_found(query: str, words: frozenset[str]) -> bool:
    """Whether each word of the query begins one of the words; nothing is found by a query without a word."""
    wanted = words_of(query[:LONGEST_QUERY])[:_MOST_WORDS]
    return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    return char if category[0] in "LN" else " "
