"""Paper counted exactly, on both databases: two who approve at once, rows of people who signed already, and undoing."""

import threading
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.clock_mark import look_at_clock
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile, roll_up
from campaign.counting.queries import Count, count_of, days, hours, origins, signature_count
from campaign.exports.decrypt import decrypt_list
from campaign.exports.sealed_list import sealed_list_lines
from campaign.paper.actions import Deed, OwnBatch, Sheets, approve, enter_sheets, reject, take_back
from campaign.paper.importing import TypedRow, add_rows, drop_import, end_import, start_import
from campaign.paper.models import PaperBatch, PaperRow, PaperScan
from campaign.paper.queries import batch
from campaign.paper.retention import forget_old_batches
from campaign.paper.scans import BLOCK_BYTES, keep_scan
from campaign.sealing.boxes import seal
from campaign.signing.actions import ask_for_links
from campaign.signing.canonical_email import read_email
from campaign.signing.erasures import all_erasures
from campaign.signing.invalidation import invalidate
from campaign.signing.models import Signature, SignatureDelta
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.signers import newest_letter, sign, sign_and_confirm

MONA, EDDA, OLGA = (uuid.UUID(int=number) for number in (1, 2, 3))
DAY = date(2026, 11, 20)


def deed(site: Site, who: uuid.UUID, now: datetime) -> Deed:
    return Deed(site.campaign, who, now)


def sheets(lines: int) -> Sheets:
    return Sheets(DAY, lines, "en", 1, "The square", "Collette")


def enter(site: Site, now: datetime, lines: int = 30) -> int:
    with transaction() as session:
        return enter_sheets(session, deed(site, MONA, now), sheets(lines), epoch=site.epoch)


def typed(site: Site, email: str, **changes: Any) -> TypedRow:
    """A row as the browser seals it."""
    row_id = uuid.uuid4()
    fields = {"campaign": site.campaign.slug, "signature": row_id.hex, "name": "On Paper", "email": email}
    values = {"public_name": None, "wants_updates": False, **changes}
    return TypedRow(row_id, seal(site.epoch.public_key, fields), read_email(email), **values)


def bring(site: Site, keyring: Keyring, now: datetime, *emails: str, **changes: Any) -> int:
    """Import a file of these addresses; the number of its batch."""
    rows = [typed(site, email, **changes) for email in emails]
    by_mona = deed(site, MONA, now)
    with transaction() as session:
        number = start_import(session, by_mona, sheets(len(rows)), epoch=site.epoch)
    for row in rows:
        with transaction() as session:
            add_rows(session, by_mona, number, [row], epoch=site.epoch, keyring=keyring)
    with transaction() as session:
        end_import(session, by_mona, number)
    return number


def count(site: Site) -> Count:
    found = count_of(db.session(), site.campaign.id)
    db.session.rollback()
    return found


def do(change: Callable[..., None], site: Site, who: uuid.UUID, now: datetime, number: int, **more: Any) -> None:
    with transaction() as session:
        change(session, deed(site, who, now), number, **more)


def nothing_drifts(site: Site, now: datetime) -> None:
    """Added up or not, counted again or not, by day, by hour or by place: it is one number."""
    before = count(site)
    for step in (lambda session: roll_up(session), lambda session: reconcile(session)):
        with transaction() as session:
            drift = step(session)
        assert count(site) == before
    assert drift == 0
    session = db.session()
    series = days(session, site.campaign.id, today=now.date())
    assert (series[-1].total if series else 0) == before.total
    assert sum(hour.signatures for hour in hours(session, site.campaign.id, now=now)) == before.total
    assert dict(origins(session, site.campaign.id).sources).get("paper", 0) == before.on_paper
    session.rollback()


