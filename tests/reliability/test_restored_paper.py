"""A restored database knows nothing of paper that was erased after the backup: not until a worker looks, at no time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.app import create_app
from campaign.backup.erasure_list import read_list, write_list
from campaign.campaigns.models import Campaign
from campaign.conversation.contents import Statement
from campaign.conversation.endorsements import ask_to_endorse
from campaign.conversation.models import Submission
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.paper.actions import approve, reject, take_back
from campaign.paper.erasures import ON_PAPER
from campaign.paper.importing import start_import
from campaign.paper.models import PaperBatch, PaperRow
from campaign.signing.actions import ask_for_links
from campaign.signing.canonical_email import read_email
from campaign.signing.purging import begin_purge
from campaign.signing.self_service import set_public_name, withdraw
from campaign.worker import forget_old_batches
from tests.databases import config_for
from tests.factories import Site
from tests.paper_batches import EDDA, OLGA, bring, deed, do, enter, sheets
from tests.reliability.operators import Operator
from tests.signers import newest_letter

PEOPLE = [f"person{number}@example.org" for number in range(4)]


@pytest.fixture
def operator(any_app: Flask, any_site: Site, tmp_path: Path) -> Operator:
    db.session.remove()
    return Operator(tmp_path, tmp_path / "instance", db.engine.url.render_as_string(hide_password=False))


def restored(operator: Operator, there: Operator) -> tuple[dict[int, tuple[str, bool, int]], int, list[str | None]]:
    """Of each batch its state, whether place and collector are there, and its lines; then how many things sent in, and
    the public name of every row that waits."""
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "sums were off by 0" in said) == (0, True), said
    with create_app(config_for(there.url, there.instance)).app_context():
        batches = db.session.execute(
            select(PaperBatch.number, PaperBatch.state, PaperBatch.details, PaperBatch.lines)
        ).all()
        sent_in = len(db.session.scalars(select(Submission.id)).all())
        waiting = select(PaperRow.public_name).where(PaperRow.sealed.is_not(None))
        names = list(db.session.scalars(waiting.order_by(PaperRow.public_name)))
        db.session.remove()
        db.engine.dispose()
    return {row[0]: (row[1], row[2] is not None, row[3]) for row in batches}, sent_in, names


def believe(now: datetime) -> None:
    with transaction() as session:
        session.merge(ClockMark(id=1, seen_at=now, doubted_since=None, first_seen_at=None))


def test_what_ended_or_lost_its_place_after_the_backup_is_so_again(
    operator: Operator, there: Operator, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    old, taken, refused, kept = (enter(any_site, now, lines) for lines in (30, 20, 10, 5))
    rows = bring(any_site, keyring, now, *PEOPLE)
    for number in (old, taken):
        do(approve, any_site, EDDA, now, number, revision=1)
    with transaction() as session:
        under_way = start_import(session, deed(any_site, OLGA, now), sheets(2), epoch=any_site.epoch).number
    operator.run("backup", operator.backups / "first")
    do(take_back, any_site, OLGA, now, taken, why="counted twice")
    do(reject, any_site, EDDA, now, refused, why="unreadable")
    do(reject, any_site, EDDA, now, rows, why="another campaign's")
    later = now + timedelta(days=31, hours=1)
    believe(later)
    with transaction() as session:
        # Or it would have lapsed, too: the one that nothing happened to.
        session.execute(update(PaperBatch).where(PaperBatch.number == kept).values(entered_at=later))
    forget_old_batches(later)
    operator.run("backup", "--erasures", operator.backups)
    batches, _, names = restored(operator, there)
    assert batches == {
        old: ("approved", False, 30),
        taken: ("taken_back", False, 20),
        refused: ("expired", False, 10),
        kept: ("waiting", True, 5),
        rows: ("expired", False, 4),
    }
    assert (names, under_way not in batches) == ([], True)


def test_a_purge_after_the_backup_takes_paper_and_contacts_again_though_no_worker_had_come_to_them(
    operator: Operator, there: Operator, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    approved, waiting = enter(any_site, now), enter(any_site, now)
    rows = bring(any_site, keyring, now, *PEOPLE)
    do(approve, any_site, EDDA, now, approved, revision=1)
    with transaction() as session:
        ask_to_endorse(
            session,
            campaign=any_site.campaign,
            statement=Statement("Bakers' Guild", "DE", "", "", "en"),
            email=read_email("union@example.org"),
            keyring=keyring,
            now=now,
            mail_at=now,
        )
    operator.run("backup", operator.backups / "first")
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=now))
        begin_purge(session, any_site.campaign.id)
    operator.run("backup", "--erasures", operator.backups)
    batches, sent_in, names = restored(operator, there)
    assert batches == {
        approved: ("approved", False, 30),
        waiting: ("waiting", False, 30),
        rows: ("expired", False, 4),
    }
    assert (sent_in, names) == (0, [])


def test_what_a_signatory_took_back_is_gone_from_the_row_it_was_typed_as(
    operator: Operator, there: Operator, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """The backup is from before the batch was approved, so it does not know their signatures, only rows that wait."""
    number = bring(any_site, keyring, now, *PEOPLE, public_name="Penelope")
    operator.run("backup", operator.backups / "first")
    do(approve, any_site, EDDA, now, number, revision=1)
    tokens = [_manage_token(any_site, keyring, now, email) for email in PEOPLE[:2]]
    with transaction() as session:
        withdraw(session, token=tokens[0], now=now)
        set_public_name(session, token=tokens[1], public_name=None, now=now)
    operator.run("backup", "--erasures", operator.backups)
    batches, _, names = restored(operator, there)
    assert batches == {number: ("waiting", True, 3)}, "what waits is opened whole, so it is not called damaged"
    assert sorted(name or "" for name in names) == ["", "Penelope", "Penelope"]


def test_a_list_of_an_older_release_which_has_nothing_of_paper_is_not_called_too_old(
    operator: Operator, there: Operator, any_site: Site, now: datetime
) -> None:
    number = enter(any_site, now)
    do(reject, any_site, EDDA, now, number, why="unreadable")
    operator.run("backup", operator.backups / "first")
    path = operator.backups / "erasures.list"
    entries = read_list(path).entries
    assert {entry.what for entry in entries} == {"paper"}
    path.unlink()
    write_list(path, (entry for entry in entries if entry.what not in ON_PAPER), now=now)
    assert restored(operator, there)[0] == {number: ("rejected", False, 30)}


def _manage_token(site: Site, keyring: Keyring, now: datetime, email: str) -> str:
    with transaction() as session:
        ask_for_links(
            session,
            campaigns=[site.campaign],
            email=read_email(email),
            language="en",
            keyring=keyring,
            now=now + timedelta(minutes=1),
        )
    token: str = newest_letter(keyring, email).values["links"][0]["manage_token"]
    return token
