"""Mail that waits, and a worker that brings it to a relay."""

from datetime import datetime

from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import SmtpTransport
from campaign.web.services import services
from campaign.worker import deliver_due
from tests.smtp import Relay


def waiting() -> list[OutboxMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMail)))


def letter(to: str = "alice@example.org") -> Letter:
    return Letter(to, "confirm", "en", {"title": "Bread", "confirm_token": "c", "manage_token": "m", "slug": "s"})


def deliver(relay: Relay, at: datetime) -> int:
    return deliver_due(SmtpTransport(relay.url), services(), clock=lambda: at)


def queue(number: int, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        for place in range(number):
            enqueue(session, letter(f"signer{place}@example.org"), key=keyring.waiting, now=now)