def test_lines_count_from_approval_on_and_not_after_they_are_taken_back(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign_and_confirm(any_site, keyring, now)
    number = enter(any_site, now)
    assert count(any_site) == Count(1, 0)
    do(approve, any_site, EDDA, now, number, revision=1)
    assert count(any_site) == Count(31, 30)
    assert signature_count(db.session(), any_site.campaign.id) == 1, "lines are no rows of a list"
    nothing_drifts(any_site, now)
    do(take_back, any_site, EDDA, now, number, why="twice")
    assert count(any_site) == Count(1, 0)
    nothing_drifts(any_site, now)


@pytest.mark.parametrize("kind", ["sheets", "rows"])
def test_two_who_approve_at_once_count_it_once(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, kind: str
) -> None:
    is_rows = kind == "rows"
    number = bring(any_site, keyring, now, "bob@example.org") if is_rows else enter(any_site, now)
    outcomes, together = list[str](), threading.Barrier(2)

    def go(who: uuid.UUID) -> None:
        with any_app.app_context():
            together.wait()
            try:
                do(approve, any_site, who, now, number, revision=1)
                outcomes.append("approved")
            except Refused:
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(who,)) for who in (EDDA, OLGA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "refused"]
    assert count(any_site) == (Count(1, 1) if is_rows else Count(30, 30))
    nothing_drifts(any_site, now)


def test_two_who_enter_at_once_get_two_numbers(any_app: Flask, any_site: Site, now: datetime) -> None:
    numbers, together = list[int](), threading.Barrier(4)

    def go() -> None:
        with any_app.app_context():
            together.wait()
            numbers.append(enter(any_site, now))
            db.session.remove()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4]


def test_nobody_approves_rows_they_brought(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime) -> None:
    number = bring(any_site, keyring, now, "bob@example.org")
    with pytest.raises(OwnBatch):
        do(approve, any_site, MONA, now, number, revision=1)
    assert count(any_site) == Count(0, 0)


