"""`campaign migrate`: one at a time, beside processes that go on working, and in nobody's way for long.

What a migration may do while older processes run is in docs/operating.md; this module sees to the locks.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path

import flask_migrate
from flask import current_app
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import DBAPIError

import campaign
from campaign.core.database_version import DatabaseVersion, database_version
from campaign.core.db import db
from campaign.core.errors import Refused
from campaign.core.write_turn import write_turn
from campaign.resources import MIGRATIONS

log = logging.getLogger("campaign.migrate")
# Here and not in `app.py`: a server has no use for Alembic, which takes as long to import as Flask.
_ALEMBIC = flask_migrate.Migrate(db=db, directory=str(MIGRATIONS), render_as_batch=True)
# Any number; it only has to be the same in every version of this file.
_ADVISORY_LOCK = 710_226_119
_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 600
# A change of a table waits for whoever reads it, and meanwhile everybody else waits behind that change.
_LOCK_TIMEOUT = "2s"
_PAUSES_SECONDS = (1, 2, 4, 8, 15, 30, 30, 30)
# lock_not_available and deadlock_detected of PostgreSQL, SQLITE_BUSY and SQLITE_LOCKED.
_BUSY_STATES = frozenset({"55P03", "40P01"})
_BUSY_CODES = frozenset({5, 6})


def all_tables() -> MetaData:
    """Every table of ours, those too that only some pages or commands load."""
    slices = Path(campaign.__file__).parent.glob("*/models.py")
    for module in ("core.clock_mark", "core.key_checks", *(f"{path.parent.name}.models" for path in slices)):
        import_module(f"campaign.{module}")
    return db.metadata


def migrate(*, pause: Callable[[float], object] = time.sleep) -> DatabaseVersion:
    """Bring the database to this program's version; the version it has then. Needs an application context.

    A step that does not get its lock at once gives way, so that nobody waits behind it, and tries again later. Raises
    Refused if that never works out, or if the database belongs to a newer release. Whatever is raised, no step is half
    done, and running it again goes on where it stopped.
    """
    for seconds in (*_PAUSES_SECONDS, None):
        found = _version()
        if found.is_ahead:
            raise Refused(f"{found}; run `campaign migrate` of the newer release, or restore a backup from before it")
        try:
            upgrade()
            break
        except DBAPIError as error:
            if not _is_busy(error):
                raise
            if seconds is None:
                raise Refused(
                    "others keep the tables busy; no step is half done. Wait for what reads for long (a backup, a list "
                    "being made) or end it, and run `campaign migrate` again"
                ) from None
            log.warning("others keep the tables busy; trying again in %d s", seconds)
            pause(seconds)
    return _version()


def upgrade(revision: str = "head") -> None:
    """Run the migrations up to one, at once or not at all. Needs an application context."""
    _ALEMBIC.init_app(current_app)
    flask_migrate.upgrade(revision=revision)


def downgrade(revision: str) -> None:
    """Take migrations back, for tests and for whoever writes them."""
    _ALEMBIC.init_app(current_app)
    flask_migrate.downgrade(revision=revision)


@contextmanager
def alone(engine: Engine, *, pause: Callable[[float], object] = time.sleep) -> Iterator[Connection]:
    """A connection for migrations while nobody else migrates. Raises Refused if another one takes too long."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            try:
                _wait_for_lock(connection, pause)
                yield connection
            finally:
                # Ends the session, and with it the lock and the settings.
                connection.invalidate()
        return
    turn = write_turn(engine)
    with turn.taken() if turn else nullcontext(), engine.connect() as connection:
        try:
            # Alembic changes a table by making a new one and dropping the old, to which others refer.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
            yield connection
        finally:
            connection.invalidate()


def _version() -> DatabaseVersion:
    try:
        return database_version(db.session())
    finally:
        db.session.rollback()


def _wait_for_lock(connection: Connection, pause: Callable[[float], object]) -> None:
    """Take the lock of this session, by asking again and again: who waits inside PostgreSQL blocks an index built
    CONCURRENTLY, which waits for all statements that run."""
    with connection.begin():
        for setting in (f"lock_timeout = '{_LOCK_TIMEOUT}'", "statement_timeout = 0"):
            connection.execute(text(f"SET {setting}"))
    waited = 0.0
    while True:
        with connection.begin():
            if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _ADVISORY_LOCK}):
                return
        if waited >= _PATIENCE_SECONDS:
            raise Refused(
                f"another `campaign migrate` has been at work for {waited:.0f} s; wait until it has finished, or end "
                "it, and run this again"
            )
        if not waited:
            log.warning("another `campaign migrate` is at work; waiting for it")
        pause(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _is_busy(error: DBAPIError) -> bool:
    state, code = getattr(error.orig, "sqlstate", None), getattr(error.orig, "sqlite_errorcode", 0)
    return state in _BUSY_STATES or code & 0xFF in _BUSY_CODES
