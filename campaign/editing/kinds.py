"""All kinds of parts, by what stands before the colon of a part's name."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from campaign.core.errors import NotFound
from campaign.editing.parts import PartKind

# Where each kind is written down.
_PLACES = {
    "text": "campaign.editing.texts:TEXT",
    "case": "campaign.editing.cases:CASE",
    "event": "campaign.editing.cases:EVENT",
    "letter": "campaign.editing.letters:LETTER",
    "update": "campaign.editing.letters:UPDATE",
    "about": "campaign.editing.settings:ABOUT",
}
_WITHOUT_KEY = {"case", "about"}
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_KEY = 120


class _Kinds(Mapping[str, PartKind]):
    """Each kind is loaded when first asked for: their models are a tenth of what a server loads before it answers."""

    def __getitem__(self, name: str) -> PartKind:
        return _loaded(_PLACES[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


KINDS = _Kinds()


def kind_of(part: str) -> tuple[PartKind, str]:
    """The kind of a part and its key. Raises NotFound for a name that no part has."""
    name, colon, key = part.partition(":")
    has_key = bool(colon) and len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) is not None
    if name not in _PLACES or (bool(colon) if name in _WITHOUT_KEY else not has_key):
        raise NotFound("no such part")
    return KINDS[name], key


@cache
def _loaded(place: str) -> PartKind:
    module, _, name = place.partition(":")
    kind: PartKind = getattr(import_module(module), name)
    return kind
