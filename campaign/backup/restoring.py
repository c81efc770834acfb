"""`campaign restore`: a backup into an empty place, and what was taken back since then taken back again."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.audit.head import Head, place_of_head, read_head, set_head
from campaign.audit.queries import newest_number
from campaign.backup import postgresql_dump, sqlite_copy
from campaign.backup.erasure_list import ErasureList, list_for, read_list
from campaign.backup.new_file import appearing
from campaign.config import Config
from campaign.conversation.replaying import all_erasures, replay_erasures
from campaign.core.database_version import database_version
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.key_checks import adopt_keys, other_keys
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile
from campaign.migrating import migrate
from campaign.paper.erasures import ON_PAPER
from campaign.signing.erasures import ErasureEntry, hide_again, purge_entry
from campaign.signing.models import Signature

Progress = Callable[[str], None]
_LOST_KEYS = (
    "or everybody could sign a second time. If the keys are lost for good, --keys-are-lost takes those in their place"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What the restored database holds; `replayed` entries were known to the list only, written at `known_until`."""

    signatures: int
    confirmed: int
    replayed: int
    known_until: datetime | None
    drift: int


def erasures_for(backup: Path, named: Path | None) -> ErasureList:
    """The list named, else the one beside the backup. Raises Refused if there is none."""
    path = named or list_for(backup)
    if not path.exists():
        raise Refused(
            f"there is no list of erasures {path}: what was taken back since the backup would be known again. Name the "
            "newest list with --erasures, or say --without-erasures"
        )
    return read_list(path)


def restore(
    config: Config,
    backup: Path,
    erasures: ErasureList | None,
    *,
    now: datetime,
    keys_are_lost: bool = False,
    progress: Progress,
) -> Restored:
    """Put a backup where these settings say the database is. `erasures` is None to go without a list.

    Raises Refused if that place is not empty, the keys are not the site's own (unless they are lost, and new ones take
    their place), or the backup is not whole, not ours, newer than this program, or newer than the list.
    """
    keys = config.instance / "keys"
    if not keys_are_lost and not (keys / "tags.key").exists():
        raise Refused(f"{keys} has no tags.key: put the site's own keys there first, {_LOST_KEYS}")
    wanted, url = _Wanted(erasures, keys_are_lost, progress, now), make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        target = Path(url.database or "").absolute()
        return _restore_sqlite(config, target, backup, wanted)
    return _restore_postgresql(config, backup, wanted)


class _Wanted(NamedTuple):
    """How a restored database is to be made whole."""

    erasures: ErasureList | None
    keys_are_lost: bool
    progress: Progress
    now: datetime


def _restore_sqlite(config: Config, target: Path, backup: Path, wanted: _Wanted) -> Restored:
    _refuse_leftovers(target)
    _refuse_other_kind(backup, sqlite_copy.MAGIC)
    with appearing(target) as draft:
        wanted.progress("copying")
        shutil.copyfile(backup, draft)
        wanted.progress("checking")
        sqlite_copy.check_copy(draft)
        with create_app(replace(config, database_url=f"sqlite:///{draft}")).app_context(), _ended("nothing was left"):
            version = database_version(db.session())
            if version.found is None or version.is_ahead:
                raise Refused(_newer(version.found))
            db.session.rollback()
            migrate()
            with transaction() as session:
                _refuse_stale(wanted.erasures, all_erasures(session))
                return _make_whole(session, Keyring.load(config.instance), wanted)


def _restore_postgresql(config: Config, backup: Path, wanted: _Wanted) -> Restored:
    advice = "drop the database, make an empty one, and run this again"
    with create_app(config).app_context(), _ended(advice):
        if inspect(db.engine).get_table_names():
            raise Refused("the database is not empty; restore goes into an empty one only")
        _refuse_other_kind(backup, postgresql_dump.MAGIC)
        wanted.progress("checking")
        found, known = postgresql_dump.check_dump(backup), database_version(db.session()).known
        db.session.rollback()
        if found not in known:
            raise Refused(_newer(found))
        _refuse_stale(wanted.erasures, _known_to_dump(backup))
        wanted.progress("loading")
        postgresql_dump.load(postgresql_dump.Server.of(db.engine), backup)
        if found != known[-1]:
            with transaction() as session:
                _say_version(session, found)
            migrate()
        with _then(advice), transaction() as session:
            if found == known[-1]:
                # Only now, with the erasures, is this a database that any process works with.
                _say_version(session, found)
            return _make_whole(session, Keyring.load(config.instance), wanted)


