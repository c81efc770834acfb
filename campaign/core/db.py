"""The database: one declarative base, one `transaction()`, and what SQLite needs to be durable.

Nothing else commits. A view reads through `db.session`; whatever changes something runs inside `transaction()`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event, insert
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

from campaign.core.sqlite import sqlite3
from campaign.core.write_turn import write_turn

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# A table without rowid keeps rows in the order of their random key: the order of arrival is not stored.
UNORDERED = {"sqlite_with_rowid": False}
_WRITES = "campaign_writes"
_CACHE_KIB = 32 * 1024
# A signature writes a dozen pages, most of them where its random keys belong, and copying one from the WAL into the
# file costs as much as writing it did. Four times SQLite's own number: what is written again meanwhile is copied once.
_CHECKPOINT_PAGES = 4000
# WAL can be corrupted by a checkpoint race before these releases: https://sqlite.org/wal.html#walresetbug
_WAL_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Goes in aware, comes out aware in UTC, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant has a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    # Not `type_annotation_map`: Flask-SQLAlchemy subclasses this base, and SQLAlchemy 2.1 takes the map once only.
    registry = registry(type_annotation_map={datetime: UtcDateTime()})


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Commits:
    """How many transactions this process has committed: whoever remembers what was read looks again when it moves."""

    def __init__(self) -> None:
        self.number = 0

    def count(self) -> None:
        """One more. Two at once may count as one; what matters is that the number moves."""
        self.number += 1


commits = Commits()


@contextmanager
def transaction() -> Iterator[Session]:
    """Do several things or none: returning commits, raising rolls back.

    On SQLite the write lock is taken at the start (BEGIN IMMEDIATE): a lock taken half-way fails under load instead of
    waiting. Reads made through `db.session` before it belong to an older snapshot, so that snapshot is let go first.
    """
    with unseen_transaction() as session:
        yield session
    commits.count()


@contextmanager
def unseen_transaction() -> Iterator[Session]:
    """The same for what changes nothing that public pages show, so that nobody need look again."""
    session: Session = db.session()
    session.rollback()
    turn = write_turn(db.engine)
    with turn.taken() if turn else nullcontext():
        session.connection(execution_options={_WRITES: True})
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def journal_mode(version: tuple[int, int, int]) -> str:
    """WAL on an SQLite release whose WAL is sound, else TRUNCATE; both with synchronous=FULL survive a power cut."""
    newest, *older = _WAL_FIXED
    fixed = version >= newest or any(version[:2] == release[:2] and version >= release for release in older)
    return "WAL" if fixed else "TRUNCATE"


def new_engine(url: str | URL, **options: Any) -> Engine:
    """An engine beside the application's own, with that one's SQLite and what `prepare_engine` sets."""
    engine = create_engine(url, **engine_module(url), **options)
    prepare_engine(engine)
    return engine


def engine_module(url: str | URL) -> dict[str, Any]:
    """Options for `create_engine`, so that the process has one SQLite only."""
    return {"module": sqlite3} if make_url(url).get_backend_name() == "sqlite" else {}


def prepare_engine(engine: Engine) -> None:
    """Set what each new SQLite connection needs; nothing to do for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions of its own: `_on_begin` says which kind.
        connection.isolation_level = None
        # WAL holds deleted rows until a checkpoint; `secure_delete` overwrites what is deleted from the file itself.
        for pragma in (
            "busy_timeout = 15000",
            "foreign_keys = ON",
            f"journal_mode = {journal_mode(sqlite3.sqlite_version_info)}",
            "synchronous = FULL",
            "secure_delete = ON",
            f"cache_size = -{_CACHE_KIB}",
            f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows at once, without objects of them in the session: on the way of a signature these take too long."""
    session.connection().execute(_insert_statement(model), rows)


def insert_new_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> set[Any]:
    """Insert those rows that no unique constraint holds already; the keys (column `id`) of those inserted."""
    statement = _insert_new_statement(model, session.get_bind().dialect.name)
    return set(session.connection().execute(statement, rows).scalars())


def insert_if_new(session: Session, model: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless a unique constraint already holds one like it; whether it was inserted."""
    return bool(insert_new_rows(session, model, [values]))


def add_to_sum(session: Session, model: type[Base], key: dict[str, Any], column: str, amount: int) -> None:
    """Add `amount` to `column` of the row with that primary key, making the row if there is none. One statement."""
    target = model.__table__.c[column]
    session.execute(
        _insert(session, model)
        .values(**key, **{column: amount})
        .on_conflict_do_update(index_elements=list(key), set_={column: target + amount})
    )


def _insert(session: Session, model: type[Base]) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT; both spell it the same way."""
    return _dialect_insert(session.get_bind().dialect.name)(model)


@cache
def _dialect_insert(dialect: str) -> Any:
    # By name: importing the one that is not used would take a tenth of the time until the server answers.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


# Made once: SQLAlchemy keeps what it compiled by statement, and finds it faster by one it has seen.
@cache
def _insert_statement(model: type[Base]) -> Any:
    return insert(model)


@cache
def _insert_new_statement(model: type[Base], dialect: str) -> Any:
    table = model.__table__
    return _dialect_insert(dialect)(table).on_conflict_do_nothing().returning(*table.primary_key)


def forget_pages_read(session: Session) -> None:
    """Give back the memory in which SQLite keeps pages for the session's next read: after a page of a long walk nobody
    reads the same again, and the walk would fill it up. Nothing to do on PostgreSQL."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA shrink_memory")


def forget_deleted(engine: Engine) -> None:
    """Drop what a WAL still remembers of deleted rows. Nothing to do on PostgreSQL, or without a WAL."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
