"""Backups of PostgreSQL with its own tools: `pg_dump` in the custom format, `pg_restore`."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

import psycopg
from sqlalchemy import Engine

from campaign.core.errors import Refused

MAGIC = b"PGDMP"
_POLL_SECONDS = 0.5
_VERSIONS = "alembic_version"
# In neither direction: roles and rights belong to the server, comments to whoever owns the schema.
_PLAIN = ("--no-owner", "--no-privileges", "--no-comments")


class Server(NamedTuple):
    """The server the application talks to, as PostgreSQL's tools are told: `address` without the password."""

    address: str
    password: str | None
    version: int

    @classmethod
    def of(cls, engine: Engine) -> "Server":
        """Ask one of the engine's connections: a URL may name several machines, of which one is the primary."""
        with engine.connect() as connection:
            info = cast("psycopg.Connection[object]", connection.connection.driver_connection).info
            return cls(info.dsn, info.password or None, info.server_version // 10000)


def dump(server: Server, target: Path, *, without: tuple[str, ...], progress: Callable[[str], None]) -> None:
    """Write a dump into `target`. Raises Refused with the next step.

    The rows of the tables `without` are left out. Nobody waits for a dump, except who changes tables.
    """
    _check_version(server.version)
    left_out = [f"--exclude-table-data={table}" for table in without]
    command = ["pg_dump", "--format=custom", "--compress=1", *_PLAIN, *left_out, "--file", str(target)]
    _output(
        [*command, "--dbname", server.address], server.password, lambda: progress(f"{target.stat().st_size >> 20:,} MB")
    )


def check_dump(path: Path) -> str:
    """The version of the tables in a dump. Reads all of it; raises Refused if that cannot be done."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise Refused(f"{path} is not a backup")
    listed = _output(["pg_restore", "--list", str(path)])
    if f" {_VERSIONS} " not in listed or " signature " not in listed:
        raise Refused(f"{path} is a dump, but not a backup of a campaign site")
    # The table of contents stands at the beginning; that the rest is there shows only when it is read.
    _output(["pg_restore", f"--file={os.devnull}", str(path)])
    return next((row[0] for row in rows_of(path, _VERSIONS)), "")


def rows_of(path: Path, table: str) -> Iterator[list[str]]:
    """The rows of a small table in a dump, its columns in the order they were made."""
    is_row = False
    for line in _output(["pg_restore", "--data-only", f"--table={table}", "--file=-", str(path)]).splitlines():
        if line == "\\.":
            is_row = False
        elif is_row:
            yield line.split("\t")
        elif line.startswith("COPY "):
            is_row = True


def load(server: Server, path: Path) -> None:
    """Load a dump into an empty database, all of it or nothing, but for the version of its tables.

    Without it no process takes the tables for its own. Raises Refused if the server does not take the dump.
    """
    listed = _output(["pg_restore", "--list", str(path)]).splitlines()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as chosen:
        chosen.writelines(f"{line}\n" for line in listed if not re.search(rf"TABLE DATA \S+ {_VERSIONS} ", line))
        chosen.flush()
        command = ["pg_restore", "--exit-on-error", "--single-transaction", *_PLAIN, f"--use-list={chosen.name}"]
        _output([*command, "--dbname", server.address, str(path)], server.password)


def _check_version(wanted: int) -> None:
    said = _output(["pg_dump", "--version"]).strip()
    found = re.search(r"\d+", said)
    if found is None or int(found[0]) < wanted:
        raise Refused(
            f"{said} is older than the server ({wanted}); install postgresql-client-{wanted} and put it first in PATH"
        )


def _output(command: list[str], password: str | None = None, waiting: Callable[[], None] | None = None) -> str:
    """What a tool prints. The password is not among its arguments, which everybody on the machine can read."""
    environ = {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=environ
        )
    except FileNotFoundError:
        raise Refused(
            f"{command[0]} is not installed; install PostgreSQL's client programs (Debian: postgresql-client)"
        ) from None
    with process:
        while True:
            try:
                said, complaint = process.communicate(timeout=_POLL_SECONDS if waiting else None)
                break
            except subprocess.TimeoutExpired:
                if waiting:
                    waiting()
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        # The first line says what; those after it can hold rows.
        first = (complaint.strip().splitlines() or [f"{command[0]} failed"])[0]
        hint = "; install a newer postgresql-client" if "unsupported version" in first else ""
        raise Refused(f"{first}{hint}")
    return said
