"""Where floods come from in tests, and what is seen of them in the database."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from campaign.core.db import db
from campaign.defence.models import RateCounter
from campaign.outbox.models import OutboxMail
from tests.factories import SLUG

HOME, ELSEWHERE = "203.0.113.9", "198.51.100.1"
FRAME = f"/embed/{SLUG}"
OTHER = "eight-hours"
LATER = f"/en/{SLUG}/mail-comes-later"
Exhaust = Callable[..., None]


def waits(app: Flask, now: datetime) -> list[int]:
    """For how many seconds each mail in the outbox waits."""
    with app.app_context():
        due = db.session.scalars(select(OutboxMail.due_at).order_by(OutboxMail.due_at)).all()
        db.session.rollback()
    return [round((instant - now).total_seconds()) for instant in due]


def counters(app: Flask) -> int:
    with app.app_context():
        found = len(db.session.scalars(select(RateCounter.tag)).all())
        db.session.rollback()
    return found
