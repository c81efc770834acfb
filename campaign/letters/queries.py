"""Reads of model letters: those it is true to send under the status of the case, for readers of one language."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, literal_column, select, union_all
from sqlalchemy.orm import Session

from campaign.campaigns.queries import SourceView, in_language, source_view
from campaign.cases.models import Case
from campaign.core.errors import NotFound
from campaign.letters.models import LetterCount, LetterDelta, ModelLetter

SMALLEST_PUBLISHED = 10
ROUNDED_TO = 5


@dataclass(frozen=True, slots=True)
class LetterText:
    """The letter in one language. `body` is plain text of several lines."""

    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as one reader gets it.

    `versions` are those in languages the office reads, never empty; first the one in the reader's language if it is
    among them, else the one the office reads best. `beside` is the letter in the reader's own language (or in the one
    the site falls back to) if the office does not read it, to know by what is sent.
    """

    key: str
    office: str
    address: str
    email: str | None
    versions: tuple[LetterText, ...]
    beside: LetterText | None
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class LetterAtDesk:
    """A letter as editors see it. `is_due`: it was written for other statuses than the case has now, so it is not
    shown, and a new one is wanted."""

    key: str
    office: str
    languages: tuple[str, ...]
    valid_while: tuple[str, ...]
    status: str | None
    is_due: bool
    is_hidden: bool
    sent: int | None


def letters_of(session: Session, campaign_id: uuid.UUID, language: str) -> tuple[LetterView, ...]:
    """The letters to be shown now, by key."""
    status = _status(session, campaign_id)
    return tuple(
        _view(row, language)
        for row in _rows(session, campaign_id)
        if row.retired_at is None and _is_valid(row.valid_while, status)
    )


def letter_of(session: Session, campaign_id: uuid.UUID, key: str, language: str) -> LetterView:
    """One of them. Raises NotFound, also for one that is hidden or not true to send now."""
    for view in letters_of(session, campaign_id, language):
        if view.key == key:
            return view
    raise NotFound("no such letter")


def letters_at_desk(session: Session, campaign_id: uuid.UUID, language: str) -> list[LetterAtDesk]:
    """All letters of a campaign, those that are not shown too."""
    status = _status(session, campaign_id)
    return [
        LetterAtDesk(
            key=row.key,
            office=in_language(row.office, language),
            languages=tuple(row.texts),
            valid_while=tuple(row.valid_while),
            status=status,
            is_due=not _is_valid(row.valid_while, status),
            is_hidden=row.retired_at is not None,
            sent=published_count(sent_count(session, campaign_id, row.key)),
        )
        for row in _rows(session, campaign_id)
    ]


def letters_due(session: Session, language: str) -> dict[uuid.UUID, list[str]]:
    """By campaign, the offices whose letter is not shown because it was written for another status of the case."""
    rows = session.execute(
        select(ModelLetter, Case.status)
        .join(Case, Case.campaign_id == ModelLetter.campaign_id)
        .where(ModelLetter.retired_at.is_(None))
        .order_by(ModelLetter.campaign_id, ModelLetter.key)
    )
    due: dict[uuid.UUID, list[str]] = {}
    for letter, status in rows:
        if not _is_valid(letter.valid_while, status):
            due.setdefault(letter.campaign_id, []).append(in_language(letter.office, language))
    return due


def sent_count(session: Session, campaign_id: uuid.UUID, key: str) -> int:
    """How many said that they sent this letter, exactly: what is added up plus what is waiting to be."""
    both = union_all(
        select(LetterCount.sent.label("number")).where(LetterCount.campaign_id == campaign_id, LetterCount.key == key),
        select(literal_column("1").label("number")).where(
            LetterDelta.campaign_id == campaign_id, LetterDelta.key == key
        ),
    ).subquery()
    return int(session.scalar(select(func.sum(both.c.number))) or 0)


def published_count(number: int) -> int | None:
    """What may be said of it: nothing below ten, then rounded down to five, for nobody checks what people say here.

    So a number never says more than was counted, and does not move with one person's letter.
    """
    return number - number % ROUNDED_TO if number >= SMALLEST_PUBLISHED else None


def _rows(session: Session, campaign_id: uuid.UUID) -> Iterable[ModelLetter]:
    return session.scalars(select(ModelLetter).where(ModelLetter.campaign_id == campaign_id).order_by(ModelLetter.key))


def _status(session: Session, campaign_id: uuid.UUID) -> str | None:
    return session.scalar(select(Case.status).where(Case.campaign_id == campaign_id))


def _is_valid(valid_while: list[str], status: str | None) -> bool:
    return status is None or status in valid_while


def _view(row: ModelLetter, language: str) -> LetterView:
    texts = {code: LetterText(code, text["subject"], text["body"]) for code, text in row.texts.items()}
    read = [code for code in row.reads if code in texts]
    own = language if language in texts else next(iter(texts))
    return LetterView(
        key=row.key,
        office=in_language(row.office, language),
        address=row.address,
        email=row.email,
        versions=tuple(texts[code] for code in sorted(read, key=lambda code: code != language)),
        beside=None if own in read else texts[own],
        sources=tuple(source_view(source) for source in row.sources),
    )
