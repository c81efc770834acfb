"""Forms for contents that have lists in lists, such as sources of accounts, without a script.

A shape says which fields a content has. `read_content` takes what was typed by the names of the fields (`sources-0-url`
is the address of the first source), `shown` gives what a template draws, with each mistake at its field. A button
`add` or `remove` names a list, and the form comes again with one row more or less and everything that was typed.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from campaign.seeding.places import Location
from campaign.seeding.rows import Content

MOST_ROWS = 40
_LONGEST_NAME = 100
_DASH = re.compile("-")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
Kind = Literal[
    "line", "prose", "date", "number", "url", "local_line", "local_prose", "lines", "choice", "choices", "flag"
]
Typed = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `label` and `help` are words or lazy ones; `options` are those of a choice, by their keys."""

    name: str
    kind: Kind
    label: object
    help: object = ""
    is_optional: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    # What stands in a new row.
    default: object = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of rows of the same fields. `one` is what the heading calls a row, `add` what the button says."""

    name: str
    label: object
    one: object
    add: object
    shape: tuple["Field | Rows", ...]
    help: object = ""
    # A row of this shape has a key that nobody types.
    is_keyed: bool = False
    most: int = MOST_ROWS


Shape = Sequence[Field | Rows]


def read_content(
    shape: Shape, typed: Typed, languages: Sequence[str], *, keep: bool = False, taken: Collection[str] = ()
) -> Content:
    """What was typed. Rows in which nothing was typed are left out unless `keep`. No new row gets a key in `taken`."""
    return _Reading(typed, languages, keep, taken).content(shape, "")


def changed_rows(shape: Shape, content: Content, button: str) -> Content:
    """The content with a row added to or taken from the list that a button names: `add:sources`, `remove:sources:0`."""
    what, _, place = button.partition(":")
    steps = place.split(":")
    number = int(steps.pop()) if what == "remove" and steps[-1].isascii() and steps[-1].isdecimal() else None
    found = _list_at(shape, content, steps)
    if found is None:
        return content
    part, rows = found
    if what == "add" and len(rows) < part.most:
        rows.append(empty(part.shape))
    elif number is not None and number < len(rows):
        del rows[number]
    return content


def empty(shape: Shape) -> Content:
    """A content in which nothing is typed yet."""
    return {part.name: [] if isinstance(part, Rows) else part.default for part in shape}


@dataclass(frozen=True, slots=True)
class Input:
    """A field as a template draws it. `value` is a text, or a list of keys that are chosen."""

    name: str
    field: Field
    value: Any
    language: str | None
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """A list as a template draws it; `path` is how its buttons name it."""

    rows: Rows
    path: str
    items: tuple[tuple["Input | Group", ...], ...]
    keys: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"field-{self.path.replace(':', '-')}"


def shown(
    shape: Shape, content: Content, languages: Sequence[str], errors: Mapping[Location, Sequence[str]]
) -> tuple[Input | Group, ...]:
    """What to draw for a content. `errors` by the place that each is about; one without a field stands at its list."""
    below: dict[Location, list[str]] = {}
    for place, sentences in errors.items():
        for length in range(1, len(place) + 1):
            below.setdefault(place[:length], []).extend(sentences)
    return _shown(shape, content, languages, _Errors(errors, below), ())


@dataclass(frozen=True, slots=True)
class _Errors:
    """Mistakes by their place, and by every place above it."""

    at: Mapping[Location, Sequence[str]]
    below: Mapping[Location, Sequence[str]]


def _shown(
    shape: Shape,
    content: Content,
    languages: Sequence[str],
    errors: _Errors,
    above: Location,
) -> tuple[Input | Group, ...]:
    found: list[Input | Group] = []
    for part in shape:
        here, value = (*above, part.name), content.get(part.name)
        if isinstance(part, Rows):
            found.append(_group(part, value or [], languages, errors, here))
        elif part.kind.startswith("local_"):
            found += _by_language(part, value or {}, languages, errors, here)
        else:
            found.append(Input("-".join(map(str, here)), part, value, None, tuple(errors.below.get(here, ()))))
    return tuple(found)


def _group(part: Rows, rows: list[Content], languages: Sequence[str], errors: _Errors, here: Location) -> Group:
    items = tuple(_shown(part.shape, row, languages, errors, (*here, number)) for number, row in enumerate(rows))
    # Also what is wrong with a row's key, which has no field.
    places = [here, *(place for number in range(len(rows)) for place in ((*here, number), (*here, number, "key")))]
    own = [said for place in places for said in errors.at.get(place, ())]
    keys = tuple(str(row.get("key") or "") for row in rows) if part.is_keyed else ()
    return Group(part, ":".join(map(str, here)), items, keys, tuple(own))


def _by_language(
    part: Field, texts: Content, languages: Sequence[str], errors: _Errors, here: Location
) -> Iterable[Input]:
    for number, language in enumerate(languages):
        said = (*errors.below.get((*here, language), ()), *(errors.at.get(here, ()) if number == 0 else ()))
        yield Input("-".join(map(str, (*here, language))), part, texts.get(language, ""), language, said)


class _Reading:
    """One form that was sent. It knows the beginnings of its names, so that rows in rows are found without a search."""

    def __init__(self, typed: Typed, languages: Sequence[str], keep: bool, taken: Collection[str]) -> None:
        self._typed, self._languages, self._keep, self._taken = typed, languages, keep, taken
        names = [name for name in typed if len(name) <= _LONGEST_NAME]
        self._beginnings = {name[: dash.end()] for name in names for dash in _DASH.finditer(name)}

    def content(self, shape: Shape, before: str) -> Content:
        return {
            part.name: self._rows(part, before + part.name)
            if isinstance(part, Rows)
            else self._field(part, before + part.name)
            for part in shape
        }

    def _rows(self, part: Rows, name: str) -> list[Content]:
        rows: list[Content] = []
        for number in range(MOST_ROWS):
            before = f"{name}-{number}-"
            if before not in self._beginnings:
                break
            row = self.content(part.shape, before)
            if part.is_keyed:
                row["key"] = self._typed.get(f"{before}key", "")
            if self._keep or not _is_blank(part, row):
                rows.append(row)
        if part.is_keyed:
            _give_keys(part, rows, self._taken)
        return rows

    def _field(self, part: Field, name: str) -> Any:
        if part.kind.startswith("local_"):
            texts = {language: _lines(self._typed.get(f"{name}-{language}")) for language in self._languages}
            written = {language: text for language, text in texts.items() if text}
            return written or (None if part.is_optional else {})
        if part.kind == "choices":
            return [key for key in self._typed.getlist(name) if key in part.options]
        if part.kind == "flag":
            return self._typed.get(name) == "y"
        text = _lines(self._typed.get(name))
        if part.kind == "lines":
            return [line for line in map(str.strip, text.split("\n")) if line]
        if part.kind in ("date", "number"):
            text = text.translate(_DIGITS)
        return text or (None if part.is_optional else "")


def _give_keys(part: Rows, rows: list[Content], others: Collection[str]) -> None:
    """Whoever fills in a form need not think of keys."""
    taken = {*others, *(row["key"] for row in rows)}
    for row in rows:
        if not row["key"]:
            row["key"] = next(key for number in count(1) if (key := f"{part.name}-{number}") not in taken)
            taken.add(row["key"])


def _is_blank(part: Rows, row: Content) -> bool:
    """Whether nothing was typed; what is chosen in a new row counts as nothing."""
    texts = [one for one in part.shape if isinstance(one, Rows) or one.kind not in ("choice", "choices", "flag")]
    return not any(row[one.name] for one in texts)


def _list_at(shape: Shape, content: Content, steps: list[str]) -> tuple[Rows, list[Content]] | None:
    """The list that steps lead to: `sources`, or `accounts`, `0`, `sources`."""
    part = next((each for each in shape if isinstance(each, Rows) and each.name == steps[0]), None)
    if part is None:
        return None
    rows: list[Content] = content.setdefault(part.name, [])
    if len(steps) == 1:
        return part, rows
    is_number = steps[1].isascii() and steps[1].isdecimal() and len(steps) > 2
    if not is_number or int(steps[1]) >= len(rows):
        return None
    return _list_at(part.shape, rows[int(steps[1])], steps[2:])


def _lines(typed: str | None) -> str:
    """As a browser sends lines, and as files have them."""
    return (typed or "").replace("\r\n", "\n").replace("\r", "\n").strip()
