"""The shapes of the API's answers about what people and organizations say."""

from datetime import date
from typing import Annotated

from pydantic import Field

from campaign.web.api.schemas import Link, is_absent
from campaign.web.api.shape import LanguageCode, Shape, Uri


class Message(Shape):
    """What a signatory said in public, once an organizer had read it. Plain text."""

    text: str
    language: LanguageCode
    public_name: str | None
    """Null for somebody who gave none."""
    has_reservation: bool
    """Whether they sign with a reservation, which the text says."""
    date: date
    """The day it was shown."""


class Endorsement(Shape):
    """An organization that endorses a campaign, once an organizer had made sure of it."""

    name: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None
    url: Uri | None
    statement: str
    """Plain text; empty where it said nothing."""
    language: LanguageCode
    date: date
    """The day it was listed."""


class PageLinks(Shape):
    """`up` is the campaign."""

    self: Link
    next: Annotated[Link | None, Field(exclude_if=is_absent)] = None
    """The page after this one; absent on the last."""
    up: Link


class EmbeddedMessages(Shape):
    """Messages in the language asked for, the newest first."""

    messages: list[Message]


class Messages(Shape):
    """A page of messages."""

    per_page: int
    total_records: int
    links: Annotated[PageLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedMessages, Field(serialization_alias="_embedded")]


class EmbeddedEndorsements(Shape):
    """Organizations, those listed last first."""

    endorsements: list[Endorsement]


class Endorsements(Shape):
    """A page of endorsements."""

    per_page: int
    total_records: int
    links: Annotated[PageLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedEndorsements, Field(serialization_alias="_embedded")]
