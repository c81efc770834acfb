"""What tests of pages share: a browser on a site with one petition, a clock, and ways to sign as people do."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from tests.databases import config_for, new_sqlite
from tests.factories import Site, make_site
from tests.pages import Browser, browse
from tests.web.desk import PASSWORD, Desk
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
