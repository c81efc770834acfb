"""What cannot be true of a case or an event, whoever writes it: seed files and the desk are held to the same rules.

The shapes (`files.py`) say what is written and how; these rules compare one thing with another, and with today.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from campaign.cases.statuses import MAY_BE_HELD
from campaign.core.partial_date import PartialDate
from campaign.seeding.files import CaseFile, EventFile, SourceEntry
from campaign.seeding.objections import Objection


def case_objections(case: CaseFile, *, today: date) -> Iterator[Objection]:
    """Everything about a case that cannot be so: dates from the future, a home given as a place, a check too old."""
    known_at = case.status_as_of.first_day
    if known_at > today:
        yield Objection(("status_as_of",), "in_the_future", "a status cannot be known from the future")
    if case.checked_on > today:
        yield Objection(("checked_on",), "in_the_future", "nobody can have looked for news in the future")
    elif case.checked_on < known_at <= today:
        sentence = f"lies before the date of the status, {case.status_as_of}"
        yield Objection(("checked_on",), "checked_before_status", sentence)
    if case.born is not None:
        yield from _born(case.born, case.status_as_of, today)
    for place, one in enumerate(case.particulars):
        if one.as_of is not None and one.as_of.first_day > today:
            yield Objection(("particulars", place, "as_of"), "in_the_future", "lies in the future")
        if one.about == "place" and not set(one.valid_while) <= set(MAY_BE_HELD):
            possible = ", ".join(MAY_BE_HELD)
            sentence = f"a place is one of detention, never a home, so it is valid under no other than {possible}"
            yield Objection(("particulars", place, "valid_while"), "no_home", sentence)
    for place, person in enumerate(case.related):
        if person.as_of.first_day > today:
            yield Objection(("related", place, "as_of"), "in_the_future", "lies in the future")
    yield from repeated("demands", [part.key for part in case.demands])
    yield from repeated("related", [part.key for part in case.related])
    yield from repeated("particulars", [part.about for part in case.particulars])
    yield from repeated("targets", [part.key for part in case.targets])


def event_objections(event: EventFile, *, today: date, born: PartialDate | None) -> Iterator[Objection]:
    """Everything about an event's date that cannot be so. `born` is the birth of the person it is about, if known."""
    if event.date.first_day > today:
        yield Objection(("date",), "in_the_future", "this event lies in the future")
    if born is not None and event.date.last_day() < born.first_day:
        yield Objection(("date",), "before_birth", f"this event lies before the birth of the person, {born}")


def links_to_nowhere(case: CaseFile, *, own: str, slugs: Collection[str]) -> Iterator[Objection]:
    """Related people whose case of their own is not there. `own` is the slug of the campaign the case belongs to."""
    for place, person in enumerate(case.related):
        if person.campaign == own:
            yield Objection(("related", place, "campaign"), "own_campaign", "is the campaign that this case belongs to")
        elif person.campaign is not None and person.campaign not in slugs:
            sentence = f"there is no campaign {person.campaign}"
            yield Objection(("related", place, "campaign"), "no_campaign", sentence)


def source_objections(source: SourceEntry, *, today: date) -> Iterator[Objection]:
    """What cannot be so of a source."""
    if source.date is not None and source.date.first_day > today:
        yield Objection(("date",), "in_the_future", "this source is dated in the future")
    if source.archived == source.url:
        yield Objection(("archived",), "no_archive", "is the page itself and no copy in an archive")


def repeated(table: str, keys: Sequence[str]) -> Iterator[Objection]:
    """Keys given twice among the parts of one table."""
    for place, key in enumerate(keys):
        if key in keys[:place]:
            yield Objection((table, place, "key"), "given_twice", f"the key {key} is given twice")


def _born(born: PartialDate, status_as_of: PartialDate, today: date) -> Iterator[Objection]:
    if born.first_day > today:
        yield Objection(("born",), "in_the_future", "lies in the future")
    elif status_as_of.last_day() < born.first_day:
        yield Objection(("status_as_of",), "before_birth", f"lies before the birth of the person, {born}")
