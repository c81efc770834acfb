"""What can go wrong with bringing a backup back is one clear line, exit 1 (2 for misuse), and nothing half-done."""

from contextlib import closing
from datetime import datetime

import pytest
from flask import Flask

from campaign.app import create_app
from campaign.backup.erasure_list import write_list
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.signing.models import Signature
from campaign.signing.self_service import set_public_name, withdraw
from tests.databases import config_for, drop_postgresql, empty_postgresql
from tests.reliability.operators import Operator
from tests.signers import newest_letter


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


def test_a_database_of_something_else_is_refused(on_sqlite: Operator, now: datetime) -> None:
    with closing(sqlite3.connect(on_sqlite.backups / "other")) as connection, connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    write_list(on_sqlite.backups / "erasures.list", [], now=now)
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
