"""What nobody confirmed goes in small steps: whoever signs meanwhile does not wait, and mail goes out."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.signing import unconfirmed
from campaign.signing.models import Signature
from campaign.signing.unconfirmed import PENDING_DAYS, erase_unconfirmed, old_unconfirmed
from campaign.worker import erase_old_unconfirmed
from tests.factories import Site
from tests.signers import sign, sign_and_confirm

MANY = 250
LONG_AFTER = timedelta(days=PENDING_DAYS + 1)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.worker.ROWS_A_STEP", 10)
    monkeypatch.setattr(unconfirmed, "ROWS_A_STEP", 10)
    monkeypatch.setattr(unconfirmed, "IDS_AT_ONCE", 40)


@pytest.fixture
def flooded(any_site: Site, keyring: Keyring, now: datetime) -> Site:
    """A flood of forms that nobody confirmed, half of them taken out of the count, and Alice, who has confirmed."""
    sign_and_confirm(any_site, keyring, now)
    flood = {
        "campaign_id": any_site.campaign.id,
        "signed_hour": now,
        "language": "en",
        "text_version": 1,
        "source": "site",
        "wants_updates": False,
        "mails_count": 0,
    }
    states = ("pending", "invalidated")
    with transaction() as session:
        session.execute(insert(Signature), [{**flood, "state": states[number % 2]} for number in range(MANY)])
    return any_site


def left() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Signature.state != "confirmed")) or 0


def in_another_thread(app: Flask, site: Site, keyring: Keyring, now: datetime, email: str) -> bool:
    """Whether somebody else can sign at this very moment."""

    def one() -> None:
        with app.app_context():
            sign(site, keyring, now, email)
            db.session.remove()

    thread = threading.Thread(target=one, daemon=True)
    thread.start()
    thread.join(timeout=10)
    return not thread.is_alive()


def test_people_can_sign_between_any_two_steps(any_app: Flask, flooded: Site, keyring: Keyring, now: datetime) -> None:
    seen = list[int]()

    def go_on() -> bool:
        assert in_another_thread(any_app, flooded, keyring, now + LONG_AFTER, f"person{len(seen)}@example.org")
        seen.append(left() - len(seen) - 1)
        return True

    assert erase_old_unconfirmed(now + LONG_AFTER, go_on=go_on) == MANY
    steps = [before - after for before, after in zip(seen, [*seen[1:], 0], strict=True)]
    assert max(steps) == 10, "no step is longer than that"
    assert left() == len(seen), "those who signed meanwhile are there"
    assert db.session.scalar(select(func.count()).where(Signature.state == "confirmed")) == 1


def test_workers_at_once_erase_each_once(any_app: Flask, flooded: Site, now: datetime) -> None:
    start, erased, errors = threading.Barrier(3), list[int](), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                erased.append(erase_old_unconfirmed(now + LONG_AFTER))
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(erased) == MANY
    assert left() == 0


def test_who_signs_again_just_before_their_step_is_kept(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now, "bob@example.org")
    later = now + LONG_AFTER
    ids = old_unconfirmed(db.session(), now=later)
    db.session.rollback()
    sign(any_site, keyring, later, "bob@example.org")
    with transaction() as session:
        assert erase_unconfirmed(session, ids, now=later) == 0
    assert left() == 1


def test_one_that_is_being_changed_is_not_waited_for(
    any_app: Flask, flooded: Site, keyring: Keyring, now: datetime
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("one writes at a time")
    held = db.session.scalars(select(Signature.id).where(Signature.state == "pending").limit(1)).one()
    db.session.rollback()
    with db.engine.connect() as other, other.begin():
        other.execute(update(Signature).where(Signature.id == held).values(mails_count=1))
        assert erase_old_unconfirmed(now + LONG_AFTER) == MANY - 1
    assert erase_old_unconfirmed(now + LONG_AFTER) == 1


def test_a_worker_that_is_to_end_stops_after_its_step(any_app: Flask, flooded: Site, now: datetime) -> None:
    answers = iter([True, True, True, False])
    assert erase_old_unconfirmed(now + LONG_AFTER, go_on=lambda: next(answers)) == 20
    assert left() == MANY - 20


def test_what_was_signed_in_the_future_begins_its_days_now(any_app: Flask, flooded: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Signature).where(Signature.state != "confirmed").values(signed_hour=now + LONG_AFTER))
    assert erase_old_unconfirmed(now) == 0
    hours = db.session.scalars(select(Signature.signed_hour).where(Signature.state != "confirmed")).all()
    db.session.rollback()
    assert {hour.replace(minute=0, second=0) for hour in hours} == {now.replace(minute=0, second=0)}
    assert erase_old_unconfirmed(now + LONG_AFTER) == MANY


def test_nothing_goes_while_the_clock_is_in_doubt(any_app: Flask, flooded: Site, now: datetime) -> None:
    with transaction() as session:
        session.add(ClockMark(id=1, seen_at=now, doubted_since=now, first_seen_at=None))
    assert erase_old_unconfirmed(now + LONG_AFTER) == 0
    assert left() == MANY
