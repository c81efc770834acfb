"""Promise: a clock that stands wrong destroys nothing, and puts nothing off for ever.

A site lives through some weeks in steps of three hours, by the true time of the test. The clock that its worker sees is
true, or an hour or ten years off for a while, as after a dead battery, a time zone taken for another, or a wrong
command; somebody sets it right within three days. `TZ` is a zone in which summer time begins or ends in those weeks.
People sign and do not confirm; mail waits, because the relay is away.

Nothing that was made under a true clock ends early: an unconfirmed signature not before its 14 days, a mail not before
its 7, less the hour of a clock that is an hour ahead. A mail is tried at each step, and waits afterwards, but never
longer than the longest wait. Once the clock has been right for as long as doubt lasts, what is too old goes.
"""

import logging
import os
import random
import shutil
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from campaign.app import create_app
from campaign.core.clock import utc_now
from campaign.core.clock_mark import DOUBT_LASTS
from campaign.core.db import db
from campaign.outbox.actions import GIVE_UP_DAYS, LONGEST_WAIT_SECONDS
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import SmtpTransport
from campaign.signing.models import Signature
from campaign.signing.unconfirmed import PENDING_DAYS
from campaign.web.services import services
from campaign.worker import deliver_due, keep_house
from tests.databases import config_for, new_sqlite
from tests.factories import Site, make_site
from tests.reliability.conftest import Torture
from tests.reliability.promise import Promise, Run
from tests.signers import sign
from tests.smtp import Relay

STEP = timedelta(hours=3)
STEPS = 8 * 30
SIGNING_STEPS = 8 * 12
# At the end the clock is right for as long as it takes to be believed again, and a little.
RIGHT_STEPS = 8 * 8
WRONG_BY = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=3652), timedelta(days=-3652))
# Summer time begins or ends within days of these.
ZONES = {
    "Europe/Berlin": (datetime(2026, 10, 20, tzinfo=UTC), datetime(2027, 3, 20, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 10, 28, tzinfo=UTC), datetime(2027, 3, 8, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 9, 28, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)),
}
# Nobody listens there.
NO_RELAY = "smtp://127.0.0.1:1"
ONE_HOUR = timedelta(hours=1)


@dataclass
class Life:
    """A site, what was made in it under a true clock and when, and by how much its clock is wrong now."""

    run: Run
    chance: random.Random
    site: Site
    now: datetime
    wrong_by: timedelta = timedelta()
    steps_wrong: int = 0
    signed: dict[uuid.UUID, datetime] = field(default_factory=dict)
    queued: dict[uuid.UUID, datetime] = field(default_factory=dict)

    def live(self) -> None:
        for step in range(STEPS):
            self._set_clock(step)
            if not self.wrong_by and step < SIGNING_STEPS and self.chance.random() < 0.3:
                sign(self.site, services().keyring, self.now, f"signer{step}@example.org")
                self._write_down()
            while deliver_due(SmtpTransport(NO_RELAY), services(), clock=lambda: self.now + self.wrong_by):
                pass
            self._check_waits()
            keep_house(self.now + self.wrong_by)
            self._check_nothing_ended_early()
            self.now += STEP
        self._check_old_is_gone()

    def _set_clock(self, step: int) -> None:
        if self.wrong_by:
            # Then right for a step at least: wrong twice by as much is wrong for longer than any clock is doubted.
            self.wrong_by = self.wrong_by if self.steps_wrong else timedelta()
            self.steps_wrong = max(0, self.steps_wrong - 1)
        elif step < STEPS - RIGHT_STEPS and self.chance.random() < 0.08:
            self.wrong_by = self.chance.choice(WRONG_BY)
            self.steps_wrong = self.chance.choice((0, 1, 8, 22))
            self.run.count("times the clock was wrong")

    def _write_down(self) -> None:
        for found, table in ((self.signed, Signature), (self.queued, OutboxMail)):
            for row in db.session.scalars(select(table.id)):
                found.setdefault(row, self.now)
        db.session.rollback()

    def _check_waits(self) -> None:
        for due_at in db.session.scalars(select(OutboxMail.due_at)):
            wait = due_at - (self.now + self.wrong_by)
            if not timedelta() < wait <= timedelta(seconds=LONGEST_WAIT_SECONDS):
                self.run.lost(f"a mail waits for {wait}")
        db.session.rollback()

    def _check_nothing_ended_early(self) -> None:
        for found, table, days in ((self.signed, Signature, PENDING_DAYS), (self.queued, OutboxMail, GIVE_UP_DAYS)):
            standing = set(db.session.scalars(select(table.id)))
            db.session.rollback()
            for gone in found.keys() - standing:
                age = self.now - found.pop(gone)
                self.run.count("ends looked at")
                if age < timedelta(days=days) - ONE_HOUR:
                    self.run.lost(f"a row of {table.__tablename__} was deleted after {age}")

    def _check_old_is_gone(self) -> None:
        for found, days in ((self.signed, PENDING_DAYS), (self.queued, GIVE_UP_DAYS)):
            oldest = timedelta(days=days) + DOUBT_LASTS + timedelta(days=5)
            for made in found.values():
                if self.now - made > oldest:
                    self.run.lost(f"something made {self.now - made} ago is still there")


