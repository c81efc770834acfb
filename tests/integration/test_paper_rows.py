"""Rows from paper beside signatures given online, on both databases: one address counts once."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.counting.queries import Count
from campaign.exports.decrypt import decrypt_list
from campaign.exports.sealed_list import sealed_list_lines
from campaign.paper.actions import OwnBatch, approve, take_back
from campaign.paper.importing import Upload, WaitsAlready, add_rows, drop_import, end_import, file_tag, start_import
from campaign.paper.models import PaperRow
from campaign.paper.queries import batch
from campaign.signing.actions import ask_for_links
from campaign.signing.canonical_email import read_email
from campaign.signing.erasures import all_erasures
from campaign.signing.invalidation import invalidate
from campaign.signing.models import Signature, SignatureDelta
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.paper_batches import EDDA, MONA, OLGA, bring, count, deed, do, nothing_drifts, sheets, typed
from tests.signers import newest_letter, sign, sign_and_confirm


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
        number = start_import(session, by_mona, sheets(3), epoch=any_site.epoch).number
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


def test_two_tabs_that_go_on_with_one_file_at_once_bring_each_row_once(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    by_mona, rows = deed(any_site, MONA, now), [typed(any_site, f"p{number}@example.org") for number in range(6)]
    file = file_tag(keyring, any_site.campaign.id, bytes(32))
    with transaction() as session:
        begun = start_import(session, by_mona, sheets(6), epoch=any_site.epoch, file=file)
        add_rows(session, by_mona, begun.number, rows[:2], epoch=any_site.epoch, keyring=keyring)
    together, uploads = threading.Barrier(2), list[Upload]()

    def go_on() -> None:
        with any_app.app_context():
            with transaction() as session:
                uploads.append(start_import(session, by_mona, sheets(6), epoch=any_site.epoch, file=file))
            together.wait()
            for row in rows[2:]:
                with transaction() as session:
                    add_rows(session, by_mona, begun.number, [row], epoch=any_site.epoch, keyring=keyring)
            db.session.remove()

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert uploads == [Upload(begun.batch_id, begun.number, 2)] * 2
    with transaction() as session:
        end_import(session, by_mona, begun.number)
    with pytest.raises(WaitsAlready), transaction() as session:
        start_import(session, by_mona, sheets(6), epoch=any_site.epoch, file=file)
    do(approve, any_site, EDDA, now, begun.number, revision=1)
    assert count(any_site) == Count(6, 6)
    nothing_drifts(any_site, now)


def test_ten_thousand_rows_are_counted_in_one_go(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    rows = [typed(any_site, f"person{number}@example.org") for number in range(10_000)]
    by_mona = deed(any_site, MONA, now)
    with transaction() as session:
        number = start_import(session, by_mona, sheets(len(rows)), epoch=any_site.epoch).number
        add_rows(session, by_mona, number, rows, epoch=any_site.epoch, keyring=keyring)
        end_import(session, by_mona, number)
    do(approve, any_site, EDDA, now, number, revision=1)
    assert count(any_site) == Count(10_000, 10_000)
    do(take_back, any_site, EDDA, now, number, why="wrong")
    assert count(any_site) == Count(0, 0)
    assert db.session.scalar(select(func.count()).select_from(SignatureDelta)) == 20_000


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
