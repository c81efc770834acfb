"""Reads of what is public: messages and endorsements, newest first, a page at a time."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from campaign.conversation.cursors import cursor_of, read_cursor
from campaign.conversation.models import ShownEndorsement, ShownMessage, Submission
from campaign.signing.models import Signature, in_state

MESSAGES_A_PAGE = 50
ENDORSEMENTS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as shown. `name` is the public name its author gave, None for one who gave none."""

    text: str
    has_reservation: bool
    is_to_person: bool
    name: str | None
    language: str
    shown_on: date


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """Messages in one language; `next_cursor` leads to the page after, None at the end."""

    messages: tuple[MessageView, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class EndorsementView:
    """An organization that endorses. `country` and `url` may be empty, `statement` too."""

    name: str
    country: str
    url: str
    statement: str
    language: str
    shown_on: date


@dataclass(frozen=True, slots=True)
class EndorsementsPage:
    """Endorsements in whatever language; `next_cursor` leads to the page after, None at the end."""

    endorsements: tuple[EndorsementView, ...]
    next_cursor: str | None


def shown_messages(
    session: Session, campaign_id: uuid.UUID, language: str, *, after: str | None = None, limit: int = MESSAGES_A_PAGE
) -> MessagesPage:
    """Messages of confirmed signatures. `after` is a cursor of an earlier page; a malformed one starts from the top."""
    query = (
        select(ShownMessage, Signature.public_name)
        .join(Submission, Submission.id == ShownMessage.submission_id)
        .join(Signature, Signature.id == Submission.signature_id)
        .where(ShownMessage.campaign_id == campaign_id, ShownMessage.language == language, in_state("confirmed"))
        .order_by(ShownMessage.shown_hour.desc(), ShownMessage.submission_id.desc())
        .limit(limit + 1)
    )
    if (cursor := read_cursor(after)) is not None:
        query = query.where(tuple_(ShownMessage.shown_hour, ShownMessage.submission_id) < cursor)
    rows = session.execute(query).all()
    page = rows[:limit]
    last = page[-1][0] if len(rows) > limit else None
    return MessagesPage(
        tuple(
            MessageView(row.text, row.has_reservation, row.is_to_person, name, row.language, row.shown_hour.date())
            for row, name in page
        ),
        cursor_of(last.shown_hour, last.submission_id) if last else None,
    )


def message_languages(session: Session, campaign_id: uuid.UUID) -> tuple[tuple[str, int], ...]:
    """The languages in which there are messages, each with how many; in the order of their codes."""
    query = (
        select(ShownMessage.language, func.count())
        .join(Submission, Submission.id == ShownMessage.submission_id)
        .join(Signature, Signature.id == Submission.signature_id)
        .where(ShownMessage.campaign_id == campaign_id, in_state("confirmed"))
        .group_by(ShownMessage.language)
        .order_by(ShownMessage.language)
    )
    return tuple((language, number) for language, number in session.execute(query))


def shown_endorsements(
    session: Session, campaign_id: uuid.UUID, *, after: str | None = None, limit: int = ENDORSEMENTS_A_PAGE
) -> EndorsementsPage:
    """Organizations that a moderator verified. `after` as above."""
    query = (
        select(ShownEndorsement)
        .where(ShownEndorsement.campaign_id == campaign_id)
        .order_by(ShownEndorsement.shown_hour.desc(), ShownEndorsement.submission_id.desc())
        .limit(limit + 1)
    )
    if (cursor := read_cursor(after)) is not None:
        query = query.where(tuple_(ShownEndorsement.shown_hour, ShownEndorsement.submission_id) < cursor)
    rows = session.scalars(query).all()
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    return EndorsementsPage(
        tuple(
            EndorsementView(row.name, row.country, row.url, row.statement, row.language, row.shown_hour.date())
            for row in page
        ),
        cursor_of(last.shown_hour, last.submission_id) if last else None,
    )


def number_of_endorsements(session: Session, campaign_id: uuid.UUID) -> int:
    """How many organizations endorse a campaign."""
    query = select(func.count()).select_from(ShownEndorsement).where(ShownEndorsement.campaign_id == campaign_id)
    return session.scalar(query) or 0
