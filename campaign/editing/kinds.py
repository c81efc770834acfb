"""All kinds of parts, by what stands before the colon of a part's name."""

import re

from campaign.core.errors import NotFound
from campaign.editing.cases import CASE, EVENT
from campaign.editing.parts import PartKind
from campaign.editing.texts import TEXT

KINDS: dict[str, PartKind] = {"text": TEXT, "case": CASE, "event": EVENT}
_WITHOUT_KEY = {"case"}
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_KEY = 120


def kind_of(part: str) -> tuple[PartKind, str]:
    """The kind of a part and its key. Raises NotFound for a name that no part has."""
    name, colon, key = part.partition(":")
    has_key = bool(colon) and len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) is not None
    if name not in KINDS or (bool(colon) if name in _WITHOUT_KEY else not has_key):
        raise NotFound("no such part")
    return KINDS[name], key
