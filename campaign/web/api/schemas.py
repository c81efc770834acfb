"""The shapes of the API's answers. What is written here is also what `/api/v1/openapi.json` says.

Names are OSDI's where it has one (title, description, total_signatures, …), and links are HAL's, as they are there.
Fields may be added; one that is taken away or means something else makes another version of the API.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from campaign.cases.statuses import CaseStatus
from campaign.core.partial_date import Precision

Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
# As precisely as it is known: `2019`, `2019-06` or `2019-06-13`.
PartialDay = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]


def is_absent(value: object) -> bool:
    """For fields that are left out where there is nothing to say."""
    return value is None


class Shape(BaseModel):
    """A value of the API; a string under a field says in the API's description what its name does not."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Link(Shape):
    """Where something is, in HAL's words."""

    href: Uri


class Curie(Shape):
    """Where link relations that begin with `name:` are explained."""

    name: str
    href: str
    templated: Literal[True] = True


class Source(Shape):
    """A published source."""

    publisher: str
    title: str
    url: Uri
    date: PartialDay | None
    """As printed on it; null where none is visible."""
    grade: str
    """`primary`, `movement`, `state`, `party` or `encyclopedia`; others may come."""


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


class Case(Shape):
    """The person a solidarity campaign is about."""

    names: Annotated[list[PersonName], Field(min_length=1)]
    """The name in the script of the language asked for comes first."""
    status: Status
    demands: list[Demand]
    """Those that it is true to make under this status."""
    related: list[Related]
    last_checked: date
    """The day an editor last looked for news."""
    is_stale: bool
    """Whether that is longer ago than it may be: things may have changed since."""


class Target(Shape):
    """Whom the campaign addresses."""

    name: str


class CampaignLinks(Shape):
    """Where more of a campaign is."""

    self: Link
    signatures: Annotated[Link, Field(serialization_alias="osdi:signatures")]
    events: Link
    messages: Link
    endorsements: Link
    curies: list[Curie]


class Campaign(Shape):
    """A campaign in one language: an OSDI petition, and the case it is about."""

    identifiers: list[str]
    """`host:slug`."""
    origin_system: str
    """The name of the site."""
    slug: str
    kind: Literal["petition", "solidarity"]
    state: Literal["open", "closed"]
    language: LanguageCode
    """The language of the texts; not the one asked for where they have not been translated."""
    title: str
    summary: str
    description: str
    """HTML without scripts, styles or pictures."""
    petition_text: str
    """What is asked of the targets, in one sentence."""
    target: list[Target]
    notice: str | None
    """What must be known before reading, such as that things have changed since the text was written."""
    version: int
    """Which version of the text this is. A signature is of one version."""
    modified_date: date
    """The day this version was written."""
    original: Source | None
    """The text, published elsewhere, that the campaign carries on."""
    browser_url: Uri
    total_signatures: Annotated[int, Field(ge=0)]
    """Confirmed signatures that stand, those on paper included."""
    paper_signatures: Annotated[int, Field(ge=0)]
    """How many of these were given on paper."""
    case: Case | None
    """Null for a petition."""
    links: Annotated[CampaignLinks, Field(serialization_alias="_links")]


class CampaignsLinks(Shape):
    """`service-desc` is the description of this API in OpenAPI."""

    self: Link
    description: Annotated[Link, Field(serialization_alias="service-desc")]
    curies: list[Curie]


class EmbeddedCampaigns(Shape):
    """The campaigns in the order organizers gave them."""

    campaigns: Annotated[list[Campaign], Field(serialization_alias="osdi:petitions")]


class Campaigns(Shape):
    """All open campaigns."""

    total_records: int
    languages: list[LanguageCode]
    """The languages of the site, the default first."""
    links: Annotated[CampaignsLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedCampaigns, Field(serialization_alias="_embedded")]


class Signature(Shape):
    """A signature whose owner made a name public. Nothing else of a signature is published."""

    public_name: str


class SignaturesLinks(Shape):
    """`up` is the campaign."""

    self: Link
    next: Annotated[Link | None, Field(exclude_if=is_absent)] = None
    """The page after this one; absent on the last."""
    up: Link
    curies: list[Curie]


class EmbeddedSignatures(Shape):
    """Public names in random order, which tells nothing of when they signed."""

    signatures: Annotated[list[Signature], Field(serialization_alias="osdi:signatures")]


class Signatures(Shape):
    """A page of public names."""

    per_page: int
    total_signatures: Annotated[int, Field(ge=0)]
    """All confirmed signatures of the campaign, those on paper and those without a public name included."""
    links: Annotated[SignaturesLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedSignatures, Field(serialization_alias="_embedded")]


class EventsLinks(Shape):
    """`up` is the campaign."""

    self: Link
    up: Link


class EmbeddedEvents(Shape):
    """Events, oldest first."""

    events: list[Event]


class Events(Shape):
    """What happened, oldest first."""

    total_records: int
    links: Annotated[EventsLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedEvents, Field(serialization_alias="_embedded")]


class Problem(Shape):
    """Why there is no answer (RFC 9457)."""

    type: str = "about:blank"
    """`about:blank` where there is no more to say than the status code does."""
    title: str
    """The name of the status code."""
    status: int
    detail: str
    """A sentence for whoever writes the program, in English."""
    parameter: Annotated[str | None, Field(exclude_if=is_absent)] = None
    """The parameter that cannot be taken."""
    allowed: Annotated[list[str] | None, Field(exclude_if=is_absent)] = None
    """Every value it can have, where they can be listed."""
