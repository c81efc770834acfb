"""A purge that is stopped, doubled or begun under a wrong clock erases what it should, once."""

import threading
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select, update

from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after
from campaign.core.clock_mark import DOUBT_LASTS
from campaign.core.db import db, transaction
from campaign.counting.actions import reconcile
from campaign.signing.purging import purge_step
from campaign.worker import keep_house, purge_some
from tests.factories import SLUG, Site
from tests.purges import (
    after,
    audited,
    is_untouched,
    numbers,
    purge_row,
    rows,
    sweep,
)

TEN_YEARS = timedelta(days=3652)


def test_a_clock_ten_years_ahead_erases_nothing(closed: Site, now: datetime) -> None:
    after(now, months=1)
    start = months_after(now + timedelta(days=1), 1)
    for hours in range(0, int(DOUBT_LASTS.total_seconds() // 3600), 6):
        sweep(start + TEN_YEARS + timedelta(hours=hours))
    assert is_untouched()
    sweep(start + timedelta(days=3))
    assert is_untouched()


def test_a_purge_stops_where_it_is_while_the_clock_is_in_doubt(closed: Site, now: datetime) -> None:
    over = after(now)
    keep_house(over)
    assert purge_some(over) is not None
    keep_house(over - TEN_YEARS)
    assert purge_some(over) is None
    found = purge_row()
    assert found is not None
    assert (found.signatures, found.ended_at) == (1, None)


def test_closed_under_a_clock_far_behind_it_is_kept_until_its_months_are_over(closed: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(closed_at=now - TEN_YEARS))
    sweep(after(now, months=5))
    assert is_untouched()
    sweep(after(now))
    assert not is_untouched()


def test_closed_under_a_clock_far_ahead_its_months_begin_when_that_is_noticed(closed: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(closed_at=now + TEN_YEARS))
    noticed = after(now, months=1)
    sweep(noticed)
    assert db.session.scalar(select(Campaign.closed_at)) == noticed


def test_who_comes_later_goes_on_where_another_was_stopped(closed: Site, now: datetime) -> None:
    over = after(now)
    keep_house(over)
    for _ in range(3):
        purge_some(over)
    session = db.session()
    purge_step(session, closed.campaign.id, now=over)
    session.rollback()
    before = numbers(closed, now)
    with transaction() as session:
        assert reconcile(session) == 0
    assert len([row for row in rows("confirmed") if row.sealed is None]) == 4
    sweep(over)
    assert numbers(closed, now) == before
    assert audited() == [("purged_signatures", SLUG, "11 signatures, 6 months after 2026-11-23")]


def test_two_workers_at_once_do_each_step_once(closed: Site, any_app: Flask, now: datetime) -> None:
    over, start, errors = after(now), threading.Barrier(3), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                sweep(over)
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
    assert audited() == [("purged_signatures", SLUG, "11 signatures, 6 months after 2026-11-23")]
    found = purge_row()
    assert found is not None
    assert found.signatures == 11


def test_what_is_put_back_into_the_count_meanwhile_is_erased_too(closed: Site, now: datetime) -> None:
    """Those that count nowhere go first, so there is nothing to put back once confirmed ones are being erased."""
    over = after(now)
    keep_house(over)
    purge_some(over)
    assert rows("invalidated") == []
