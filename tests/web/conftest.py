"""What tests of pages share: a browser on a site with one petition, a clock, and ways to sign as people do."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.defence import proof_of_work
from campaign.defence.networks import network_of
from campaign.defence.rate_limits import (
    Limit,
)
from campaign.organizers.actions import add_organizer
from campaign.web.services import services
from tests.databases import config_for, new_sqlite
from tests.factories import Site, make_site, quick_locks
from tests.pages import Browser, browse
from tests.web.desk import PASSWORD, Desk, logged_in
from tests.web.floods import HOME, Exhaust
from tests.web.seeded import seeded_site
from tests.web.signing import Signing

NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """Views read the clock; it shows `now` and goes on from there."""
    with time_machine.travel(now, tick=True) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def quickly_locked() -> Iterator[None]:
    """Keys that a test locks and unlocks may be as weak as its passwords."""
    with quick_locks():
        yield


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    """A database with the petition and its organizers, made once: locking a key with a phrase is slow by design."""
    folder = tmp_path_factory.mktemp("planted")
    url = new_sqlite(folder)
    with create_app(config_for(url, folder)).app_context():
        site = make_site(NOW)
        with transaction() as session:
            for role, login in (("owner", "olga"), ("editor", "edda"), ("moderator", "mona"), ("viewer", "vera")):
                add_organizer(session, login=login, password=PASSWORD, role=role, now=NOW)
        db.engine.dispose()
    return folder / "campaign.sqlite3", site


@pytest.fixture
def sqlite_url(instance: Path, planted: tuple[Path, Site]) -> str:
    """A copy of that database for each test."""
    shutil.copyfile(planted[0], instance / "campaign.sqlite3")
    return f"sqlite:///{instance / 'campaign.sqlite3'}"


@pytest.fixture
def site(app: Flask, planted: tuple[Path, Site]) -> Site:
    return planted[1]


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test has an application of its own; compiling every template anew would take most of its time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def browser(app: Flask, site: Site, compiled_templates: FileSystemBytecodeCache) -> Browser:
    """A stranger's browser on a site with the petition `bread-and-roses`."""
    app.jinja_env.bytecode_cache = compiled_templates
    return browse(app)


@pytest.fixture
def signing(app: Flask, browser: Browser, keyring: Keyring) -> Signing:
    """Signs through the pages."""
    return Signing(app, browser, keyring)


@pytest.fixture
def desk(app: Flask, browser: Browser) -> Desk:
    """Another browser, of Olga the owner, who is not logged in yet."""
    return Desk(browse(app))


@pytest.fixture
def edda(app: Flask, browser: Browser) -> Desk:
    """The desk of an editor, logged in."""
    return logged_in(app, "edda")


@pytest.fixture
def olga(app: Flask, browser: Browser) -> Desk:
    """The desk of an owner, logged in."""
    return logged_in(app, "olga")


@pytest.fixture
def easy_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real tasks that take two tries instead of two thousand."""
    monkeypatch.setattr(proof_of_work, "_FEWEST_TRIES", 1)
    monkeypatch.setattr(proof_of_work, "_MOST_TRIES", 3)


@pytest.fixture
def at_home(browser: Browser) -> None:
    """The test client comes from the loopback address, which is no network."""
    browser.environ_base["REMOTE_ADDR"] = HOME


@pytest.fixture
def exhaust(app: Flask) -> Exhaust:
    """Uses up what a limit allows, here and in every other process."""

    def use_up(limit: Limit, what: bytes | None = None, *, now: datetime) -> None:
        with app.app_context():
            allows, counted = services().rate_limits.allows, network_of(HOME) if what is None else what
            while allows(limit, counted, now=now):
                pass

    return use_up


@pytest.fixture(scope="module")
def planted_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site with all seeds, for tests that only read it."""
    with time_machine.travel(NOW), seeded_site(tmp_path_factory.mktemp("read"), now=NOW) as app:
        yield app


@pytest.fixture
def program(planted_site: Flask) -> FlaskClient:
    """A program that reads the seeded site."""
    return browse(planted_site)
