"""What was entered from paper names nobody for longer than it has to."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from campaign.core.clock_mark import look_at_clock
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.queries import Count
from campaign.paper.actions import approve, reject
from campaign.paper.importing import start_import
from campaign.paper.models import PaperBatch, PaperRow, PaperScan
from campaign.paper.scans import BLOCK_BYTES, keep_scan
from campaign.worker import begin_due_purges, forget_old_batches
from tests.factories import Site
from tests.paper_batches import EDDA, MONA, OLGA, bring, count, deed, do, enter, sheets
from tests.purges import after, set_state


def test_what_nobody_approves_goes_after_thirty_days(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    rows, approved = bring(any_site, keyring, now, "bob@example.org"), enter(any_site, now)
    with transaction() as session:
        start_import(session, deed(any_site, OLGA, now), sheets(2), epoch=any_site.epoch)
        keep_scan(session, deed(any_site, MONA, now), approved, bytes(BLOCK_BYTES + 48), epoch=any_site.epoch)
    do(approve, any_site, EDDA, now, approved, revision=2)
    for day in range(33):
        with transaction() as session:
            look_at_clock(session, now=now + timedelta(days=day))
        forget_old_batches(now + timedelta(days=day))
        states = dict(db.session.execute(select(PaperBatch.number, PaperBatch.state)).all())
        left = [db.session.scalar(select(func.count()).select_from(table)) for table in (PaperRow, PaperScan)]
        db.session.rollback()
        assert states.get(rows) == ("waiting" if day <= 30 else "expired"), day
        assert left == ([1, 1] if day <= 30 else [0, 0]), day
        # The clock is believed from the fourth day on.
        assert len(states) == (3 if day <= 2 else 2), day
    assert count(any_site) == Count(30, 30), "what counts stays"
    assert db.session.scalars(select(PaperBatch.details).where(PaperBatch.details.is_not(None))).all() == []


def test_what_a_batch_holds_of_anybody_goes_with_it(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    number = bring(any_site, keyring, now, "bob@example.org")
    with transaction() as session:
        keep_scan(session, deed(any_site, MONA, now), number, bytes(BLOCK_BYTES + 48), epoch=any_site.epoch)
    do(reject, any_site, EDDA, now, number, why="unreadable")
    for table in (PaperRow, PaperScan):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert db.session.scalars(select(PaperBatch.details)).all() == [None]


def test_what_a_batch_holds_of_anybody_goes_with_the_purge_at_the_latest(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """Approved on the day before the months are over: not kept for thirty days more."""
    set_state("closed", now + timedelta(days=1))
    over = after(now)
    late = over - timedelta(days=1)
    approved, waiting = enter(any_site, late), enter(any_site, late)
    rows = bring(any_site, keyring, late, "b@example.org")
    with transaction() as session:
        for number in (approved, rows):
            keep_scan(session, deed(any_site, MONA, late), number, bytes(BLOCK_BYTES + 48), epoch=any_site.epoch)
    do(approve, any_site, EDDA, late, approved, revision=2)
    begin_due_purges(late)
    forget_old_batches(late)
    assert names_held() == (3, 2, 1), "a day too early"
    begin_due_purges(over)
    # One batch after the other, so that nobody waits for a pile of scans; the rest can wait for another hour.
    turns = iter([True, False])
    forget_old_batches(over, go_on=lambda: next(turns))
    assert sum(names_held()) == 3
    forget_old_batches(over)
    assert names_held() == (0, 0, 0)
    states = dict(db.session.execute(select(PaperBatch.number, PaperBatch.state)).all())
    db.session.rollback()
    assert states == {approved: "approved", waiting: "waiting", rows: "expired"}
    assert count(any_site) == Count(30, 30), "what counts stays"


def names_held() -> tuple[int, ...]:
    """How many places and collectors, scans, and rows there are."""
    counts = (
        select(func.count()).where(PaperBatch.details.is_not(None)),
        select(func.count()).select_from(PaperScan),
        select(func.count()).select_from(PaperRow),
    )
    found = tuple(db.session.scalar(count) or 0 for count in counts)
    db.session.rollback()
    return found
