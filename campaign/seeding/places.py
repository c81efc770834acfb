"""Finds the line of a key in a TOML text. tomllib and pydantic know the key that is wrong, not where it stands."""

import re
from itertools import takewhile

# A place in a file as pydantic writes it: keys, and indexes into arrays of tables.
Location = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-]+)\s*=")


def line_of(text: str, path: Location) -> int:
    """The line (from 1) of the longest part of `path` that can be found; 0 if none can."""
    best_line, best_length = 0, 0
    for line, written in _places(text):
        length = _shared(written, path)
        if length > best_length:
            best_line, best_length = line, length
    return best_line


def _places(text: str) -> list[tuple[int, Location]]:
    places: list[tuple[int, Location]] = []
    table: Location = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = _header_path(header, seen)
            places.append((number, table))
        elif key := _KEY.match(line):
            places.append((number, (*table, *key[1].split("."))))
    return places


def _header_path(header: re.Match[str], seen: dict[str, int]) -> Location:
    """`[[demands]]` met for the second time is ("demands", 1); `[demands.text]` after it is ("demands", 1, "text")."""
    parts = header[2].split(".")
    if header[1] == "[[":
        seen[header[2]] = seen.get(header[2], -1) + 1
    path: list[str | int] = []
    for depth, part in enumerate(parts, 1):
        path.append(part)
        array = ".".join(parts[:depth])
        if array in seen:
            path.append(seen[array])
    return tuple(path)


def _shared(written: Location, wanted: Location) -> int:
    """How many steps the two have in common, from the top."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(written, wanted, strict=False))))
