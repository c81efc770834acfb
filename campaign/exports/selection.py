"""Which signatures of a campaign a list holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from campaign.signing.models import Signature, in_state


@dataclass(frozen=True, slots=True)
class Selection:
    """Confirmed signatures, from `since` to `until` (days in UTC, both included) and as far as the rest says.

    `language` and `source` empty: all. `wants_updates`: only those who want news. `is_invalidated`: instead of those
    that count, those that counted until they were found not to be genuine.
    """

    since: date | None = None
    until: date | None = None
    language: str = ""
    source: str = ""
    wants_updates: bool = False
    is_invalidated: bool = False

    @property
    def confirmed_hour(self) -> Any:
        """The column that says when they were confirmed."""
        return Signature.invalidated_confirmed_hour if self.is_invalidated else Signature.confirmed_hour

    def base(self) -> list[ColumnElement[bool]]:
        """The conditions that an index answers."""
        if self.is_invalidated:
            return [in_state("invalidated"), Signature.invalidated_confirmed_hour.is_not(None)]
        return [in_state("confirmed")]

    def filters(self) -> list[ColumnElement[bool]]:
        """The conditions for which each row is looked at; none for a list of everybody."""
        found: list[ColumnElement[bool]] = []
        if self.since is not None:
            found.append(self.confirmed_hour >= _midnight(self.since))
        if self.until is not None:
            found.append(self.confirmed_hour < _midnight(self.until + timedelta(days=1)))
        if self.language:
            found.append(Signature.language == self.language)
        if self.source:
            found.append(Signature.source == self.source)
        if self.wants_updates:
            found.append(Signature.wants_updates.is_(True))
        return found

    def written(self) -> dict[str, Any]:
        """As JSON holds it, without what says nothing; `read_selection` reads it."""
        said = {name: value for name, value in asdict(self).items() if value}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


EVERYBODY = Selection()


def read_selection(written: Mapping[str, Any]) -> Selection:
    """What `Selection.written` gave."""
    days = {name: date.fromisoformat(written[name]) for name in ("since", "until") if name in written}
    return Selection(**{**written, **days})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