def test_who_has_signed_already_is_not_counted_again(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign_and_confirm(any_site, keyring, now, "alice@gmail.com")
    sign_and_confirm(any_site, keyring, now, "forger@example.org")
    emails = ("A.lice+x@googlemail.com", "bob@example.org", "BOB@example.org", "charlie@example.org")
    number = bring(any_site, keyring, now, *emails)
    assert count(any_site) == Count(2, 0), "nothing counts before approval"
    do(approve, any_site, EDDA, now, number, revision=1)
    assert count(any_site) == Count(4, 2)
    found = batch(db.session(), any_site.campaign.id, number)
    assert (found.lines, found.counted, found.duplicates) == (4, 2, 2)
    nothing_drifts(any_site, now)


def test_a_signature_that_was_invalidated_does_not_come_back_on_paper(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign_and_confirm(any_site, keyring, now, "bob@example.org")
    with transaction() as session:
        ids = session.scalars(select(Signature.id)).all()
        invalidate(session, campaign_id=any_site.campaign.id, signature_ids=ids, reason="forged")
    do(approve, any_site, EDDA, now, bring(any_site, keyring, now, "bob@example.org"), revision=1)
    assert count(any_site) == Count(0, 0)
    nothing_drifts(any_site, now)


def test_an_online_signature_that_waits_gives_way_to_the_one_on_paper(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now, "bob@example.org", name="Somebody Else")
    do(approve, any_site, EDDA, now, bring(any_site, keyring, now, "bob@example.org"), revision=1)
    assert count(any_site) == Count(1, 1)
    row = db.session.scalars(select(Signature)).one()
    assert (row.state, row.source) == ("confirmed", "paper")
    db.session.rollback()
    nothing_drifts(any_site, now)


def test_whoever_signs_online_after_paper_counts_once_and_can_withdraw(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    number = bring(any_site, keyring, now, "bob@example.org", "charlie@example.org")
    do(approve, any_site, EDDA, now, number, revision=1)
    sign(any_site, keyring, now, "bob@example.org")
    assert newest_letter(keyring, "bob@example.org").template == "already_signed"
    with transaction() as session:
        ask_for_links(
            session,
            campaigns=[any_site.campaign],
            email=read_email("bob@example.org"),
            language="en",
            keyring=keyring,
            now=now + timedelta(minutes=1),
        )
    token = newest_letter(keyring, "bob@example.org").values["links"][0]["manage_token"]
    with transaction() as session:
        withdraw(session, token=token, now=now)
    assert count(any_site) == Count(1, 1)
    nothing_drifts(any_site, now)
    # What is withdrawn stays so; the rest of the batch is erased.
    do(take_back, any_site, EDDA, now, number, why="wrong file")
    assert count(any_site) == Count(0, 0)
    assert db.session.scalars(select(Signature.state)).all() == ["withdrawn"]
    assert len(all_erasures(db.session())) == 2
    db.session.rollback()
    nothing_drifts(any_site, now)


def test_the_same_file_can_be_brought_again_after_it_was_taken_back(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    for _ in range(2):
        number = bring(any_site, keyring, now, "bob@example.org", public_name="Bob")
        do(approve, any_site, EDDA, now, number, revision=1)
        assert count(any_site) == Count(1, 1)
        do(take_back, any_site, OLGA, now, number, why="wrong")
        assert count(any_site) == Count(0, 0)
    nothing_drifts(any_site, now)


def test_a_part_of_a_file_may_be_sent_twice_and_none_may_be_missing(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    by_mona, rows = deed(any_site, MONA, now), [typed(any_site, f"p{number}@example.org") for number in range(3)]
    with transaction() as session:
        number = start_import(session, by_mona, sheets(3), epoch=any_site.epoch)
    for _ in range(2):
        with transaction() as session:
            add_rows(session, by_mona, number, rows[:2], epoch=any_site.epoch, keyring=keyring)
    with pytest.raises(Refused), transaction() as session:
        end_import(session, by_mona, number)
    with pytest.raises(Refused):
        do(approve, any_site, EDDA, now, number, revision=1)
    more = [typed(any_site, f"q{number}@example.org") for number in range(2)]
    with pytest.raises(Refused), transaction() as session:
        add_rows(session, by_mona, number, more, epoch=any_site.epoch, keyring=keyring)
    with pytest.raises(Refused), transaction() as session:
        add_rows(session, deed(any_site, EDDA, now), number, rows, epoch=any_site.epoch, keyring=keyring)
    with transaction() as session:
        drop_import(session, by_mona, number)
    assert db.session.scalar(select(func.count()).select_from(PaperRow)) == 0


def test_ten_thousand_rows_are_counted_in_one_go(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    rows = [typed(any_site, f"person{number}@example.org") for number in range(10_000)]
    by_mona = deed(any_site, MONA, now)
    with transaction() as session:
        number = start_import(session, by_mona, sheets(len(rows)), epoch=any_site.epoch)
        add_rows(session, by_mona, number, rows, epoch=any_site.epoch, keyring=keyring)
        end_import(session, by_mona, number)
    do(approve, any_site, EDDA, now, number, revision=1)
    assert count(any_site) == Count(10_000, 10_000)
    do(take_back, any_site, EDDA, now, number, why="wrong")
    assert count(any_site) == Count(0, 0)
    assert db.session.scalar(select(func.count()).select_from(SignatureDelta)) == 20_000


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
            forget_old_batches(session, now=now + timedelta(days=day))
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


def test_a_list_opens_rows_from_paper_like_any_other(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, tmp_path: Any
) -> None:
    from_paper = bring(any_site, keyring, now, "bob@example.org", wants_updates=True)
    do(approve, any_site, EDDA, now, from_paper, revision=1)
    sealed = tmp_path / "list.sealed"
    with sealed.open("wb") as file:
        file.writelines(sealed_list_lines(db.session(), any_site.campaign.id, now=now))
    done = decrypt_list(sealed, tmp_path / "list.csv", phrase=any_site.phrase, progress=lambda _done: None)
    assert (done.rows, done.problems) == (1, [])
    written = (tmp_path / "list.csv").read_text("utf-8-sig")
    assert "On Paper,bob@example.org" in written
    assert ",yes,en,2026-11-22T18:00Z,paper," in written
