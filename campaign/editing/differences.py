"""What is different between two contents, by place and word by word: what reviewers and readers look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Literal

from campaign.seeding.places import Location
from campaign.seeding.rows import Content

Kind = Literal["same", "gone", "new"]
# Beyond as many pairs of words a paragraph is shown as a whole, old and new: comparing takes time with their product.
MOST_PAIRS = 1_000_000
# How a part of a list is told from its neighbours, so that one more in the middle does not change all that follow.
_NAMED_BY = ("key", "script", "url")
_WORDS = re.compile(r"\s+|\S+\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changed at one place of a content. Without the new `pieces` they are the old text, and the reverse."""

    place: Location
    pieces: tuple[Piece, ...]


def differences(old: Content | None, new: Content | None) -> list[Change]:
    """Every place that differs, in the order of the newer content; what is gone comes last."""
    before, after = dict(_leaves(old or {})), dict(_leaves(new or {}))
    places = [*after, *(place for place in before if place not in after)]
    return [
        Change(place, tuple(word_pieces(before.get(place, ""), after.get(place, ""))))
        for place in places
        if before.get(place, "") != after.get(place, "")
    ]


def word_pieces(old: str, new: str) -> list[Piece]:
    """The difference of two texts: by paragraph first, and word by word within those that were rewritten."""
    pieces: list[Piece] = []
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(before[a:b])))
        else:
            pieces += _within("".join(before[a:b]), "".join(after[c:d]))
    return list(_joined(pieces))


def _within(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > MOST_PAIRS:
        yield Piece("gone", old)
        yield Piece("new", new)
        return
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[a:b]))
        else:
            yield Piece("gone", "".join(before[a:b]))
            yield Piece("new", "".join(after[c:d]))


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one, nothing empty; of a run of changes what went stands before what came, so that a
    sentence that was rewritten reads as a sentence."""
    for is_same, run in groupby(pieces, key=lambda piece: piece.kind == "same"):
        found = list(run)
        kinds: tuple[Kind, ...] = ("same",) if is_same else ("gone", "new")
        for kind in kinds:
            text = "".join(piece.text for piece in found if piece.kind == kind)
            if text:
                yield Piece(kind, text)


def _leaves(value: Any, place: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every text of a content with its place; nothing for what is not there."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, (*place, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, (*place, _name_of(part, number)))
    elif value is not None:
        yield place, str(value)


def _name_of(part: Any, number: int) -> str | int:
    if isinstance(part, dict):
        return next((str(part[name]) for name in _NAMED_BY if part.get(name)), number)
    return number
