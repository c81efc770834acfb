"""The shapes of the API's answers. What is written here is also what `/api/v1/openapi.json` says.

Names are OSDI's where it has one (title, description, total_signatures, …), and links are HAL's, as they are there.
Fields may be added; one that is taken away or means something else makes another version of the API.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from campaign.web.api.case_schemas import Case, Event, Source
from campaign.web.api.shape import LanguageCode, Shape, Uri


def is_absent(value: object) -> bool:
    """For fields that are left out where there is nothing to say."""
    return value is None


class Link(Shape):
    """Where something is, in HAL's words."""

    href: Uri


class Curie(Shape):
    """Where link relations that begin with `name:` are explained."""

    name: str
    href: str
    templated: Literal[True] = True


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
    updates: Link
    letters: Link
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
