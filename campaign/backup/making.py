"""`campaign backup`: one file that holds the database and no key, written while the site goes on working."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaign.backup.erasure_list import list_for, read_list, write_list
from campaign.backup.new_file import appearing, free_place
from campaign.backup.postgresql_dump import Server, check_dump, dump
from campaign.backup.sqlite_copy import NOT_COPIED, check_copy, copy_database, replay_in
from campaign.conversation.replaying import all_erasures
from campaign.core.database_version import database_version
from campaign.core.db import db
from campaign.core.errors import Refused
from campaign.core.write_turn import write_turn
from campaign.signing.erasures import ErasureEntry

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """`erasures` is the list that belongs to it and was brought up to date with it; `number` is how many it has."""

    file: Path
    erasures: Path
    number: int


def make_backup(path: Path, *, now: datetime, progress: Progress) -> Backup:
    """Write a backup to `path`, or to a name with the time in the folder `path`. Needs an application context.

    The file is read back before it gets its name. Raises Refused with what is in the way; then nothing is left.
    """
    _check_database()
    is_sqlite = db.engine.dialect.name == "sqlite"
    place = free_place(path, ".sqlite3" if is_sqlite else ".pgdump", now=now)
    if list_for(place).exists():
        # Before the long part: a damaged list would be found after it.
        read_list(list_for(place))
    with appearing(place) as draft:
        (_copy_sqlite if is_sqlite else _dump_postgresql)(draft, progress)
    return Backup(place, *write_erasures(place, now=now))


def write_erasures(path: Path, *, now: datetime) -> tuple[Path, int]:
    """Bring the list of erasures in that folder, or beside that file, up to date; where it is, how many it has."""
    _check_database()
    place = list_for(path)
    return place, write_list(place, _erasures(), now=now)


def _copy_sqlite(draft: Path, progress: Progress) -> None:
    turn, name = write_turn(db.engine), db.engine.url.database
    if turn is None or not name:
        raise Refused("a database in memory cannot be backed up")
    copy_database(Path(name).absolute(), draft, turn=turn, progress=progress)
    replay_in(draft, _erasures())
    progress("reading it back")
    check_copy(draft)


def _dump_postgresql(draft: Path, progress: Progress) -> None:
    dump(Server.of(db.engine), draft, without=NOT_COPIED, progress=progress)
    progress("reading it back")
    check_dump(draft)


def _erasures() -> set[ErasureEntry]:
    try:
        return all_erasures(db.session())
    finally:
        db.session.rollback()


def _check_database() -> None:
    try:
        if database_version(db.session()).found is None:
            raise Refused("there is nothing to back up: the database has no tables")
    finally:
        db.session.rollback()
