"""`/metrics` counts what happened, whichever process is asked, tells nothing of anybody, and is not for strangers."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.outbox.transports import Outcome
from campaign.web.ops.meter import EXTENSION, init_meter
from campaign.web.services import Services
from tests.databases import config_for
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.serving import DEADLINE_SECONDS, environment, free_port
from tests.web.signing import ALICE, SIGN, Signing

TOKEN = "t0ken-" * 6
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
SERVE = """
from campaign.app import create_app
from campaign.config import Config
from campaign.server import serve
from campaign.web.ops.meter import EXTENSION, init_meter
config = Config.from_env()
app = create_app(config)
if EXTENSION not in app.extensions:
    init_meter(app, config.instance / "metrics")
serve(app, config, processes=2, threads=2)
"""


@pytest.fixture
def app(sqlite_url: str, instance: Path, site: Site) -> Iterator[Flask]:
    made = create_app(config_for(sqlite_url, instance, CAMPAIGN_METRICS_TOKEN=TOKEN))
    if EXTENSION not in made.extensions:
        init_meter(made, instance / "metrics")
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def site(planted: tuple[Path, Site]) -> Site:
    return planted[1]


def read(text: str) -> Samples:
    """All samples, by name and labels; the format is checked by the reader of Prometheus's own library."""
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def scrape(browser: Browser) -> Samples:
    response = browser.get("/metrics", headers=AUTHORIZED)
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain")
    assert response.headers["Cache-Control"] == "no-store"
    return read(response.text)


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def requests(samples: Samples, method: str, route: str, status: str) -> float:
    return value(samples, "campaign_http_requests_total", method=method, route=route, status=status)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": TOKEN},
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer None"},
        {"Authorization": "\xff"},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_without_the_token_there_is_nothing(browser: Browser, headers: dict[str, str]) -> None:
    assert browser.get("/metrics", headers=headers).status_code == 404


def test_a_site_without_a_token_shows_nobody_its_numbers(sqlite_url: str, instance: Path) -> None:
    bare = browse(create_app(config_for(sqlite_url, instance)))
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        assert bare.get("/metrics", headers=headers).status_code == 404


