"""Mail waits in the database until a real SMTP server has it: held by one worker at a time, and nothing is lost."""

import threading
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import GIVE_UP_DAYS, LEASE_SECONDS, claim_due, enqueue, give_up_old, settle
from campaign.outbox.letters import Letter
from campaign.outbox.transports import FolderTransport, Outcome, SmtpTransport
from campaign.web.services import services
from campaign.worker import deliver_due
from tests.factories import Site
from tests.outbox import deliver, letter, queue, waiting
from tests.signers import sign
from tests.smtp import Relay


def test_a_mail_the_relay_took_is_gone_from_the_database(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay
) -> None:
    sign(any_site, keyring, now)
    assert deliver(relay, now) == 1
    (message,) = relay.messages
    assert message["To"] == "alice@example.org"
    assert "http://localhost/en/confirm/" in message.get_content()
    assert waiting() == []


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


def test_addresses_do_not_go_over_a_network_in_clear(
    any_site: Site, keyring: Keyring, now: datetime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(any_site, keyring, now)
    monkeypatch.setattr("campaign.outbox.transports._THIS_MACHINE", frozenset())
    deliver(relay, now)
    assert relay.messages == []
    assert len(waiting()) == 1


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
