"""A holder who asked for it is reminded by mail once a month; the letter names neither them nor what they hold."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.core.clock_mark import ClockMark, look_at_clock
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.core.keyring import Keyring
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import transport_for
from campaign.sealing.actions import lock, store_epoch
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.holders import remove_holder
from campaign.sealing.models import WrappedKey
from campaign.sealing.queries import Holder, all_keys
from campaign.sealing.reminders import Reminder, end_reminder, set_reminder
from campaign.worker import deliver_due, remind_holders
from tests.factories import Site
from tests.signers import letters
from tests.smtp import Relay

ADDRESS = "keeper@example.org"
MONTH = timedelta(days=30, hours=1)


def holders(*, of_retired: bool = False) -> list[Holder]:
    db.session.rollback()
    keys = [key for key in all_keys(db.session(), is_demo=False) if (key.retired_at is not None) == of_retired]
    return [holder for key in keys for holder in key.holders]


@pytest.fixture
def reminded(any_site: Site, keyring: Keyring) -> Site:
    """The site whose one holder, Olga, is reminded."""
    with transaction() as session:
        set_reminder(session, holders()[0].id, Reminder(ADDRESS, "en"), key=keyring.waiting)
    return any_site


@pytest.fixture
def other_relay() -> Iterator[Relay]:
    with Relay() as relay:
        yield relay


def remind(app: Flask, now: datetime) -> None:
    """As a worker does with its housekeeping."""
    remind_holders(app.extensions["campaign"], now)


def rotate(now: datetime, *names: str) -> None:
    pair, replaced = new_key_pair(), all_keys(db.session(), is_demo=False)[0].id
    shares = [lock(pair, name, "a phrase") for name in names]
    with transaction() as session:
        store_epoch(session, pair.public_key, shares, is_demo=False, has_paper=True, replaces=replaced, now=now)


def test_a_letter_goes_each_month_until_they_try(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime
) -> None:
    sent = []
    for day in range(100):
        if day == 63:
            with transaction() as session:
                session.execute(update(WrappedKey).values(tried_at=now + timedelta(days=day)))
        remind(any_app, now + timedelta(days=day, hours=1))
        sent.append(len(letters(keyring)))
    assert [day for day in range(1, 100) if sent[day] > sent[day - 1]] == [30, 61, 93]
    assert {letter.to for letter in letters(keyring)} == {ADDRESS}


def test_whoever_did_not_ask_gets_no_letter(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime) -> None:
    remind(any_app, now + MONTH)
    assert letters(keyring) == []


def test_workers_that_remind_at_once_send_one_letter(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime
) -> None:
    start, errors = threading.Barrier(4), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                remind(any_app, now + MONTH)
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(letters(keyring)) == 1


def test_a_worker_that_dies_before_its_letter_is_queued_has_reminded_nobody(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("campaign.worker.enqueue", broken)
        with pytest.raises(KeyboardInterrupt):
            remind(any_app, now + MONTH)
    remind(any_app, now + MONTH)
    assert len(letters(keyring)) == 1


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_letter_says_neither_key_nor_phrase_nor_who(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, other_relay: Relay, language: str
) -> None:
    with transaction() as session:
        set_reminder(session, holders()[0].id, Reminder(ADDRESS, language), key=keyring.waiting)
    remind(any_app, now + MONTH)
    services = any_app.extensions["campaign"]
    transport = transport_for(other_relay.url, services.config.instance)
    assert deliver_due(transport, services, clock=lambda: now + MONTH) == 1
    (message,) = other_relay.messages
    text = f"{message['Subject']}\n{message.get_content()}".lower()
    assert "/organize/" in text
    for word in ("olga", "key", "phrase", "list", "sign", "کلید", "عبارت", "امضا", ADDRESS):
        assert word not in text.replace("in solidarity", ""), word
    assert any_site.epoch.public_key.hex()[:8] not in text


def test_an_address_is_not_in_the_database_in_plain(any_app: Flask, reminded: Site, keyring: Keyring) -> None:
    sealed = db.session.scalars(select(WrappedKey.reminder)).one()
    assert sealed is not None
    assert b"keeper" not in sealed
    assert ADDRESS not in repr(Reminder(ADDRESS, "en"))


def test_the_address_goes_on_to_the_next_key_with_its_holder(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime
) -> None:
    rotate(now + MONTH, "Oleg", "OLGA")
    assert {holder.name: holder.is_reminded for holder in holders()} == {"OLGA": True, "Oleg": False}
    assert not holders(of_retired=True)[0].is_reminded
    remind(any_app, now + MONTH)
    assert letters(keyring) == [], "a phrase that was just typed back needs no trying"
    remind(any_app, now + 2 * MONTH)
    assert len(letters(keyring)) == 1


def test_the_address_goes_with_its_holder(any_app: Flask, reminded: Site, keyring: Keyring, now: datetime) -> None:
    rotate(now, "Oleg")
    assert db.session.scalars(select(WrappedKey.reminder).where(WrappedKey.reminder.is_not(None))).all() == []
    db.session.rollback()
    with pytest.raises(NotFound), transaction() as session:
        set_reminder(session, holders(of_retired=True)[0].id, Reminder(ADDRESS, "en"), key=keyring.waiting)
    rotate(now, "Oleg", "Vera")
    oleg = next(holder.id for holder in holders() if holder.name == "Oleg")
    with transaction() as session:
        set_reminder(session, oleg, Reminder(ADDRESS, "en"), key=keyring.waiting)
        remove_holder(session, oleg, now=now)
    remind(any_app, now + 2 * MONTH)
    assert letters(keyring) == []


def test_an_ended_reminder_forgets_the_address(any_app: Flask, reminded: Site, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        end_reminder(session, holders()[0].id)
    assert db.session.scalars(select(WrappedKey.reminder)).all() == [None]
    remind(any_app, now + MONTH)
    assert letters(keyring) == []


def test_a_clock_years_ahead_reminds_nobody_and_keeps_nobody_from_being_reminded(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime
) -> None:
    with transaction() as session:
        session.add(ClockMark(id=1, seen_at=now, doubted_since=None, first_seen_at=None))
    ahead = now + timedelta(days=3652)
    with transaction() as session:
        look_at_clock(session, now=ahead)
    remind(any_app, ahead)
    assert letters(keyring) == []
    with transaction() as session:
        session.execute(update(ClockMark).values(seen_at=now, doubted_since=None))
        session.execute(update(WrappedKey).values(reminded_at=ahead))
    remind(any_app, now + MONTH)
    assert len(letters(keyring)) == 1


def test_an_address_under_a_key_that_is_gone_keeps_no_other_from_being_reminded(
    any_app: Flask, reminded: Site, keyring: Keyring, now: datetime
) -> None:
    rotate(now, "Olga", "Oleg")
    with transaction() as session:
        for holder in holders():
            key = bytes(32) if holder.name == "Olga" else keyring.waiting
            set_reminder(session, holder.id, Reminder(f"{holder.name.lower()}@example.org", "en"), key=key)
    remind(any_app, now + MONTH)
    assert [letter.to for letter in letters(keyring)] == ["oleg@example.org"]


def test_the_demo_reminds_nobody(any_app: Flask, reminded: Site, keyring: Keyring, now: datetime) -> None:
    services = any_app.extensions["campaign"]
    remind_holders(replace(services, config=replace(services.config, is_demo=True)), now + MONTH)
    assert db.session.scalars(select(OutboxMail)).all() == []