def test_requests_are_counted_by_route_and_status(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm()
    assert browser.post(SIGN, data={}).status_code == 400
    assert browser.get("/en/nowhere/").status_code == 404
    assert browser.get("/nowhere-at-all").status_code == 404
    assert browser.open("/en/", method="DELETE").status_code == 405
    assert browser.get("/en/", headers={"Host": "evil.example"}).status_code == 400
    samples = scrape(browser)
    assert requests(samples, "POST", "/<lang>/<slug>/sign", "3xx") == 1
    assert requests(samples, "POST", "/<lang>/<slug>/sign", "4xx") == 1
    assert requests(samples, "POST", "/<lang>/confirm/<token>", "3xx") == 1
    assert requests(samples, "GET", "/<lang>/<slug>/", "4xx") == 1
    assert requests(samples, "GET", "none", "4xx") >= 1
    assert requests(samples, "other", "none", "4xx") == 1


def test_pages_that_were_kept_and_files_are_counted_too(app: Flask, browser: Browser) -> None:
    for _ in range(5):
        browser.read(f"/en/{SLUG}/")
    with app.app_context():
        style = app.jinja_env.globals["static_url"]("css/base.css")  # type: ignore[operator]
    browser.get(style).close()
    samples = scrape(browser)
    rendered = requests(samples, "GET", "/<lang>/<slug>/", "2xx")
    assert rendered + requests(samples, "GET", "kept page", "2xx") == 5
    labels = {"method": "GET", "route": "kept page"}
    name = "campaign_http_request_duration_seconds"
    assert value(samples, f"{name}_count", **labels) == requests(samples, "GET", "kept page", "2xx")
    assert value(samples, f"{name}_sum", **labels) > 0
    assert requests(samples, "GET", "static file", "2xx") == 1


def test_how_long_answers_took_is_a_histogram(browser: Browser) -> None:
    browser.get("/healthz")
    samples = scrape(browser)
    labels = {"method": "GET", "route": "/healthz"}
    name = "campaign_http_request_duration_seconds"
    assert value(samples, f"{name}_count", **labels) == 1
    assert value(samples, f"{name}_bucket", **labels, le="+Inf") == 1
    assert 0 < value(samples, f"{name}_sum", **labels) < DEADLINE_SECONDS
    ends = [
        found for (sample, has), found in samples.items() if sample == f"{name}_bucket" and set(labels.items()) <= has
    ]
    assert ends == sorted(ends)


def test_a_page_that_breaks_is_counted_as_such(app: Flask, browser: Browser) -> None:
    app.view_functions["public.privacy"] = lambda: 1 / 0
    assert browser.get("/en/privacy").status_code == 500
    assert requests(scrape(browser), "GET", "/<lang>/privacy", "5xx") == 1


def test_the_state_of_mail_counts_and_campaigns_comes_from_the_database(
    app: Flask, browser: Browser, signing: Signing, keyring: Keyring, now: datetime
) -> None:
    signing.sign_and_confirm()
    with app.app_context(), transaction() as session:
        for due_in in (-600, 600):
            letter = Letter(ALICE, "confirm", "en", {})
            enqueue(session, letter, key=keyring.waiting, now=now + timedelta(seconds=due_in))
    samples = scrape(browser)
    assert value(samples, "campaign_mails_waiting") == 3
    assert value(samples, "campaign_mails_held") == 1
    assert 600 <= value(samples, "campaign_oldest_mail_age_seconds") < 660
    assert 600 <= value(samples, "campaign_mail_overdue_seconds") < 660
    assert value(samples, "campaign_counts_waiting") == 1
    assert value(samples, "campaign_signatures", campaign=SLUG) == 1
    assert value(samples, "campaign_database_ready") == 1


def test_mails_are_counted_by_what_came_of_them(app: Flask, browser: Browser) -> None:
    """A worker is another process: it has a tally of its own in the same folder."""
    services: Services = app.extensions["campaign"]
    worker = Services(services.config, services.keyring, services.rate_limits, services.proof_of_work)
    for outcome in (Outcome.SENT, Outcome.SENT, Outcome.REFUSED):
        worker.mails.add(outcome.value, (0, 1))
    samples = scrape(browser)
    assert value(samples, "campaign_mails_total", outcome="sent") == 2
    assert value(samples, "campaign_mails_total", outcome="away") == 0


def test_numbers_are_there_while_the_database_is_down(instance: Path) -> None:
    url = "postgresql+psycopg://campaign@127.0.0.1:1/campaign"
    made = create_app(config_for(url, instance, CAMPAIGN_METRICS_TOKEN=TOKEN))
    samples = scrape(browse(made))
    assert value(samples, "campaign_database_ready") == 0
    assert not [name for name, _ in samples if name == "campaign_mails_waiting"]


def test_nothing_in_it_is_about_a_person(browser: Browser, signing: Signing) -> None:
    marked = {"name": "Zanubia Markerworth", "email": "zanubia.mark@example.org", "public_name": "Zed Mark"}
    signing.fill_in(**marked)
    token = signing.token(to=marked["email"])
    for path in (f"/en/confirm/{token}", f"/en/manage/{token}x", "/en/zanubia/", "/zanubia?zanubia=mark"):
        browser.get(path, headers={"User-Agent": "Zanubia", "Referer": "https://zanubia.example/", "Host": "localhost"})
    browser.open("/en/", method="ZANUBIA")
    text = browser.get("/metrics", headers=AUTHORIZED).text
    for marker in ("anubia", "Mark", "Zed", token, "127.0.0.1", "ZANUBIA", "example.org"):
        assert marker not in text


def test_strangers_cannot_make_it_grow(browser: Browser) -> None:
    scrape(browser)
    before = len(scrape(browser))
    for number in range(50):
        browser.get(f"/en/x{number}/")
        browser.get(f"/x{number}/y{number}")
        browser.open("/en/", method=f"X{number}")
    assert len(scrape(browser)) < before + 50


def test_every_process_tells_the_numbers_of_all_and_they_outlive_it(
    sqlite_url: str, instance: Path, tmp_path: Path
) -> None:
    for sent in (60, 120):
        with _two_processes(sqlite_url, instance, tmp_path / f"{sent}.log") as port:
            assert _counted(port) == sent - 60
            for _ in range(60):
                assert _ask(port, "/robots.txt") == 200
            # Each process writes down a few times a second what it counted; soon each of them tells it all.
            _wait_until(partial(_all_tell, port, sent))
    assert len(list((instance / "metrics").glob("requests-*"))) == 2


@contextmanager
def _two_processes(database_url: str, instance: Path, log: Path) -> Iterator[int]:
    """The port they listen on. Which of them answers is up to the kernel."""
    port = free_port()
    environ = environment(instance, database_url, CAMPAIGN_BIND=f"127.0.0.1:{port}", CAMPAIGN_METRICS_TOKEN=TOKEN)
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", SERVE], env=environ, stdout=output, stderr=output)
    try:
        _wait_until(lambda: _ask(port, "/healthz") == 200)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE_SECONDS)


def _all_tell(port: int, sent: int) -> bool:
    return {_counted(port) for _ in range(10)} == {sent}


def _ask(port: int, path: str) -> int:
    with suppress(OSError):
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_SECONDS) as answer:
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code
    return 0


def _counted(port: int) -> float:
    request = Request(f"http://127.0.0.1:{port}/metrics", headers=AUTHORIZED)
    with urlopen(request, timeout=DEADLINE_SECONDS) as answer:
        samples = read(answer.read().decode())
    labels = {"method": "GET", "route": "/robots.txt", "status": "2xx"}
    return samples.get(("campaign_http_requests_total", frozenset(labels.items())), 0)


def _wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
