"""The audit log: an entry that is changed or missing shows, the newest ones included; nothing else does."""

import json
import os
import signal
import subprocess
import threading
import uuid
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from campaign.audit import head as heads
from campaign.audit.actions import FIRST_HASH, entry_hash, record, write_down_newest
from campaign.audit.chain import Break, ChainWatch, examine_chain
from campaign.audit.head import FILE_NAME, Head, move_head, read_head
from campaign.audit.models import AuditEntry
from campaign.audit.queries import all_entries, downloads_of, entries
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from tests.reliability.children import PYTHON


@pytest.fixture
def place(instance: Path) -> Path:
    return instance / FILE_NAME


def do(now: datetime, *actions: str, subject: str = "mill", why: str = "") -> None:
    for action in actions:
        with transaction() as session:
            record(session, organizer_id=uuid.uuid4(), action=action, subject=subject, why=why, now=now)


@pytest.fixture
def three_entries(any_app: Flask, now: datetime) -> None:
    do(now, "downloaded_one", "two", "downloaded_three")


def broken(place: Path | None) -> Break | None:
    return examine_chain(db.session(), place).broken


def write_anew(number: int, previous: bytes, **values: object) -> bytes:
    """As somebody would who knows how hashes are made; the hash of the row."""
    entry = db.session.get_one(AuditEntry, number)
    for name, value in values.items():
        setattr(entry, name, value)
    entry.previous_hash = previous
    entry.own_hash = entry_hash(
        previous, entry.number, entry.at, entry.organizer_id, entry.action, entry.subject, entry.why
    )
    db.session.flush()
    return entry.own_hash


@pytest.mark.usefixtures("three_entries")
def test_a_log_nobody_touched_is_whole(place: Path) -> None:
    chain = examine_chain(db.session(), place)
    assert (chain.newest.number, chain.broken, chain.written_down) == (3, None, 3)
    assert [line.action for line in downloads_of(db.session(), "mill")] == ["downloaded_three", "downloaded_one"]


@pytest.mark.usefixtures("three_entries")
@pytest.mark.parametrize("column", ["action", "subject", "why", "organizer_id"])
def test_an_altered_entry_shows(place: Path, column: str) -> None:
    other = uuid.uuid4() if column == "organizer_id" else "nothing"
    with transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.number == 2).values({column: other}))
    assert broken(place) == Break("altered", 2, 2)


@pytest.mark.usefixtures("three_entries")
@pytest.mark.parametrize(
    ("gone", "found"), [((1,), (1, 1)), ((2,), (2, 2)), ((3,), (3, 3)), ((2, 3), (2, 3)), ((1, 2, 3), (1, 3))]
)
def test_a_missing_entry_shows_wherever_it_was(place: Path, gone: tuple[int, ...], found: tuple[int, int]) -> None:
    with transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number.in_(gone)))
    assert broken(place) == Break("missing", *found)


@pytest.mark.usefixtures("three_entries")
def test_without_the_file_the_newest_entries_could_go_unseen(place: Path) -> None:
    """Which is why there is one."""
    with transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number == 3))
    assert broken(None) is None
    place.unlink()
    assert broken(place) is None


@pytest.mark.usefixtures("three_entries")
def test_new_entries_do_not_cover_up_that_older_ones_are_gone(place: Path, now: datetime) -> None:
    with transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number > 1))
    before = read_head(place)
    do(now, "a", "b", "c", "d")
    assert read_head(place) == before
    assert broken(place) == Break("replaced", 1, 3)
    with transaction() as session:
        write_down_newest(session)
    assert broken(place) == Break("replaced", 1, 3)


@pytest.mark.usefixtures("three_entries")
def test_a_chain_written_anew_from_its_beginning_shows(place: Path) -> None:
    with transaction():
        previous = write_anew(1, FIRST_HASH, action="nothing")
        for number in (2, 3):
            previous = write_anew(number, previous)
    assert broken(None) is None
    assert broken(place) == Break("replaced", 1, 3)


@pytest.mark.usefixtures("three_entries")
def test_an_entry_in_the_middle_with_a_hash_of_its_own_shows() -> None:
    with transaction():
        write_anew(2, db.session.get_one(AuditEntry, 1).own_hash, action="nothing")
    assert broken(None) == Break("replaced", 2, 3)


@pytest.mark.usefixtures("three_entries")
def test_what_is_rolled_back_is_not_written_down(place: Path, now: datetime) -> None:
    record(db.session(), organizer_id=None, action="four", subject="mill", now=now)
    db.session.rollback()
    do(now, "four")
    assert broken(place) is None
    found = read_head(place)
    assert found is not None
    assert found.number == 4