def _make_whole(session: Session, keyring: Keyring, wanted: _Wanted) -> Restored:
    """Take back again what was taken back since, count again, and look at what there is."""
    if wanted.keys_are_lost:
        adopt_keys(session, keyring)
    elif others := other_keys(session, keyring):
        raise Refused(f"keys/{others[0]}.key is not the one this backup was made with: put that there, {_LOST_KEYS}")
    wanted.progress("counting")
    erasures = wanted.erasures
    entries = erasures.entries if erasures else frozenset[ErasureEntry]()
    replayed = replay_erasures(session, entries) + hide_again(session, entries, now=wanted.now)
    drift = reconcile(session)
    _note(session, wanted.now)
    states = dict(session.execute(select(Signature.state, func.count()).group_by(Signature.state)).all())
    return Restored(
        signatures=states.get("pending", 0) + states.get("confirmed", 0),
        confirmed=states.get("confirmed", 0),
        replayed=replayed,
        known_until=erasures.written_at if erasures else None,
        drift=drift,
    )


def _note(session: Session, now: datetime) -> None:
    """Write into the log of the backup that it was restored, and what it does not hold that this machine has seen."""
    place = place_of_head(session)
    try:
        head = read_head(place) if place else None
    except Refused:
        head = None
    newest = newest_number(session)
    lost = f"entries {newest + 1} to {head.number} were not in the backup" if head and head.number > newest else ""
    entry = record(session, organizer_id=None, action="restored_backup", subject="site", why=lost, now=now)
    if place is not None:
        # This log is the site's from now on. Before the commit: without it everything is restored once more.
        set_head(place, Head(entry.number, entry.own_hash))


def _say_version(session: Session, version: str) -> None:
    session.execute(text("INSERT INTO alembic_version (version_num) VALUES (:version)"), {"version": version})


def _known_to_dump(backup: Path) -> set[ErasureEntry]:
    erasures = (
        ErasureEntry(UUID(row[0]), UUID(row[1]), row[2])
        for table in ("erasure", "taken_back")
        for row in postgresql_dump.rows_of(backup, table)
    )
    return {*erasures, *(purge_entry(UUID(row[0])) for row in postgresql_dump.rows_of(backup, "purge"))}


def _refuse_leftovers(target: Path) -> None:
    """Room for the database: nothing, or a file without a table. Another database's journal would ruin this one."""
    for name in (f"{target.name}-journal", f"{target.name}-wal"):
        left = target.with_name(name)
        if left.exists() and left.stat().st_size:
            raise Refused(f"{left} is left of another database; move it away")
    if target.exists():
        if target.stat().st_size:
            raise Refused(f"{target} is there already; restore goes into an empty place only")
        target.unlink()


def _refuse_other_kind(backup: Path, wanted: bytes) -> None:
    kinds = {sqlite_copy.MAGIC: "SQLite", postgresql_dump.MAGIC: "PostgreSQL"}
    with backup.open("rb") as file:
        start = file.read(max(map(len, kinds)))
    found = next((kind for magic, kind in kinds.items() if start.startswith(magic)), None)
    if found is None:
        raise Refused(f"{backup} is not a backup")
    if found != kinds[wanted]:
        raise Refused(f"this is a backup of {found}, but CAMPAIGN_DATABASE_URL names {kinds[wanted]}")


def _refuse_stale(erasures: ErasureList | None, known_to_backup: set[ErasureEntry]) -> None:
    # An older release lists nothing of paper, and its backups have batches that are over.
    known = {entry for entry in known_to_backup if entry.what not in ON_PAPER}
    if erasures is not None and known - erasures.entries:
        raise Refused(
            "the list of erasures is older than the backup; name the newest with --erasures, or say --without-erasures"
        )


def _newer(version: str | None) -> str:
    if not version:
        return "the backup does not say which version its tables have"
    return f"the backup was made by a newer release (tables of version {version}); install that release"


@contextmanager
def _then(advice: str) -> Iterator[None]:
    """Say what is to be done as well, when something is refused after the database was filled."""
    try:
        yield
    except Refused as error:
        raise Refused(f"{error}; then {advice}") from None


@contextmanager
def _ended(advice: str) -> Iterator[None]:
    """Let go of the database, and turn its trouble into the next step."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Refused(f"the database failed ({type(error).__name__}); {advice}") from None
    finally:
        db.session.remove()
        db.engine.dispose()
