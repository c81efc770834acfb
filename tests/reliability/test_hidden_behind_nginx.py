"""Hide now, on a site as it is deployed: nginx with copies of its own, before two processes."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from campaign.app import create_app
from campaign.core.db import db
from tests.databases import config_for, new_sqlite
from tests.factories import SLUG, make_site
from tests.reliability.nginx_front import HOST, Front
from tests.reliability.test_front import front_before
from tests.serving import environment, serving

LONGEST_SECONDS = 10
ABOUT_IT = (
    f"/en/{SLUG}/",
    f"/fa/{SLUG}/",
    f"/en/{SLUG}/signatures",
    f"/en/{SLUG}/statistics",
    f"/en/{SLUG}/sheet.pdf",
    f"/embed/{SLUG}",
    f"/api/v1/campaigns/{SLUG}",
    f"/api/v1/campaigns/{SLUG}/events",
)
ABOUT_MANY = ("/en/", "/fa/", "/api/v1/campaigns", "/sitemap.xml")


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def url(instance: Path, now: datetime) -> str:
    made = new_sqlite(instance)
    with create_app(config_for(made, instance)).app_context():
        make_site(now)
        db.engine.dispose()
    return made


@pytest.fixture
def front(instance: Path, url: str, tmp_path: Path) -> Iterator[Front]:
    settings = {"CAMPAIGN_BASE_URL": f"https://{HOST}", "CAMPAIGN_TRUSTED_PROXIES": "1"}
    with ExitStack() as stack:
        webs = [
            stack.enter_context(serving(instance, url, tmp_path / f"web-{number}.log", host=HOST, **settings))
            for number in range(2)
        ]
        folder = tmp_path / "nginx"
        folder.mkdir()
        yield stack.enter_context(front_before(folder, [web.port for web in webs]).started())


def ask(front: Front, path: str) -> tuple[int, str]:
    connection = front.connect()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def test_hidden_by_one_process_it_is_gone_from_all_copies_within_seconds(
    front: Front, instance: Path, url: str
) -> None:
    # Each process and nginx have them all.
    for _ in range(4):
        assert {ask(front, path)[0] for path in ABOUT_IT} == {200}
        assert all(SLUG in ask(front, path)[1] for path in ABOUT_MANY)
    command = [sys.executable, "-m", "campaign", "hide", SLUG, "--reason", "danger"]
    subprocess.run(command, env=environment(instance, url), check=True, capture_output=True, timeout=60)
    began = time.monotonic()
    for path in ABOUT_IT:
        wait_until_gone(front, path, lambda answer: answer[0] == 410, began)
    for path in ABOUT_MANY:
        wait_until_gone(front, path, lambda answer: answer[0] == 200 and SLUG not in answer[1], began)
    # And no process brings it back.
    for _ in range(4):
        assert {ask(front, path)[0] for path in ABOUT_IT} == {410}
        assert not any(SLUG in ask(front, path)[1] for path in ABOUT_MANY)


def wait_until_gone(front: Front, path: str, is_gone: Callable[[tuple[int, str]], bool], began: float) -> None:
    while not is_gone(ask(front, path)):
        assert time.monotonic() < began + LONGEST_SECONDS, f"{path} is still there"
