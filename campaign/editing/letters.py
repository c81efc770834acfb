"""The parts `letter:<key>` and `update:<key>`: what supporters can send, and news."""

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import site
from campaign.editing.checking import checked
from campaign.editing.parts import Mistakes, PartKind, Wrong
from campaign.letters.models import ModelLetter
from campaign.seeding.letters import LetterFile, letter_content, letter_values, statuses_objection
from campaign.seeding.objections import Objection
from campaign.seeding.rows import Content
from campaign.seeding.updates import UpdateFile, day_objection, update_content, update_values
from campaign.updates.models import CampaignUpdate


def letter_keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    shown = select(ModelLetter.key).where(ModelLetter.campaign_id == campaign_id, ModelLetter.retired_at.is_(None))
    return list(session.scalars(shown.order_by(ModelLetter.key)))


def read_letter(session: Session, campaign_id: uuid.UUID, key: str) -> Content | None:
    row = session.get(ModelLetter, (campaign_id, key))
    return letter_content(row) if row and row.retired_at is None else None


def check_letter(
    session: Session, campaign_id: uuid.UUID, _key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        return None
    letter, sources = checked(LetterFile, content, site(session).languages)
    _refuse(statuses_objection(letter, session.get_one(Campaign, campaign_id).kind))
    return letter_content(ModelLetter(**letter_values(letter, sources)))


def write_letter(session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the letter of that key, or take the letter down."""
    row = session.get(ModelLetter, (campaign_id, key))
    if content is None:
        if row is not None:
            row.retired_at = row.edited_at = now
        return
    letter, sources = checked(LetterFile, content, site(session).languages)
    row = row or ModelLetter(campaign_id=campaign_id, key=key)
    for name, value in letter_values(letter, sources).items():
        setattr(row, name, value)
    row.edited_at, row.retired_at = now, None
    session.add(row)


def update_keys(session: Session, campaign_id: uuid.UUID) -> list[str]:
    """The newest first."""
    shown = select(CampaignUpdate.key).where(
        CampaignUpdate.campaign_id == campaign_id, CampaignUpdate.retired_at.is_(None)
    )
    return list(session.scalars(shown.order_by(CampaignUpdate.key.desc())))


def read_update(session: Session, campaign_id: uuid.UUID, key: str) -> Content | None:
    row = session.get(CampaignUpdate, (campaign_id, key))
    return update_content(row) if row and row.retired_at is None else None


def check_update(
    session: Session, _campaign_id: uuid.UUID, key: str, content: Content | None, *, today: date
) -> Content | None:
    if content is None:
        return None
    update, sources = checked(UpdateFile, content, site(session).languages)
    _refuse(day_objection(update, key, today))
    return update_content(CampaignUpdate(**update_values(update, sources)))


def write_update(session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, *, now: datetime) -> None:
    """Make a checked content the update of that key, or take the update down."""
    row = session.get(CampaignUpdate, (campaign_id, key))
    if content is None:
        if row is not None:
            row.retired_at = row.edited_at = now
        return
    update, sources = checked(UpdateFile, content, site(session).languages)
    row = row or CampaignUpdate(campaign_id=campaign_id, key=key)
    for name, value in update_values(update, sources).items():
        setattr(row, name, value)
    row.changed_at = row.edited_at = now
    row.retired_at = None
    session.add(row)


def _refuse(objection: Objection | None) -> None:
    if objection:
        raise Mistakes([Wrong(objection.place, objection.rule, objection.sentence)])


LETTER = PartKind(letter_keys, read_letter, check_letter, write_letter)
UPDATE = PartKind(update_keys, read_update, check_update, write_update)
