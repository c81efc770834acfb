"""`campaign migrate`: two at once, beside processes at work, behind a long read, before and after other releases."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, inspect, text

from campaign import migrating
from campaign.app import create_app
from campaign.core import database_version as versions
from campaign.core.database_version import database_version
from campaign.core.db import db, new_engine, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.migrating import alone, downgrade, migrate
from campaign.ready import wait_until_migrated
from campaign.resources import MIGRATIONS
from campaign.signing.actions import confirm
from campaign.signing.self_service import withdraw
from tests.databases import config_for, drop_postgresql, empty_postgresql
from tests.factories import Site, make_site
from tests.pages import browse
from tests.signers import newest_letter, sign, sign_and_confirm

DEADLINE_SECONDS = 60
ADD_A_COLUMN = 'op.add_column("signature", sa.Column("added", sa.Integer(), nullable=True))'
REMAKE_A_TABLE = (
    'batch = op.batch_alter_table("campaign", recreate="always")\n'
    '    with batch as table: table.add_column(sa.Column("added", sa.Integer(), nullable=True))'
)
BUILD_AN_INDEX = (
    "with op.get_context().autocommit_block():\n"
    '        op.create_index("ix_added", "signature", ["language"], postgresql_concurrently=True)'
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, instance: Path) -> Iterator[str]:
    """A database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{instance / 'empty.sqlite3'}"
        return
    url = empty_postgresql()
    yield url
    drop_postgresql(url)