def test_a_death_between_commit_and_writing_down_is_no_alarm(any_app: Flask, place: Path, now: datetime) -> None:
    do(now, "one")
    with patch.object(heads, "move_head", side_effect=OSError):
        do(now, "two", "three")
    chain = examine_chain(db.session(), place)
    assert (chain.broken, chain.newest.number, chain.written_down) == (None, 3, 1)
    with transaction() as session:
        write_down_newest(session)
    assert examine_chain(db.session(), place).written_down == 3


def test_a_full_disk_does_not_take_back_what_is_committed(any_app: Flask, place: Path, now: datetime) -> None:
    with patch.object(heads.os, "fsync", side_effect=OSError(28, "No space left on device")):
        do(now, "one")
    assert db.session.scalar(select(AuditEntry.action)) == "one"
    assert not place.exists()
    assert [path.name for path in place.parent.glob(f"{FILE_NAME}.*")] == [f"{FILE_NAME}.lock"]


def test_the_file_only_goes_forward(any_app: Flask, place: Path) -> None:
    move_head(place, Head(7, b"7" * 32))
    for number in (6, 7):
        move_head(place, Head(number, b"x" * 32))
    assert read_head(place) == Head(7, b"7" * 32)
    assert oct(place.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("content", ["", "campaign audit 1 3 ", "campaign audit 1 3 zz\n", "\xff", "7 " + "a" * 64])
@pytest.mark.usefixtures("three_entries")
def test_a_damaged_file_is_said_to_be_damaged_and_stays(place: Path, now: datetime, content: str) -> None:
    place.write_text(content, "latin-1")
    assert broken(place) == Break("head", 0, 0)
    do(now, "four")
    assert place.read_text("latin-1") == content
    with pytest.raises(Refused):
        read_head(place)


def test_many_at_once_make_one_chain_and_the_file_ends_at_its_end(any_app: Flask, place: Path, now: datetime) -> None:
    start, errors = threading.Barrier(4), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                do(now, *["one"] * 10)
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    chain = examine_chain(db.session(), place)
    assert (chain.newest.number, chain.broken, chain.written_down) == (40, None, 40)


_RECORDER = """
import json, sys
from datetime import UTC, datetime
from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.db import transaction
with create_app(Config.from_env(json.loads(sys.argv[1]))).app_context():
    while True:
        with transaction() as session:
            number = record(session, organizer_id=None, action="one", subject="mill", now=datetime.now(UTC)).number
        print(number, flush=True)
"""


def test_processes_that_are_killed_leave_a_file_that_is_behind_or_right(
    any_app: Flask, database_url: str, place: Path
) -> None:
    environ = json.dumps({"CAMPAIGN_INSTANCE": str(place.parent), "CAMPAIGN_DATABASE_URL": database_url})
    for turn in range(4):
        pair = [
            subprocess.Popen([*PYTHON, "-c", _RECORDER, environ], stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        for child in pair:
            assert child.stdout is not None
            for _ in range(3 + turn):
                assert child.stdout.readline().strip().isdigit()
        for child in pair:
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
        chain = examine_chain(db.session(), place)
        assert chain.broken is None
        assert chain.written_down is not None
        assert chain.newest.number - 4 <= chain.written_down <= chain.newest.number


@pytest.mark.usefixtures("three_entries")
def test_a_page_that_looks_often_sees_what_comes_and_what_goes(place: Path, now: datetime) -> None:
    watch = ChainWatch()
    assert watch.look(db.session(), place).newest.number == 3
    do(now, "four")
    assert watch.look(db.session(), place).newest.number == 4
    with transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number > 2))
    assert watch.look(db.session(), place).broken == Break("missing", 3, 4)
    with transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.number == 2).values(action="nothing"))
    assert watch.look(db.session(), place).broken == Break("altered", 2, 2)


def test_entries_come_newest_first_page_by_page_and_filtered(any_app: Flask, now: datetime) -> None:
    do(now, *["one"] * 3, why="because")
    do(now, "two", "one", subject="other")
    do(now, "one", subject="mill: 3 reinstated")
    assert [line.number for line in entries(db.session(), limit=2)] == [6, 5]
    assert [line.number for line in entries(db.session(), before=5, limit=9)] == [4, 3, 2, 1]
    assert [line.number for line in entries(db.session(), subject="mill", limit=9)] == [6, 3, 2, 1]
    assert [line.number for line in all_entries(db.session(), action="one", subject="other")] == [5]
    assert {line.why for line in entries(db.session(), subject="mill", limit=9)} == {"because", ""}
