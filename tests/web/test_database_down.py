"""When the database cannot be reached, pages say so, nothing is acknowledged, and the process is still alive."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import monotonic

import pytest
from flask import Flask

from campaign.app import create_app
from campaign.core.db import db
from campaign.web.editions import OLDEST_SECONDS
from tests.databases import config_for, drop_postgresql, new_postgresql
from tests.factories import SLUG, make_site
from tests.pages import Browser, browse
from tests.web.signing import FILLED_IN, SIGN

NOBODY_LISTENS = "postgresql+psycopg://campaign@127.0.0.1:1/campaign"
READS = (
    "/",
    "/en/",
    f"/en/{SLUG}/",
    f"/fa/{SLUG}/signatures",
    "/en/confirm/x",
    "/en/manage/x",
    f"/embed/{SLUG}",
    "/organize/login",
    "/organize/",
    "/sitemap.xml",
    "/readyz",
)
WRITES = (SIGN, f"/embed/{SLUG}", "/en/manage", "/en/confirm/x", "/en/manage/x", "/organize/login")


@pytest.fixture(scope="module")
def never_up(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(config_for(NOBODY_LISTENS, tmp_path_factory.mktemp("down")))


@pytest.fixture
def gone_down(instance: Path, now: datetime) -> Iterator[Flask]:
    """A site whose PostgreSQL goes away while it runs."""
    url = new_postgresql()
    made = create_app(config_for(url, instance))
    with made.app_context():
        make_site(now)
    browser = browse(made)
    assert browser.read(f"/fa/{SLUG}/").count == 0
    assert browser.post(SIGN, data=FILLED_IN).status_code == 303
    drop_postgresql(url)
    # So long a page that was read before may still be shown; the database is gone sooner than that.
    gone_at = monotonic()
    while monotonic() - gone_at < OLDEST_SECONDS:
        pass
    yield made
    with made.app_context():
        db.engine.dispose()


def says_later(browser: Browser, path: str, method: str) -> None:
    response = browser.open(path, method=method, data=FILLED_IN if method == "POST" else None)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert browser.last.h1
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", READS)
def test_a_page_answers_503_and_when_to_come_back(never_up: Flask, path: str) -> None:
    says_later(browse(never_up), path, "GET")


@pytest.mark.parametrize("path", WRITES)
def test_a_form_is_not_acknowledged(never_up: Flask, path: str) -> None:
    says_later(browse(never_up), path, "POST")


def test_a_database_that_goes_away_is_the_same(gone_down: Flask) -> None:
    for path in (f"/fa/{SLUG}/", "/readyz"):
        says_later(browse(gone_down), path, "GET")
    for path in (SIGN, f"/embed/{SLUG}"):
        says_later(browse(gone_down), path, "POST")


def test_after_it_went_away_the_error_page_still_carries_the_sites_name(gone_down: Flask) -> None:
    browser = browse(gone_down)
    browser.get(f"/en/{SLUG}/")
    assert "In Solidarity" in browser.last.title


def test_the_process_is_alive_but_not_ready(never_up: Flask) -> None:
    browser = browse(never_up)
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/robots.txt").status_code == 200
    assert browser.get("/readyz").status_code == 503


def test_the_script_of_allied_sites_needs_no_database(never_up: Flask) -> None:
    with closing(browse(never_up).get("/embed.js")) as response:
        assert response.status_code == 200


def test_a_site_with_its_database_is_ready(browser: Browser) -> None:
    assert browser.get("/readyz").json == {"status": "ok"}
