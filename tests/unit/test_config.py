"""Settings are right or the site does not start."""

import stat
import threading
from pathlib import Path

import pytest

from campaign.app import create_app
from campaign.config import Config
from campaign.core.db import db
from campaign.core.errors import ConfigError
from campaign.core.keyring import Keyring


def read(instance: Path, **environ: str) -> Config:
    return Config.from_env({"CAMPAIGN_INSTANCE": str(instance), **environ})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAMPAIGN_DATABSE_URL", "sqlite:///x"),
        ("CAMPAIGN_BIND", "8000"),
        ("CAMPAIGN_BIND", "127.0.0.1:99999"),
        ("CAMPAIGN_BASE_URL", "sign.example.org"),
        ("CAMPAIGN_BASE_URL", "https://sign.example.org/petitions"),
        ("CAMPAIGN_BASE_URL", "https://user:pass@sign.example.org"),
        ("CAMPAIGN_DATABASE_URL", "mysql://localhost/x"),
        ("CAMPAIGN_SMTP_URL", "http://localhost"),
        ("CAMPAIGN_SMTP_URL", "smtp://localhost:port"),
        ("CAMPAIGN_MAIL_FROM", "Petition <a@example.org>"),
        ("CAMPAIGN_MAIL_FROM", "a@example.org\nBcc: b@example.org"),
        ("CAMPAIGN_SECRET_KEY", "short"),
        ("CAMPAIGN_SECRET_KEY_FILE", "/does/not/exist"),
        ("CAMPAIGN_TRUSTED_PROXIES", "many"),
        ("CAMPAIGN_TRUSTED_PROXIES", "²"),
        ("CAMPAIGN_BASE_URL", "http://[::1"),
        ("CAMPAIGN_BASE_URL", "http://[::1]:8000"),
        ("CAMPAIGN_DATABASE_URL", "postgresql+psycopg://u:p@h:x/n"),
        ("CAMPAIGN_DATABASE_URL", "postgresql+psycopg://u:p@one:5432,two:5432/n"),
        ("CAMPAIGN_SMTP_URL", "smtp://[x"),
        ("CAMPAIGN_BIND", "localhost:²"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, **{name: value})
    message = str(refused.value)
    assert name in message
    assert "\n" not in message
    assert "pass" not in message.replace("password", "")


def test_defaults_serve_one_machine(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path}/campaign.sqlite3"
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.mail_from == "petition@localhost"
    assert config.trusted_proxies == 0


def test_key_files_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert Keyring.load(tmp_path) == Keyring.load(tmp_path)
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    barrier, found = threading.Barrier(8), set[Keyring]()

    def start() -> None:
        barrier.wait()
        found.add(Keyring.load(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


def test_a_folder_that_had_to_be_made_is_its_owners_alone(tmp_path: Path) -> None:
    read(tmp_path / "not" / "there")
    for folder in (tmp_path / "not", tmp_path / "not" / "there", tmp_path / "not" / "there" / "keys"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "é" * 64])
def test_a_damaged_key_file_stops_the_site(tmp_path: Path, content: str) -> None:
    Keyring.load(tmp_path)
    (tmp_path / "keys" / "tags.key").write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=r"tags\.key"):
        Keyring.load(tmp_path)


def test_a_key_file_that_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    """Restoring a backup over a good key would be the wrong thing to do."""
    (tmp_path / "keys" / "tags.key").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"tags\.key cannot be read"):
        Keyring.load(tmp_path)


def test_a_database_may_stand_on_two_servers_and_the_primary_of_them_is_used(tmp_path: Path) -> None:
    config = read(tmp_path, CAMPAIGN_DATABASE_URL="postgresql+psycopg://u:p%40@/n?host=one:5432&host=two:5433")
    app = create_app(config)
    with app.app_context():
        _, arguments = db.engine.dialect.create_connect_args(db.engine.url)
    reached = {name: arguments[name] for name in ("dbname", "host", "port", "user", "password")}
    assert reached == {"dbname": "n", "host": "one,two", "port": "5432,5433", "user": "u", "password": "p@"}
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
    assert options["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://Sign.Example.org", "https://sign.example.org"),
        ("https://sign.example.org:443/", "https://sign.example.org"),
        ("http://sign.example.org:80", "http://sign.example.org"),
        ("https://sign.example.org:8443", "https://sign.example.org:8443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ],
)
def test_the_base_url_is_kept_as_browsers_send_it(tmp_path: Path, written: str, sent: str) -> None:
    assert read(tmp_path, CAMPAIGN_BASE_URL=written).base_url == sent
