"""Releases that have one migration more, and `campaign` run as a process beside them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect

from campaign import migrating
from campaign.core import database_version as versions
from campaign.core.db import db
from campaign.resources import MIGRATIONS

DEADLINE_SECONDS = 60
ADD_A_COLUMN = 'op.add_column("signature", sa.Column("added", sa.Integer(), nullable=True))'


@contextmanager
def command(url: str, instance: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`campaign …` as a process of its own, ended with the block."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    settings = {"CAMPAIGN_INSTANCE": str(instance), "CAMPAIGN_DATABASE_URL": url, "CAMPAIGN_BIND": "127.0.0.1:1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", *arguments],
        env={**plain, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def release(monkeypatch: pytest.MonkeyPatch, folder: Path, change: str) -> str:
    """Make this program the next release, which has one migration more; its version."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    older = sorted(path.name[:4] for path in (migrations / "versions").glob("0*.py"))[-1]
    newer = f"{int(older) + 1:04}"
    (migrations / "versions" / f"{newer}_next_release.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = {newer!r}, {older!r}\n"
        f"def upgrade():\n    {change}\n"
    )
    monkeypatch.setattr(migrating._ALEMBIC, "directory", str(migrations))
    monkeypatch.setattr(versions, "MIGRATIONS", migrations)
    return newer


def has_column(table: str) -> bool:
    return "added" in {column["name"] for column in inspect(db.engine).get_columns(table)}
