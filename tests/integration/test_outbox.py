"""Mail against a real SMTP server: what waits goes later, what is refused is dropped, nothing is lost."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import GIVE_UP_DAYS, LEASE_SECONDS, MAILS_AT_ONCE, claim_due, enqueue, give_up_old, settle
from campaign.outbox.letters import Letter
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import FolderTransport, Outcome, SmtpTransport
from campaign.web.services import services
from campaign.worker import deliver_due
from tests.factories import Site
from tests.signers import sign
from tests.smtp import DROP, Relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


def waiting() -> list[OutboxMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMail)))


def letter(to: str = "alice@example.org") -> Letter:
    return Letter(to, "confirm", "en", {"title": "Bread", "confirm_token": "c", "manage_token": "m", "slug": "s"})


def deliver(relay: Relay, at: datetime) -> int:
    return deliver_due(SmtpTransport(relay.url), services(), clock=lambda: at)


def test_a_mail_the_relay_took_is_gone_from_the_database(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    assert deliver(relay, now) == 1
    (message,) = relay.messages
    assert message["To"] == "alice@example.org"
    assert "http://localhost/en/confirm/" in message.get_content()
    assert waiting() == []


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


def test_waiting_grows_to_an_hour_and_ends_after_a_week(any_site: Site, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        enqueue(session, letter(), key=keyring.waiting, now=now)
    at, waits = now, []
    while mails := waiting():
        at = mails[0].due_at
        with transaction() as session:
            (claimed,) = claim_due(session, key=keyring.waiting, now=at)
        with transaction() as session:
            settle(session, claimed, Outcome.LATER, now=at)
        waits += [mail.due_at - at for mail in waiting()]
        with transaction() as session:
            give_up_old(session, now=at)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    assert timedelta(days=GIVE_UP_DAYS) < at - now < timedelta(days=GIVE_UP_DAYS + 1)


def test_a_worker_that_dies_gives_its_mail_back(any_site: Site, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        enqueue(session, letter(), key=keyring.waiting, now=now)
    with transaction() as session:
        assert len(claim_due(session, key=keyring.waiting, now=now)) == 1
    for seconds, number in ((LEASE_SECONDS - 1, 0), (LEASE_SECONDS, 1)):
        with transaction() as session:
            due = claim_due(session, key=keyring.waiting, now=now + timedelta(seconds=seconds))
        assert len(due) == number


def test_two_workers_never_hold_the_same_mail(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime) -> None:
    number = 60
    with transaction() as session:
        for place in range(number):
            enqueue(session, letter(f"signer{place}@example.org"), key=keyring.waiting, now=now)
    barrier, held = threading.Barrier(4), list[str]()

    def work() -> None:
        with any_app.app_context():
            barrier.wait()
            for _ in range(number):
                with transaction() as session:
                    claimed = claim_due(session, key=keyring.waiting, now=now, limit=3)
                held.extend(mail.letter.to for mail in claimed)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == number
    assert len(set(held)) == number


def test_a_letter_sealed_under_another_key_does_not_stop_the_others(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    with transaction() as session:
        enqueue(session, letter(), key=bytes(32), now=now)
        enqueue(session, letter("bob@example.org"), key=keyring.waiting, now=now)
    with transaction() as session:
        claimed = claim_due(session, key=keyring.waiting, now=now)
    assert [mail.letter.to for mail in claimed] == ["bob@example.org"]


def test_every_letter_has_the_same_size_at_rest(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now, "a@example.org")
    sign(any_site, keyring, now, "a.much.longer.address.than.the.other@department.example.org")
    assert len({len(mail.sealed) for mail in waiting()}) == 1


def test_the_folder_transport_writes_whole_files_only_their_owner_can_read(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now)
    folder = services().config.instance / "mailbox"
    deliver_due(FolderTransport(folder), services(), clock=lambda: now)
    (path,) = folder.iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0


def test_a_relay_that_takes_its_time_keeps_nobody_from_signing(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now)
    asked, go_on = threading.Event(), threading.Event()

    class SlowTransport:
        def send(self, _message: EmailMessage) -> Outcome:
            asked.set()
            assert go_on.wait(timeout=30)
            return Outcome.SENT

        def hang_up(self) -> None:
            pass

    def work() -> None:
        with any_app.app_context():
            deliver_due(SlowTransport(), services(), clock=lambda: now)

    worker = threading.Thread(target=work)
    worker.start()
    assert asked.wait(timeout=30)
    try:
        db.session.rollback()
        sign(any_site, keyring, now, "bob@example.org")
    finally:
        go_on.set()
        worker.join()
    assert len(waiting()) == 1


def test_a_decoy_is_sent_to_nobody_and_goes(any_site: Site, keyring: Keyring, now: datetime, relay: Relay) -> None:
    with transaction() as session:
        enqueue(session, Letter.decoy(), key=keyring.waiting, now=now)
    deliver(relay, now)
    assert relay.messages == []
    assert waiting() == []


def test_a_letter_nobody_can_open_is_not_kept_for_ever(any_site: Site, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        enqueue(session, letter(), key=bytes(32), now=now)
    with transaction() as session:
        assert claim_due(session, key=keyring.waiting, now=now) == []
    with transaction() as session:
        give_up_old(session, now=now + timedelta(days=GIVE_UP_DAYS + 1))
    assert waiting() == []


def test_a_relay_that_stumbles_over_goodbye_has_taken_the_mail(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    relay.answer_quit = "421 going down"
    deliver(relay, now)
    assert len(relay.messages) == 1
    assert waiting() == []


def test_addresses_do_not_go_over_a_network_in_clear(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(any_site, keyring, now)
    monkeypatch.setattr("campaign.outbox.transports._THIS_MACHINE", frozenset())
    deliver(relay, now)
    assert relay.messages == []
    assert len(waiting()) == 1


def queue(number: int, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        for place in range(number):
            enqueue(session, letter(f"signer{place}@example.org"), key=keyring.waiting, now=now)


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


def test_what_a_stopped_worker_has_not_begun_is_due_at_once(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    queue(3, keyring, now)
    stop = threading.Event()
    stop.set()
    deliver_due(SmtpTransport(relay.url), services(), clock=lambda: now, stop=stop)
    assert [(mail.due_at, mail.attempts) for mail in waiting()] == [(now, 0)] * 3


def test_a_database_that_fails_after_a_mail_went_out_costs_no_second_mail(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(3, keyring, now)
    failures = iter([True, True])

    def failing_settle(*arguments: object, **named: object) -> None:
        if next(failures, False):
            raise OperationalError("UPDATE", None, Exception())
        settle(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("campaign.worker.settle", failing_settle)
    monkeypatch.setattr("campaign.worker.AFTER_TROUBLE_SECONDS", 0.01)
    deliver(relay, now)
    assert len(relay.messages) == 3
    assert waiting() == []
