"""A backup made at the very moment of approval has every row from paper, as one that waits or as a signature."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from campaign.backup.making import make_backup
from campaign.core.db import db
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.paper.actions import approve, take_back
from tests.factories import Site, make_site
from tests.paper_batches import EDDA, OLGA, bring, do, enter
from tests.signers import sign, sign_and_confirm

EMAILS = [f"person{number}@example.org" for number in range(50)]


@pytest.fixture
def made(app: Flask, now: datetime) -> Site:
    with app.app_context():
        return make_site(now)


def back_up(app: Flask, place: Path, now: datetime, *, meanwhile: Callable[[], None]) -> sqlite3.Connection:
    """A backup during which another thread does something when the signatures have just been read."""

    def in_another_thread() -> None:
        with app.app_context():
            meanwhile()
            db.session.remove()

    def progress(said: str) -> None:
        if said.startswith("signature:"):
            thread = threading.Thread(target=in_another_thread)
            thread.start()
            thread.join()

    return sqlite3.connect(make_backup(place, now=now, progress=progress).file)


def number_of(copy: sqlite3.Connection, what: str) -> int:
    return int(copy.execute(f"SELECT count(*) FROM {what}").fetchone()[0])


def test_rows_approved_while_a_backup_is_made_are_in_it(
    app: Flask, made: Site, keyring: Keyring, now: datetime, tmp_path: Path
) -> None:
    with app.app_context():
        sign_and_confirm(made, keyring, now)
        # One who waits online gives way to the one on paper, after its page was read.
        sign(made, keyring, now, EMAILS[0])
        number = bring(made, keyring, now, *EMAILS)
        meanwhile = lambda: do(approve, made, EDDA, now, number, revision=1)  # noqa: E731 - said once
        with closing(back_up(app, tmp_path / "a.sqlite3", now, meanwhile=meanwhile)) as copy:
            (counted,) = copy.execute("SELECT counted FROM paper_batch WHERE state = 'approved'").fetchone()
            assert counted == 50
            assert number_of(copy, "paper_row r JOIN signature s ON s.id = r.id WHERE s.state = 'confirmed'") == 50
            assert number_of(copy, "signature") == 51


def test_what_is_approved_and_taken_back_while_a_backup_is_made_is_not_in_it(
    app: Flask, made: Site, keyring: Keyring, now: datetime, tmp_path: Path
) -> None:
    with app.app_context():
        number, before = bring(made, keyring, now, *EMAILS), enter(made, now)
        do(approve, made, EDDA, now, before, revision=1)

        def meanwhile() -> None:
            do(approve, made, EDDA, now, number, revision=1)
            do(take_back, made, OLGA, now, number, why="wrong file")

        with closing(back_up(app, tmp_path / "a.sqlite3", now, meanwhile=meanwhile)) as copy:
            assert (number_of(copy, "signature"), number_of(copy, "paper_row")) == (0, 0)


def test_a_backup_made_before_approval_has_rows_that_wait(
    app: Flask, made: Site, keyring: Keyring, now: datetime, tmp_path: Path
) -> None:
    with app.app_context():
        bring(made, keyring, now, *EMAILS)
        with closing(back_up(app, tmp_path / "a.sqlite3", now, meanwhile=lambda: None)) as copy:
            assert number_of(copy, "paper_row WHERE sealed IS NOT NULL AND dedupe_tag IS NOT NULL") == 50
            assert number_of(copy, "signature") == 0
