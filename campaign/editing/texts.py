"""The parts `text:<language>`: what a campaign says in one language."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from campaign.campaigns.models import CampaignText
from campaign.campaigns.queries import site
from campaign.campaigns.texts import add_version, newest_text, newest_texts
from campaign.core.errors import Refused
from campaign.editing.checking import checked
from campaign.editing.parts import PartKind
from campaign.seeding.files import TextFile
from campaign.seeding.rows import TEXT_FIELDS, Content, text_content, text_values


class TextContent(TextFile):
    """`made_from` is the version of the text in the site's first language that this was translated from."""

    made_from: int | None = None


def keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    """The languages a campaign speaks, those of the site first and in its order."""
    shown = [language for language, row in newest_texts(session, campaign_id).items() if row.retired_at is None]
    order = site(session).languages
    return sorted(shown, key=lambda language: (order.index(language) if language in order else len(order), language))


def read(session: Session, campaign_id: uuid.UUID, language: str) -> Content | None:
    row = newest_text(session, campaign_id, language)
    return text_content(row) if row and row.retired_at is None else None


def check(
    session: Session, campaign_id: uuid.UUID, language: str, content: Content | None, *, today: date
) -> Content | None:
    languages = site(session).languages
    if content is None:
        if language == languages[0]:
            raise Refused("the text in the site's first language cannot be taken down")
        return None
    if language not in languages:
        raise Refused(f"the site has no language '{language}'")
    text, _ = checked(TextContent, content, languages)
    made_from = None if language == languages[0] else text.made_from
    return {**text_values(text), "made_from": made_from}


def write(session: Session, campaign_id: uuid.UUID, language: str, content: Content | None, *, now: datetime) -> None:
    """A changed text is a new version; one that only says that it is up to date with its original is none."""
    newest = newest_text(session, campaign_id, language)
    if content is None:
        _take_down(session, campaign_id, language, newest, now)
    elif newest and newest.retired_at is None and all(getattr(newest, name) == content[name] for name in TEXT_FIELDS):
        newest.made_from, newest.edited_at = content["made_from"], now
    else:
        add_version(session, campaign_id, language, {**content, "edited_at": now}, now=now)


def _take_down(
    session: Session, campaign_id: uuid.UUID, language: str, newest: CampaignText | None, now: datetime
) -> None:
    """Its versions stay, because signatures name them."""
    if newest is not None:
        newest.retired_at = newest.edited_at = now


TEXT = PartKind(keys, read, check, write)