def keep(run: Run) -> None:
    for chance in run.cycles():
        zone = chance.choice(list(ZONES))
        os.environ["TZ"] = zone
        time.tzset()
        began_at = chance.choice(ZONES[zone])
        if abs(utc_now().timestamp() - time.time()) > 1:
            run.lost(f"in {zone} the clock is read as another time")
        folder = run.folder / f"site-{run.done}"
        folder.mkdir()
        app = create_app(config_for(new_sqlite(folder), folder))
        # It says that the relay is away, and the clock in doubt, as it should.
        logging.getLogger("campaign").setLevel(logging.CRITICAL)
        with app.app_context():
            Life(run, chance, make_site(began_at), began_at).live()
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(folder)


PROMISE = Promise("clock", "a clock that stands wrong ends nothing early and puts nothing off for ever", keep, 100)


def test_a_clock_that_stands_wrong_ends_nothing_early(torture: Torture) -> None:
    figures = torture("clock", 2)["figures"]
    assert figures["times the clock was wrong"] > 5
    assert figures["ends looked at"] > 10


def old_row_survives(looks: Iterable[timedelta], site: Site, now: datetime) -> bool:
    """Whether Alice's signature and mail are still there after housekeeping at these instants, counted from now."""
    sign(site, services().keyring, now)
    for look in looks:
        keep_house(now + look)
    counts = [db.session.scalar(select(func.count()).select_from(table)) for table in (Signature, OutboxMail)]
    db.session.rollback()
    assert counts in ([1, 1], [0, 0])
    return counts == [1, 1]


DAYS_30 = [timedelta(days=day) for day in range(30)]
TEN_YEARS = timedelta(days=3652)


def test_under_a_true_clock_what_is_old_goes(any_site: Site, now: datetime) -> None:
    assert not old_row_survives(DAYS_30, any_site, now)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([TEN_YEARS], id="the first look is years ahead"),
        pytest.param([timedelta(), TEN_YEARS, TEN_YEARS + timedelta(days=2)], id="a jump ahead"),
        pytest.param([*DAYS_30[:6], TEN_YEARS, DAYS_30[6]], id="there and back"),
        pytest.param([*DAYS_30[:6], -TEN_YEARS, DAYS_30[6]], id="back and there"),
        pytest.param([*DAYS_30[:6], DAYS_30[20], DAYS_30[22]], id="a pause of two weeks"),
        pytest.param([TEN_YEARS, timedelta(), timedelta(hours=1)], id="right from the second look on"),
    ],
)
def test_a_clock_that_has_jumped_deletes_nothing(looks: list[timedelta], any_site: Site, now: datetime) -> None:
    assert old_row_survives(looks, any_site, now)


@pytest.mark.parametrize("right_before", [0, 6], ids=["wrong at first", "wrong once"])
def test_a_clock_that_goes_on_evenly_is_believed_again(any_site: Site, now: datetime, right_before: int) -> None:
    assert not old_row_survives([*DAYS_30[:right_before], TEN_YEARS, *DAYS_30[right_before:]], any_site, now)


def test_what_was_made_in_the_future_begins_its_days_when_the_clock_is_believed(any_site: Site, now: datetime) -> None:
    sign(any_site, services().keyring, now + TEN_YEARS)
    standing = []
    for day in DAYS_30:
        keep_house(now + day)
        standing += [day.days] * (db.session.scalar(select(func.count()).select_from(Signature)) or 0)
        db.session.rollback()
    # The hour of a row is cut, so it goes with the look at its last day.
    assert max(standing) == DOUBT_LASTS.days + PENDING_DAYS - 1


@pytest.mark.parametrize("wrong_by", WRONG_BY, ids=str)
def test_mail_put_off_under_a_wrong_clock_goes_out_under_the_right_one(
    any_site: Site, now: datetime, wrong_by: timedelta
) -> None:
    sign(any_site, services().keyring, now)
    deliver_due(SmtpTransport(NO_RELAY), services(), clock=lambda: now + wrong_by)
    with Relay() as relay:
        deliver_due(SmtpTransport(relay.url), services(), clock=lambda: now + timedelta(hours=2))
        assert len(relay.messages) == 1
