"""What can go wrong with a backup is one clear line, exit 1 (2 for misuse), and nothing half-done."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from campaign.core.keyring import Keyring
from tests.factories import Site
from tests.reliability.operators import PROGRAMS, Operator


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
