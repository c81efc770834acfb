"""What a migration does to tables with rows in them, indexes built beside writers, and the way back."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.migrating import downgrade, migrate
from campaign.signing.actions import confirm
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.integration.releases import has_column, release
from tests.signers import newest_letter, sign, sign_and_confirm

REMAKE_A_TABLE = (
    'batch = op.batch_alter_table("campaign", recreate="always")\n'
    '    with batch as table: table.add_column(sa.Column("added", sa.Integer(), nullable=True))'
)
BUILD_AN_INDEX = (
    "with op.get_context().autocommit_block():\n"
    '        op.create_index("ix_added", "signature", ["language"], postgresql_concurrently=True)'
)


def test_remaking_a_table_leaves_the_rows_that_refer_to_it(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, instance: Path, now: datetime
) -> None:
    release(monkeypatch, tmp_path, REMAKE_A_TABLE)
    with app.app_context():
        sign_and_confirm(site, Keyring.load(instance), now)
        migrate()
        assert has_column("campaign")
        both = "SELECT count(*) FROM signature JOIN campaign ON campaign.id = campaign_id"
        with db.engine.connect() as connection:
            assert connection.scalar(text(both)) == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_index_can_be_built_without_a_lock_on_writers(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    release(monkeypatch, tmp_path, BUILD_AN_INDEX)
    migrate()
    assert "ix_added" in {index["name"] for index in inspect(db.engine).get_indexes("signature")}


def test_an_index_that_had_to_give_way_is_finished_the_next_time(postgresql_app: Flask) -> None:
    downgrade("0006")
    with db.engine.connect() as writer:
        writer.execute(text("LOCK TABLE signature IN ROW EXCLUSIVE MODE"))
        assert not migrate(pause=lambda _seconds: writer.rollback()).is_behind
    with db.engine.connect() as connection:
        assert (
            connection.scalars(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")).all() == []
        )
        assert "ix_signature_listed_names" in {index["name"] for index in inspect(connection).get_indexes("signature")}


def test_version_9_keeps_every_row_and_its_links(any_site: Site, keyring: Keyring, now: datetime) -> None:
    """It makes the table of signatures anew on SQLite."""

    def rows() -> list[Any]:
        with db.engine.connect() as connection:
            return sorted(
                connection.execute(text("SELECT * FROM signature")).mappings(), key=lambda row: str(row["id"])
            )

    sign_and_confirm(any_site, keyring, now, "ada@example.org", public_name="Ada")
    sign(any_site, keyring, now, "bob@example.org")
    before = rows()
    downgrade("0008")
    migrate()
    assert rows() == before
    token = newest_letter(keyring, "bob@example.org").values["confirm_token"]
    with transaction() as session:
        confirm(session, token=token, communities=(), keyring=keyring, now=now)
        withdraw(session, token=newest_letter(keyring, "ada@example.org").values["manage_token"], now=now)
