"""A copy of an SQLite database that is in use, made without keeping anybody from writing for long.

In the journal mode that most installed releases of SQLite force on us (TRUNCATE, see `core/db.py`) whoever reads keeps
others from committing. The online backup API starts anew whenever somebody else has written, so under load it never
ends; `VACUUM INTO` and a backup in one step read everything in one go, which stops a big site for minutes. So the two
tables that grow without bound are read in pages, a few milliseconds each, and all the others in one go at the end.

That is one moment for all the others, but not for these two. It does no harm, because their rows stand alone: whatever
was committed before the copy began is in it; what came meanwhile is in it or not, as if it had come later; sums are
counted again by whoever restores. Two things need care. Somebody can withdraw and sign again between two pages, so the
row that is read later is the one that counts. And what was taken back meanwhile has to be taken back in the copy.

When rows from paper are approved they move from one of those others into the signatures. Were that to happen when the
page they belong to was read already, the copy would hold them nowhere. So they are read again with the others.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from campaign.conversation.replaying import replay_erasures
from campaign.core.db import new_engine
from campaign.core.errors import Refused
from campaign.core.sqlite import sqlite3
from campaign.core.write_turn import WriteTurn
from campaign.signing.erasures import ErasureEntry

# Many rows, keyed by a random `id`, none of which another table points at.
_READ_IN_PAGES = ("signature", "outbox_mail")
# Read before them, so that the copy knows which erasures were done when its rows were read.
_READ_FIRST = ("erasure", "purge", "taken_back")
# Nothing of these is of use to whoever restores: keys of a day are to be gone after two, and scans are of paper.
NOT_COPIED = ("daily_key", "rate_counter", "paper_scan")
_FROM_PAPER = "SELECT * FROM signature WHERE id IN (SELECT id FROM paper_row WHERE batch_id = ?)"
_PAGE_ROWS = 4000
_PATIENCE_SECONDS = 60
# Rows are in the order of their random ids, and so in none for the indexes.
_CACHE_KIB = 64 * 1024
MAGIC = b"SQLite format 3\0"

Progress = Callable[[str], None]


def copy_database(source: Path, target: Path, *, turn: WriteTurn, progress: Progress) -> None:
    """Write a copy into the empty file `target`. Raises Refused if it cannot be read or written."""
    with _refusing("the backup cannot be written"), closing(_open(source)) as reader, closing(_open(target)) as writer:
        # A draft that is cut short is thrown away whole.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = ON", f"cache_size = -{_CACHE_KIB}"):
            writer.execute(f"PRAGMA {pragma}")
        with turn.taken():
            version = _schema_version(reader)
            schema = _schema(reader)
            tables = [name for kind, name, _ in schema if kind == "table"]
            writer.execute("BEGIN")
            for kind, _, sql in schema:
                if kind == "table":
                    writer.execute(sql)
            for table in _READ_FIRST:
                if table in tables:
                    _copy_rows(reader, writer, table)
            approved_before = _approved(reader, tables)
        for table in _READ_IN_PAGES:
            if table in tables:
                _copy_in_pages(reader, writer, table, turn, progress)
        with turn.taken():
            if _schema_version(reader) != version:
                raise Refused("`campaign migrate` changed the tables meanwhile; run this again")
            for table in tables:
                if table not in (*_READ_IN_PAGES, *_READ_FIRST, *NOT_COPIED):
                    _copy_rows(reader, writer, table)
            for batch in _approved(reader, tables) - approved_before:
                _insert(writer, "signature", reader.execute(_FROM_PAPER, (batch,)).fetchall())
        # Now, so that triggers do not count what is only copied.
        for kind, _, sql in schema:
            if kind != "table":
                writer.execute(sql)
        writer.execute("COMMIT")


def replay_in(copy: Path, entries: set[ErasureEntry]) -> None:
    """Take back in the copy what was taken back while it was made."""
    engine = new_engine(f"sqlite:///{copy}")
    try:
        with Session(engine) as session, session.begin():
            replay_erasures(session, entries)
    finally:
        engine.dispose()


def check_copy(path: Path) -> str:
    """The version of its tables. Raises Refused if this is not a whole database of ours."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise Refused(f"{path} is not a backup")
    with _refusing("the backup is damaged"), closing(_open(path)) as reader:
        for check in ("integrity_check", "foreign_key_check"):
            found = reader.execute(f"PRAGMA {check}").fetchone()
            if found not in (None, ("ok",)):
                raise Refused(f"the backup is damaged: {check} failed")
        tables = [name for _, name, _ in _schema(reader)]
        if "alembic_version" not in tables or "signature" not in tables:
            raise Refused(f"{path} is a database, but not a backup of a campaign site")
        versions = reader.execute("SELECT version_num FROM alembic_version").fetchall()
        return str(versions[0][0]) if versions else ""


def _copy_in_pages(
    reader: sqlite3.Connection, writer: sqlite3.Connection, table: str, turn: WriteTurn, progress: Progress
) -> None:
    last, done = "", 0
    while True:
        # Holding the turn, because a writer that meets a reader waits longer than the reader reads.
        with turn.taken():
            page = reader.execute(
                f"SELECT * FROM {table} WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - one of two names above
                (last, _PAGE_ROWS),
            )
            names = [column[0] for column in page.description]
            rows = page.fetchall()
        _insert(writer, table, rows)
        done += len(rows)
        progress(f"{table}: {done:,}")
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1][names.index("id")]


def _copy_rows(reader: sqlite3.Connection, writer: sqlite3.Connection, table: str) -> None:
    _insert(writer, table, reader.execute(f'SELECT * FROM "{table}"').fetchall())  # noqa: S608 - from the schema


def _approved(reader: sqlite3.Connection, tables: list[str]) -> set[str]:
    """The batches of paper that count by now."""
    if "paper_batch" not in tables:
        return set()
    return {row[0] for row in reader.execute("SELECT id FROM paper_batch WHERE state = 'approved'")}


def _insert(writer: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        writer.executemany(f'INSERT OR REPLACE INTO "{table}" VALUES ({places})', rows)  # noqa: S608 - from the schema


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Kind, name and SQL of everything, in the order it was made."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    return connection.execute(f"{query} ORDER BY rowid").fetchall()


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA schema_version").fetchone()[0])


def _open(path: Path) -> sqlite3.Connection:
    """An existing file; opened for writing, because a journal that a killed writer left has to be rolled back."""
    return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # SQLite's own words name tables, never what is in them.
        raise Refused(f"{what}: {error}") from None
