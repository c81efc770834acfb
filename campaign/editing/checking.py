"""Checks a content by the model of its seed file, so that the desk and the files have one set of rules."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from campaign.editing.parts import Mistakes, Wrong
from campaign.seeding.case_rules import source_objections
from campaign.seeding.files import SourceEntry
from campaign.seeding.languages import wrong_languages
from campaign.seeding.places import Location
from campaign.seeding.rows import Content

M = TypeVar("M", bound=BaseModel)


def checked(
    model: type[M], content: Content, languages: Sequence[str], *, today: date | None = None
) -> tuple[M, dict[str, SourceEntry]]:
    """The file that would say this, and its sources by key, none of them dated after `today`.

    Raises Mistakes with all that is wrong.
    """
    book = SourceBook()
    keyed = book.keyed(content)
    sources, wrong = book.entries(today)
    found = None
    try:
        found = model.model_validate(keyed)
    except ValidationError as error:
        wrong += mistakes_of(error)
    if found is not None:
        wrong += [_wrong_language(*each) for each in wrong_languages(found, languages)]
    if wrong or found is None:
        raise Mistakes(wrong)
    return found, sources


def mistakes_of(error: ValidationError, above: Location = ()) -> list[Wrong]:
    """What pydantic found, without what was typed."""
    return [
        Wrong((*above, *detail["loc"]), detail["type"], detail["msg"], _limit(detail.get("ctx", {})))
        for detail in error.errors(include_url=False, include_input=False)
    ]


class SourceBook:
    """Sources by key. Every list of sources in a content becomes one of keys; the same source has one key.

    `known` are keys that sources had in files; others are named S1, S2 … in the order they are met.
    """

    def __init__(self, known: dict[str, Content] | None = None) -> None:
        self._known = {_as_text(source): key for key, source in (known or {}).items()}
        self.written: dict[str, Any] = {}
        self._places: dict[str, Location] = {}

    def keyed(self, value: Any, place: Location = ()) -> Any:
        """The same with keys in place of sources."""
        if isinstance(value, dict):
            return {name: self._member(name, part, (*place, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self.keyed(part, (*place, number)) for number, part in enumerate(value)]
        return value

    def entries(self, today: date | None = None) -> tuple[dict[str, SourceEntry], list[Wrong]]:
        """The sources met so far, checked, and what is wrong with them."""
        entries, wrong = {}, []
        for key, source in self.written.items():
            try:
                entries[key] = SourceEntry.model_validate(source)
            except ValidationError as error:
                wrong += mistakes_of(error, self._places[key])
                continue
            for place, rule, sentence in source_objections(entries[key], today=today) if today else ():
                wrong.append(Wrong((*self._places[key], *place), rule, sentence))
        return entries, wrong

    def key_of(self, source: Any, place: Location = ()) -> str:
        """The key of a source, a new one if it has none."""
        text = _as_text(source)
        if text not in self._known:
            taken = {*self._known.values()}
            self._known[text] = next(key for number in range(1, len(taken) + 2) if (key := f"S{number}") not in taken)
        key = self._known[text]
        self.written.setdefault(key, source)
        self._places.setdefault(key, place)
        return key

    def _member(self, name: str, value: Any, place: Location) -> Any:
        if name.endswith("sources") and isinstance(value, list):
            return [self.key_of(source, (*place, number)) for number, source in enumerate(value)]
        return self.keyed(value, place)


def _as_text(source: Any) -> str:
    """Sources that say the same are one; a source without a date says no date."""
    said = {name: part for name, part in source.items() if part is not None} if isinstance(source, dict) else source
    return json.dumps(said, sort_keys=True)


def _limit(context: dict[str, Any]) -> int | None:
    limits = (context.get(name) for name in ("max_length", "min_length", "le", "ge"))
    return next((limit for limit in limits if isinstance(limit, int)), None)


def _wrong_language(place: Location, language: str, is_missing: bool) -> Wrong:
    if is_missing:
        return Wrong(place, "language_missing", f"'{language}' is missing")
    return Wrong(place, "language_unknown", f"the site has no language '{language}'")
