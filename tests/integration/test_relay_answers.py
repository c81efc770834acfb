"""Whatever a relay answers: what it refuses for good is dropped, everything else goes later, nothing goes twice."""

from datetime import datetime, timedelta

import pytest

from campaign.core.keyring import Keyring
from campaign.outbox.actions import MAILS_AT_ONCE
from campaign.outbox.transports import SmtpTransport
from campaign.web.services import services
from campaign.worker import deliver_due
from tests.factories import Site
from tests.outbox import deliver, queue, waiting
from tests.signers import sign
from tests.smtp import DROP, Relay


def test_a_relay_that_says_later_is_asked_again_with_the_same_message_id(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    relay.answer_recipient = "451 busy"
    deliver(relay, now)
    (mail,) = waiting()
    assert deliver(relay, now + timedelta(seconds=1)) == 0
    relay.answer_recipient = None
    identity = mail.id.hex
    deliver(relay, now + timedelta(hours=1))
    assert [message["Message-ID"] for message in relay.messages] == [f"<{identity}@localhost>"]
    assert waiting() == []


def test_a_mailbox_that_does_not_exist_is_not_tried_again(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    relay.answer_recipient = "550 no such user"
    deliver(relay, now)
    assert waiting() == []


def test_a_relay_that_is_down_loses_nothing(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    transport = SmtpTransport("smtp://127.0.0.1:1")
    deliver_due(transport, services(), clock=lambda: now)
    (mail,) = waiting()
    assert mail.attempts == 1
    assert mail.due_at > now


def test_a_relay_that_stumbles_over_goodbye_has_taken_the_mail(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    relay.answer_quit = "421 going down"
    deliver(relay, now)
    assert len(relay.messages) == 1
    assert waiting() == []


def test_many_mails_share_one_connection(any_site: Site, keyring: Keyring, now: datetime, relay: Relay) -> None:
    queue(MAILS_AT_ONCE, keyring, now)
    before = relay.connections
    assert deliver(relay, now) == MAILS_AT_ONCE
    assert len(relay.messages) == MAILS_AT_ONCE
    assert relay.connections == before + 1


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("CONNECT", "554 go away"),
        ("CONNECT", "421 too busy"),
        ("EHLO", "550 not you"),
        ("MAIL", "553 sender not allowed"),
        ("MAIL", "451 too fast"),
    ],
)
def test_a_relay_that_wants_nothing_from_us_costs_no_mail_and_is_not_asked_for_each(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay, stage: str, answer: str
) -> None:
    queue(10, keyring, now)
    before = relay.connections
    relay.misbehave = {stage: answer}.get
    deliver(relay, now)
    assert relay.connections == before + 1
    assert {mail.due_at > now for mail in waiting()} == {True}
    assert len(waiting()) == 10
    relay.misbehave = lambda _stage: None
    deliver(relay, now + timedelta(hours=1))
    assert len(relay.messages) == 10


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        ("550 no such user", False),
        ("550 5.1.1 unknown", False),
        ("552 5.2.2 mailbox full", False),
        ("450 4.2.0 greylisted", True),
        ("530 5.7.0 authentication required", True),
        ("550 5.7.1 not permitted", True),
        ("554 Relay access denied", True),
        ("553 sorry, not in my list of allowed hosts (#5.7.1)", True),
        ("550 5.3.2 system not accepting mail", True),
    ],
)
def test_only_a_mailbox_that_is_refused_for_good_costs_its_mail(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay, answer: str, is_kept: bool
) -> None:
    sign(any_site, keyring, now)
    relay.answer_recipient = answer
    deliver(relay, now)
    assert bool(waiting()) is is_kept


def test_a_relay_that_tires_of_a_connection_is_given_another_at_once(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    queue(6, keyring, now)
    mails = iter(range(1000))
    relay.misbehave = lambda stage: "421 too many" if stage == "MAIL" and next(mails) % 3 == 2 else None
    deliver(relay, now)
    assert len(relay.messages) == 6
    assert waiting() == []


def test_a_mail_the_relay_took_without_saying_so_comes_twice_and_no_other(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    queue(5, keyring, now)
    answers = iter([None, DROP])
    relay.misbehave = lambda stage: next(answers, None) if stage == "DATA" else None
    deliver(relay, now)
    deliver(relay, now + timedelta(hours=1))
    identities = [str(message["Message-ID"]) for message in relay.messages]
    assert len(identities) == 6
    assert len(set(identities)) == 5
