"""What was erased is in no file any more: at once on SQLite, after the table was rewritten on PostgreSQL."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after, note_states
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.signing.models import Signature
from campaign.signing.self_service import withdraw
from campaign.worker import keep_house, purge_some
from tests.databases import _server_url
from tests.factories import Site, make_site
from tests.signers import letters, sign_and_confirm

PEOPLE = [f"person{number:03d}" for number in range(40)]
GONE = PEOPLE[1::3]


def name_of(person: str) -> str:
    return f"Zed Publicmark {person}"


def sign_all(site: Site, keyring: Keyring, now: datetime) -> dict[str, tuple[bytes, ...]]:
    """Forty people with public names; what of each is erased by withdrawing: name, tag and box."""
    for person in PEOPLE:
        sign_and_confirm(site, keyring, now, f"{person}@example.org", public_name=name_of(person))
    rows = db.session.execute(select(Signature.public_name, Signature.dedupe_tag, Signature.sealed)).all()
    db.session.rollback()
    return {
        str(name).rpartition(" ")[2]: (str(name).encode(), tag or b"", (sealed or b"")[:64])
        for name, tag, sealed in rows
    }


def withdraw_some(keyring: Keyring, now: datetime) -> None:
    tokens = {letter.to: letter.values["manage_token"] for letter in letters(keyring)}
    for person in GONE:
        with transaction() as session:
            withdraw(session, token=tokens[f"{person}@example.org"], now=now)


def purge_all(now: datetime) -> None:
    """The campaign closed, and its months have passed."""
    over = months_after(now, 6)
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed"))
        note_states(session, now=now)
        session.add(ClockMark(id=1, seen_at=over, doubted_since=None, first_seen_at=None))
    keep_house(over + timedelta(hours=1))
    while purge_some(over) is not None:
        pass


def found_in(folder: Path, marks: dict[str, tuple[bytes, ...]], people: list[str]) -> set[str]:
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {person for person in people if any(mark in each for each in contents for mark in marks[person])}


# --- SQLite ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def marks(app: Flask, keyring: Keyring, now: datetime) -> dict[str, tuple[bytes, ...]]:
    with app.app_context():
        return sign_all(make_site(now), keyring, now)


def test_what_was_withdrawn_is_in_no_file(
    app: Flask, keyring: Keyring, marks: dict[str, tuple[bytes, ...]], instance: Path, now: datetime
) -> None:
    with app.app_context():
        assert found_in(instance, marks, PEOPLE) == set(PEOPLE)
        withdraw_some(keyring, now)
        forget_deleted(db.engine)
        assert found_in(instance, marks, PEOPLE) == set(PEOPLE) - set(GONE)
        db.session.remove()
        db.engine.dispose()


def test_what_was_withdrawn_while_somebody_read_is_gone_with_the_next_housekeeping(
    app: Flask, keyring: Keyring, marks: dict[str, tuple[bytes, ...]], instance: Path, now: datetime
) -> None:
    """A reader keeps the write-ahead log from being cut; the worker does it within the hour."""
    with app.app_context(), closing(sqlite3.connect(instance / "campaign.sqlite3", isolation_level=None)) as reader:
        if reader.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            pytest.skip("without a write-ahead log a reader keeps the withdrawal itself waiting")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM signature").fetchone()
        withdraw_some(keyring, now)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        forget_deleted(db.engine)
        assert found_in(instance, marks, GONE), "the reader was in nobody's way, so this tests nothing"
        reader.execute("COMMIT")
        keep_house(now)
        assert found_in(instance, marks, PEOPLE) == set(PEOPLE) - set(GONE)
        db.session.remove()
        db.engine.dispose()


def test_what_was_purged_is_in_no_file(
    app: Flask, marks: dict[str, tuple[bytes, ...]], instance: Path, now: datetime
) -> None:
    with app.app_context():
        purge_all(now)
        assert found_in(instance, marks, PEOPLE) == set()
        db.session.remove()
        db.engine.dispose()


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def run(statement: str) -> str:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        result = connection.execute(text(statement))
        return str(result.scalar()) if result.returns_rows else ""


@pytest.fixture
def data_folder(postgresql_app: Flask) -> Path:
    """The files of this test's database; not its write-ahead log, which goes round by itself."""
    number = run("SELECT oid FROM pg_database WHERE datname = current_database()")
    folder = Path(run("SHOW data_directory")) / "base" / number
    if (_server_url().host and not str(_server_url().host).startswith("/")) or not folder.is_dir():
        pytest.skip("the server's files are not on this machine")
    return folder


@pytest.mark.parametrize("erase", ["withdraw", "purge"])
def test_a_rewritten_table_holds_nothing_of_what_was_erased(
    data_folder: Path, keyring: Keyring, now: datetime, erase: str
) -> None:
    """`VACUUM` alone only frees the space: what stood there stays until something else is written over it."""
    marks = sign_all(make_site(now), keyring, now)
    if erase == "withdraw":
        withdraw_some(keyring, now)
    else:
        purge_all(now)
    run("CHECKPOINT")
    assert found_in(data_folder, marks, GONE) == set(GONE)
    run("VACUUM signature")
    run("CHECKPOINT")
    after_vacuum = found_in(data_folder, marks, GONE)
    run("VACUUM FULL signature")
    run("CHECKPOINT")
    assert after_vacuum or erase == "purge", "an ordinary VACUUM does it now: docs/operating.md need not ask for more"
    assert found_in(data_folder, marks, PEOPLE) == (set(PEOPLE) - set(GONE) if erase == "withdraw" else set())
