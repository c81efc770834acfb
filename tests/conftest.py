"""What every test can ask for: a site of its own on a database of its own, with one open campaign and a key."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from campaign.app import create_app
from campaign.config import Config
from campaign.core.db import db
from campaign.core.keyring import Keyring
from campaign.organizers import passwords
from tests.databases import Fill, config_for, drop_postgresql, memory, new_postgresql, new_sqlite
from tests.factories import Site, find_site, make_site
from tests.smtp import Relay

# Of a desk's tests the tenth of a second of each log-in would be the larger part. `test_accounts_and_limits.py` holds
# what a password costs in life.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=1024)  # type: ignore[misc]

NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
# Where pytest makes the folders of tests.
if folder := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


@pytest.fixture
def now() -> datetime:
    """An instant with minutes, so that hours can be told from it."""
    return NOW


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> Fill | None:
    """What a test's database holds besides its tables: the site, for tests that ask for one."""
    return one_site if {"any_site", "site"} & set(request.fixturenames) else None


def one_site() -> None:
    make_site(NOW)


@pytest.fixture
def sqlite_url(instance: Path, fill: Fill | None) -> str:
    return new_sqlite(instance, fill)


@pytest.fixture
def postgresql_url(fill: Fill | None) -> Iterator[str]:
    url = new_postgresql(fill)
    yield url
    drop_postgresql(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def config(sqlite_url: str, instance: Path) -> Config:
    return config_for(sqlite_url, instance)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The site on SQLite, empty."""
    made = create_app(config)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def postgresql_app(postgresql_url: str, instance: Path) -> Iterator[Flask]:
    """The site on PostgreSQL, empty, inside an application context."""
    yield from _opened(postgresql_url, instance)


@pytest.fixture
def keyring(instance: Path) -> Keyring:
    return Keyring.load(instance)


@pytest.fixture
def any_app(database_url: str, instance: Path) -> Iterator[Flask]:
    """The site on each database in turn, inside an application context."""
    yield from _opened(database_url, instance)


@pytest.fixture
def any_site(any_app: Flask) -> Site:
    """One open petition in English and Persian, and a key to seal to."""
    return find_site()


@pytest.fixture
def site(app: Flask) -> Site:
    """The same on SQLite only, for tests of pages."""
    with app.app_context():
        return find_site()


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A mail server that takes everything, until it is told otherwise."""
    with Relay() as running:
        yield running


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first, in the share of each of two workers: the browser's tests, and those of promises.

    At the end only short tests are left, of which a worker that is done takes over half (`--dist worksteal`).
    """
    browser, promises, others = [], [], []
    for item in items:
        folder = item.nodeid.split("/")[1]
        {"browser": browser, "reliability": promises}.get(folder, others).append(item)
    half = max(0, len(items) // 2 - len(browser))
    items[:] = [*browser, *others[:half], *promises, *others[half:]]


def _opened(url: str, instance: Path) -> Iterator[Flask]:
    made = create_app(config_for(url, instance))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