@contextmanager
def command(url: str, instance: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`campaign …` as a process of its own, ended with the block."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    settings = {"CAMPAIGN_INSTANCE": str(instance), "CAMPAIGN_DATABASE_URL": url, "CAMPAIGN_BIND": "127.0.0.1:1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", *arguments],
        env={**plain, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def release(monkeypatch: pytest.MonkeyPatch, folder: Path, change: str) -> str:
    """Make this program the next release, which has one migration more; its version."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    older = sorted(path.name[:4] for path in (migrations / "versions").glob("0*.py"))[-1]
    newer = f"{int(older) + 1:04}"
    (migrations / "versions" / f"{newer}_next_release.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = {newer!r}, {older!r}\n"
        f"def upgrade():\n    {change}\n"
    )
    monkeypatch.setattr(migrating._ALEMBIC, "directory", str(migrations))
    monkeypatch.setattr(versions, "MIGRATIONS", migrations)
    return newer


def has_column(table: str) -> bool:
    return "added" in {column["name"] for column in inspect(db.engine).get_columns(table)}


def test_two_that_start_together_on_an_empty_database_both_succeed(empty_url: str, instance: Path) -> None:
    with command(empty_url, instance, "migrate") as first, command(empty_url, instance, "migrate") as second:
        said = [process.communicate(timeout=DEADLINE_SECONDS) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    assert all(out.startswith("The database is up to date") for out, _ in said)
    with command(empty_url, instance, "doctor") as doctor:
        assert "ok      the database is at version" in doctor.communicate(timeout=DEADLINE_SECONDS)[0]


def test_one_waits_for_another_and_in_the_end_says_so(postgresql_app: Flask) -> None:
    pauses: list[float] = []
    too_long = pytest.raises(Refused, match="another `campaign migrate` has been at work for 600 s; wait until")
    with alone(db.engine), too_long, alone(db.engine, pause=pauses.append):
        pytest.fail("two migrate at once")
    assert len(pauses) > 100
    # The server gives it back when it notices that whoever had it is gone; here its ten minutes last some seconds.
    with alone(db.engine, pause=lambda _seconds: threading.Event().wait(0.01)):
        pass


def test_people_sign_while_a_change_waits_for_a_long_read(
    postgresql_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, instance: Path, now: datetime
) -> None:
    site, keyring = make_site(now), Keyring.load(instance)
    release(monkeypatch, tmp_path, ADD_A_COLUMN)
    engine = new_engine(postgresql_app.config["SQLALCHEMY_DATABASE_URI"])
    longest, given_way = 0.0, threading.Event()

    def change() -> None:
        with postgresql_app.app_context():
            migrate(pause=lambda _seconds: given_way.set())

    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM signature"))
        changing = threading.Thread(target=change)
        changing.start()
        number = 0
        while not given_way.is_set() or number < 3:
            assert changing.is_alive(), "the change ended too early"
            began = time.monotonic()
            sign(site, keyring, now, f"supporter{number}@example.org")
            longest, number = max(longest, time.monotonic() - began), number + 1
        assert not has_column("signature")
    changing.join(DEADLINE_SECONDS)
    engine.dispose()
    assert has_column("signature")
    assert longest < 4, "somebody waited longer than a change of a table may make them"
    sign(site, keyring, now, "late@example.org")


def test_a_read_that_never_ends_is_named_as_the_reason(
    any_app: Flask, any_site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    release(monkeypatch, tmp_path, ADD_A_COLUMN)

    @event.listens_for(db.engine, "connect")
    def _hurry(connection: object, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA busy_timeout = 1")

    pauses: list[float] = []
    db.session.rollback()
    db.engine.dispose()
    engine = new_engine(any_app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as reader:
        # On SQLite a read does not hinder in WAL mode; another program that writes does.
        if engine.dialect.name == "sqlite":
            reader = reader.execution_options(isolation_level="AUTOCOMMIT")
            reader.connection.driver_connection.execute("BEGIN IMMEDIATE")
        else:
            monkeypatch.setattr("campaign.migrating._LOCK_TIMEOUT", "20ms")
            reader.execute(text("SELECT count(*) FROM signature"))
        with pytest.raises(Refused, match="others keep the tables busy"):
            migrate(pause=pauses.append)
        if engine.dialect.name == "sqlite":
            reader.connection.driver_connection.execute("ROLLBACK")
    engine.dispose()
    assert pauses == sorted(pauses)
    assert sum(pauses) > 100
    assert not has_column("signature")
    migrate()
    assert has_column("signature")


def test_remaking_a_table_leaves_the_rows_that_refer_to_it(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, instance: Path, now: datetime
) -> None:
    release(monkeypatch, tmp_path, REMAKE_A_TABLE)
    with app.app_context():
        sign_and_confirm(site, Keyring.load(instance), now)
        migrate()
        assert has_column("campaign")
        both = "SELECT count(*) FROM signature JOIN campaign ON campaign.id = campaign_id"
        with db.engine.connect() as connection:
            assert connection.scalar(text(both)) == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_index_can_be_built_without_a_lock_on_writers(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    release(monkeypatch, tmp_path, BUILD_AN_INDEX)
    migrate()
    assert "ix_added" in {index["name"] for index in inspect(db.engine).get_indexes("signature")}


def test_an_index_that_had_to_give_way_is_finished_the_next_time(postgresql_app: Flask) -> None:
    downgrade("0006")
    with db.engine.connect() as writer:
        writer.execute(text("LOCK TABLE signature IN ROW EXCLUSIVE MODE"))
        assert not migrate(pause=lambda _seconds: writer.rollback()).is_behind
    with db.engine.connect() as connection:
        assert (
            connection.scalars(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")).all() == []
        )
        assert "ix_signature_listed_names" in {index["name"] for index in inspect(connection).get_indexes("signature")}


def test_version_9_keeps_every_row_and_its_links(any_site: Site, keyring: Keyring, now: datetime) -> None:
    """It makes the table of signatures anew on SQLite."""

    def rows() -> list[Any]:
        with db.engine.connect() as connection:
            return sorted(
                connection.execute(text("SELECT * FROM signature")).mappings(), key=lambda row: str(row["id"])
            )

    sign_and_confirm(any_site, keyring, now, "ada@example.org", public_name="Ada")
    sign(any_site, keyring, now, "bob@example.org")
    before = rows()
    downgrade("0008")
    migrate()
    assert rows() == before
    token = newest_letter(keyring, "bob@example.org").values["confirm_token"]
    with transaction() as session:
        confirm(session, token=token, communities=(), keyring=keyring, now=now)
        withdraw(session, token=newest_letter(keyring, "ada@example.org").values["manage_token"], now=now)


def test_whoever_waits_to_migrate_does_not_hold_up_an_index_being_built(postgresql_app: Flask) -> None:
    waits, is_built, had_its_turn = threading.Event(), threading.Event(), threading.Event()
    engine = db.engine

    def pause(_seconds: float) -> None:
        waits.set()
        is_built.wait(DEADLINE_SECONDS)

    def wait_for_a_turn() -> None:
        with alone(engine, pause=pause):
            had_its_turn.set()

    waiting = threading.Thread(target=wait_for_a_turn)
    with alone(engine) as connection:
        waiting.start()
        assert waits.wait(DEADLINE_SECONDS)
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        outside.execute(text("CREATE INDEX CONCURRENTLY ix_added ON signature (language)"))
        assert not had_its_turn.is_set()
    is_built.set()
    waiting.join(DEADLINE_SECONDS)
    assert had_its_turn.is_set()


def test_a_program_works_beside_a_newer_release_but_does_not_migrate(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newer = release(monkeypatch, tmp_path, ADD_A_COLUMN)
    assert browse(any_app).get("/readyz").status_code == 503
    migrate()
    monkeypatch.undo()
    assert browse(any_app).get("/readyz").status_code == 200
    found = database_version(db.session())
    assert (found.is_ahead, found.is_behind) == (True, False)
    db.session.rollback()
    with pytest.raises(Refused, match=f"at version {newer}, this program knows"):
        migrate()


def test_a_process_on_a_database_without_tables_says_what_to_run(empty_url: str, instance: Path) -> None:
    app = create_app(config_for(empty_url, instance))
    with app.app_context(), closing(browse(app).get("/readyz")) as answer:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "run `campaign migrate`" in answer.json["status"]
        assert browse(app).get("/en/").status_code == 503
        db.session.remove()
        db.engine.dispose()
    # Port 1 cannot be had by everybody; what is said comes before that.
    with command(empty_url, instance, "serve") as server:
        line = next(line for line in server.stderr or () if "campaign.migrate" in line)
    assert "no tables yet" in line
    assert "run `campaign migrate`" in line
    with command(empty_url, instance, "doctor") as doctor:
        out, _ = doctor.communicate(timeout=DEADLINE_SECONDS)
    assert "PROBLEM the database has no tables yet" in out
    assert "run `campaign migrate`" in out


def test_a_worker_waits_for_the_tables_and_then_works(empty_url: str, instance: Path) -> None:
    app, stop, goes_on = create_app(config_for(empty_url, instance)), threading.Event(), threading.Event()

    def work() -> None:
        wait_until_migrated(app, stop)
        goes_on.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with command(empty_url, instance, "migrate") as other:
            assert not goes_on.is_set()
            assert other.wait(timeout=DEADLINE_SECONDS) == 0
        assert goes_on.wait(DEADLINE_SECONDS)
    finally:
        stop.set()
        thread.join(DEADLINE_SECONDS)
        with app.app_context():
            db.engine.dispose()
