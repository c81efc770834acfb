"""The shapes of the API's answers about news, and about letters that supporters send themselves."""

from datetime import date
from typing import Annotated

from pydantic import Field

from campaign.web.api.case_schemas import Source
from campaign.web.api.conversation_schemas import PageLinks
from campaign.web.api.schemas import Link
from campaign.web.api.shape import LanguageCode, Shape, Uri


class Update(Shape):
    """News that organizers posted."""

    key: str
    """Stays the same; it begins with the day."""
    modified_date: date
    """The day that what it says last changed."""
    date: date
    """The day it was posted."""
    language: LanguageCode
    """The language of title and text; not the one asked for where they have not been translated."""
    title: str
    description: str
    """HTML without scripts, styles or pictures."""
    browser_url: Uri
    sources: list[Source]
    """Empty for what organizers report themselves."""


class EmbeddedUpdates(Shape):
    """News, the newest first."""

    updates: list[Update]


class Updates(Shape):
    """A page of news."""

    per_page: int
    links: Annotated[PageLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedUpdates, Field(serialization_alias="_embedded")]


class LetterText(Shape):
    """A letter in one language. Plain text of several lines."""

    language: LanguageCode
    subject: str
    body: str


class ModelLetter(Shape):
    """A letter to an office, for supporters to make their own and to send themselves."""

    key: str
    office: str
    """Its name, in the language asked for."""
    postal_address: str
    """In lines."""
    email: str | None
    """Null where the office has made none public."""
    texts: Annotated[list[LetterText], Field(min_length=1)]
    """In languages that the office reads; first the one asked for if it is among them, else the one it reads best."""
    translation: LetterText | None
    """What the letter says, for readers of the language asked for, where the office does not. Not to be sent."""
    letters_sent: int | None
    """How many people said that they sent it, rounded down to 5; null below 10."""
    browser_url: Uri
    sources: Annotated[list[Source], Field(min_length=1)]
    """Where the office has made its addresses public."""


class LettersLinks(Shape):
    """`up` is the campaign."""

    self: Link
    up: Link


class EmbeddedLetters(Shape):
    """Letters, by key."""

    letters: list[ModelLetter]


class Letters(Shape):
    """The letters that it is right to send now, under the present status; none once the campaign is closed."""

    total_records: int
    links: Annotated[LettersLinks, Field(serialization_alias="_links")]
    embedded: Annotated[EmbeddedLetters, Field(serialization_alias="_embedded")]
