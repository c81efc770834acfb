"""`campaign migrate`: two at once, beside processes at work, behind a long read, before and after other releases."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text

from campaign.app import create_app
from campaign.core.database_version import database_version
from campaign.core.db import db, new_engine
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.migrating import alone, migrate
from campaign.ready import wait_until_migrated
from tests.databases import config_for, drop_postgresql, empty_postgresql
from tests.factories import Site, make_site
from tests.integration.releases import ADD_A_COLUMN, DEADLINE_SECONDS, command, has_column, release
from tests.pages import browse
from tests.signers import sign


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, instance: Path) -> Iterator[str]:
    """A database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{instance / 'empty.sqlite3'}"
        return
    url = empty_postgresql()
    yield url
    drop_postgresql(url)


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
