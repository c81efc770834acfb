"""However many campaigns somebody fills an address in at, its mailbox gets few mails a day, and none is lost."""

from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.campaigns.queries import campaign_by_slug
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.defence.models import RateCounter
from campaign.defence.rate_limits import MAIL_BY_MAILBOX
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import FolderTransport
from campaign.web.services import services
from campaign.worker import deliver_due
from tests.factories import Site, entry, make_campaign
from tests.signers import sign_petition

CAMPAIGNS = 20
# One process that sends, and what it may let through beyond the limit.
MOST = MAIL_BY_MAILBOX.hits + MAIL_BY_MAILBOX.step - 1
SPELLINGS = ("alice@gmail.com", "Alice@gmail.com", "a.lice@gmail.com", "alice+bread@googlemail.com")


@pytest.fixture
def bombed(any_site: Site, keyring: Keyring, now: datetime) -> int:
    """Somebody has filled in Alice's address at twenty campaigns, in several spellings; how many mails that makes."""
    with transaction() as session:
        for number in range(CAMPAIGNS):
            make_campaign(session, now, slug=f"campaign-{number}")
    for number in range(CAMPAIGNS):
        view = campaign_by_slug(db.session(), f"campaign-{number}", "en")
        with transaction() as session:
            sign_petition(
                session,
                campaign=view,
                entry=entry(SPELLINGS[number % len(SPELLINGS)]),
                epoch=any_site.epoch,
                keyring=keyring,
                now=now,
            )
    return CAMPAIGNS


@pytest.fixture
def mailbox(instance: Path) -> Path:
    return instance / "mailbox"


def deliver(mailbox: Path, now: datetime) -> int:
    """All that is due goes out; how many mails there are then."""
    transport = FolderTransport(mailbox)
    while deliver_due(transport, services(), clock=lambda: now):
        pass
    return len(list(mailbox.glob("*.eml")))


def waiting() -> list[datetime]:
    found = list(db.session.scalars(select(OutboxMail.due_at).order_by(OutboxMail.due_at)))
    db.session.rollback()
    return found


def test_a_mail_bomb_comes_to_few_mails_a_day_and_all_of_them_in_the_end(
    bombed: int, mailbox: Path, now: datetime
) -> None:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    arrived = deliver(mailbox, now)
    assert MAIL_BY_MAILBOX.hits <= arrived <= MOST
    assert waiting() == [midnight] * (bombed - arrived)
    assert deliver(mailbox, midnight - timedelta(seconds=1)) == arrived
    assert deliver(mailbox, midnight) <= arrived + MOST
    assert deliver(mailbox, midnight + timedelta(days=1)) == bombed
    assert waiting() == []


def test_another_mailbox_is_not_kept_waiting(
    any_site: Site, keyring: Keyring, bombed: int, mailbox: Path, now: datetime
) -> None:
    with transaction() as session:
        sign_petition(
            session,
            campaign=any_site.campaign,
            entry=entry("bob@gmail.com"),
            epoch=any_site.epoch,
            keyring=keyring,
            now=now + timedelta(seconds=1),
        )
    deliver(mailbox, now + timedelta(seconds=1))
    recipients = [message_from_bytes(path.read_bytes())["To"] for path in mailbox.glob("*.eml")]
    assert recipients.count("bob@gmail.com") == 1


def test_a_mailbox_that_gets_one_mail_is_not_written_down(
    any_app: Flask, any_site: Site, keyring: Keyring, mailbox: Path, now: datetime
) -> None:
    for number in range(30):
        with transaction() as session:
            sign_petition(
                session,
                campaign=any_site.campaign,
                entry=entry(f"signer{number}@example.org"),
                epoch=any_site.epoch,
                keyring=keyring,
                now=now,
            )
    assert deliver(mailbox, now) == 30
    assert db.session.scalar(select(func.count()).select_from(RateCounter)) == 0
