"""The shapes of what the API says about a person: the case, its dated events, and their sources."""

from datetime import date
from typing import Annotated

from pydantic import Field

from campaign.cases.statuses import CaseStatus
from campaign.core.partial_date import Precision
from campaign.web.api.shape import LanguageCode, PartialDay, Shape, Uri


class Source(Shape):
    """A published source."""

    publisher: str
    title: str
    url: Uri
    date: PartialDay | None
    """As printed on it; null where none is visible."""
    grade: str
    """`primary`, `movement`, `state`, `party`, `encyclopedia` or `mirror`; others may come."""
    archived: Uri | None
    """A copy in an archive, for the day the page is gone."""


class Account(Shape):
    """One of several accounts that differ: what is claimed, and who says so."""

    claim: str
    by: str
    sources: list[Source]


class Event(Shape):
    """Something that happened, with its date and its sources."""

    key: str
    date: PartialDay
    precision: Precision
    is_uncertain: bool
    """Whether the sources are unsure of the date."""
    kind: str
    """`arrest`, `trial`, `sentence`, `hunger_strike`, `statement`, …; others may come."""
    summary: str
    disagreement: str | None
    """What the accounts differ about; null where they do not."""
    accounts: list[Account]
    """Accounts that differ, to be shown side by side; empty where they do not."""
    sources: Annotated[list[Source], Field(min_length=1)]


class PersonName(Shape):
    """A person's name in one script."""

    language: LanguageCode
    """A language written in that script."""
    name: str
    also: list[str]
    """Other spellings found in sources."""


class Status(Shape):
    """What is known of the person. Never show it without its date."""

    status: CaseStatus
    as_of: PartialDay
    precision: Precision
    description: str
    sources: Annotated[list[Source], Field(min_length=1)]


class Demand(Shape):
    """What is asked for the person."""

    key: str
    description: str
    sources: list[Source]


class Related(Shape):
    """Somebody whose fate belongs to the case, spoken of as of a date."""

    key: str
    name: str
    as_of: PartialDay
    description: str
    sources: list[Source]
    campaign: str | None
    """The slug of the case of their own, if there is one here."""


class Particular(Shape):
    """One thing known of the person, in a sentence or two."""

    about: str
    """`who`, `charges`, `place` (of detention) or `since`; others may come."""
    as_of: PartialDay | None
    description: str
    sources: list[Source]


class Office(Shape):
    """An office that decides about the case."""

    key: str
    name: str
    postal_address: str
    """In lines."""
    sources: list[Source]


class Case(Shape):
    """The person a solidarity campaign is about."""

    names: Annotated[list[PersonName], Field(min_length=1)]
    """The name in the script of the language asked for comes first."""
    status: Status
    demands: list[Demand]
    """Those that it is true to make under this status."""
    particulars: list[Particular]
    """Those that are true under this status."""
    offices: list[Office]
    related: list[Related]
    last_checked: date
    """The day an editor last looked for news."""
    is_stale: bool
    """Whether that is longer ago than it may be: things may have changed since."""
