"""What several files of integration tests begin with."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from campaign.signing import purging
from tests.conftest import NOW
from tests.databases import Fill, drop_postgresql, new_postgresql, new_sqlite
from tests.factories import Site, quick_locks
from tests.integration.editing import SLUG, seeded
from tests.integration.installation import Installation, furnish
from tests.purges import signed_and_closed
from tests.smtp import Relay

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quickly_locked() -> Iterator[None]:
    """Keys that a test locks and unlocks may be as weak as its passwords."""
    with quick_locks():
        yield


@pytest.fixture
def closed(any_site: Site, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A campaign that was signed and then closed; it is purged two rows a step."""
    monkeypatch.setattr(purging, "ROWS_A_STEP", 2)
    return signed_and_closed(any_site, keyring, now)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in good order, made once: locking a key with a phrase is slow by design."""
    folder = tmp_path_factory.mktemp("furnished") / "instance"
    folder.mkdir(mode=0o700)
    url = new_sqlite(folder)
    (folder / "campaign.sqlite3").chmod(0o600)
    furnish(Installation(folder, url))
    return folder


@pytest.fixture
def well(tmp_path: Path, furnished: Path, relay: Relay) -> Installation:
    folder = tmp_path / "instance"
    shutil.copytree(furnished, folder)
    return Installation(folder, f"sqlite:///{folder / 'campaign.sqlite3'}", {"CAMPAIGN_SMTP_URL": relay.url})


@pytest.fixture
def well_on_postgresql(tmp_path: Path, relay: Relay) -> Iterator[Installation]:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    site = Installation(folder, new_postgresql(), {"CAMPAIGN_SMTP_URL": relay.url})
    furnish(site)
    yield site
    drop_postgresql(site.url)


@pytest.fixture
def fill(request: pytest.FixtureRequest, fill: Fill | None) -> Fill | None:
    """Where there is a seeded case, it is from the same seeds for all."""
    return all_seeds if "campaign_id" in request.fixturenames else fill


def all_seeds() -> None:
    seeded(NOW)


@pytest.fixture
def campaign_id(any_app: Flask) -> uuid.UUID:
    """A seeded case, on each database in turn."""
    return db.session.scalars(select(Campaign.id).where(Campaign.slug == SLUG)).one()


@pytest.fixture
def olga(any_app: Flask, now: datetime) -> uuid.UUID:
    with transaction() as session:
        return add_organizer(session, login="olga", password=PASSWORD, role="owner", now=now)
