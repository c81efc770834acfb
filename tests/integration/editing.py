"""Drafts as their authors and reviewers handle them, on the case of a seeded site."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import Any

from campaign.core.db import db, transaction
from campaign.editing import actions
from campaign.editing.kinds import kind_of
from campaign.resources import SEEDS
from campaign.seeding.actions import SeedReport, plant
from campaign.seeding.reader import SeedSite, read_seeds

SLUG = "nasrin-sotoudeh"
EVENT = "event:2018-06-13-arrest"
GOOD_ANSWERS = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
OLGA, OMID = uuid.UUID(int=1), uuid.UUID(int=2)


def seeded(now: datetime) -> SeedReport:
    with transaction() as session:
        return plant(session, _seeds(now.date()), now=now)


@cache
def _seeds(today: date) -> SeedSite:
    return read_seeds(SEEDS, today=today)


def published(campaign_id: uuid.UUID, part: str) -> dict[str, Any]:
    kind, key = kind_of(part)
    content = kind.read(db.session(), campaign_id, key)
    db.session.rollback()
    assert content is not None
    return content


def written(campaign_id: uuid.UUID, part: str, content: dict[str, Any] | None, now: datetime, **more: Any) -> uuid.UUID:
    values = {"author_id": OLGA, "reason": "It was out of date", **more}
    with transaction() as session:
        made = actions.save_draft(session, campaign_id=campaign_id, part=part, content=content, now=now, **values)
        return made.id


def asked(revision_id: uuid.UUID, now: datetime, organizer_id: uuid.UUID = OLGA) -> None:
    with transaction() as session:
        actions.ask_for_review(session, revision_id=revision_id, organizer_id=organizer_id, now=now)


def let_out(revision_id: uuid.UUID, now: datetime, reviewer_id: uuid.UUID = OMID) -> None:
    with transaction() as session:
        actions.publish(session, revision_id=revision_id, reviewer_id=reviewer_id, answers=GOOD_ANSWERS, now=now)


def changed(campaign_id: uuid.UUID, part: str, content: dict[str, Any] | None, now: datetime) -> uuid.UUID:
    """The whole way: Olga writes it, Omid publishes it."""
    revision_id = written(campaign_id, part, content, now)
    asked(revision_id, now)
    let_out(revision_id, now)
    return revision_id
