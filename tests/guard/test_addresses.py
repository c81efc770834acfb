"""Every address has a row that says whom it is for, and the row is true. A new route without a row fails."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from campaign.app import create_app
from campaign.config import Config
from campaign.core.db import db, transaction
from campaign.organizers.actions import add_organizer
from tests.databases import config_for, new_sqlite
from tests.factories import make_letter, make_site
from tests.guard.routes import WHO, address, rules, with_method
from tests.pages import CACHEABLE, Browser, browse
from tests.web.conftest import NOW
from tests.web.desk import PASSWORD, Desk

CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
GUARDED_BY_ORIGIN = {"anybody", "holder of a mailed link"}
GUARDED_BY_TOKEN = {"whoever has an account", "organizer"}
OF_THE_DESK = {*GUARDED_BY_TOKEN, "holder of an invitation"}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("routes")
    return config_for(new_sqlite(folder), folder)


@pytest.fixture(scope="module")
def demo(config: Config) -> Iterator[Flask]:
    """The demo has every route there is."""
    made = create_app(replace(config, is_demo=True))
    with made.app_context():
        campaign_id = make_site(NOW).campaign.id
        with transaction() as session:
            make_letter(session, campaign_id)
            add_organizer(session, login="olga", password=PASSWORD, role="owner", now=NOW)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(demo: Flask) -> Browser:
    return browse(demo)


def test_every_route_has_a_row_and_every_row_a_route(demo: Flask) -> None:
    assert {rule.endpoint for rule in rules(demo)} == set(WHO)


def test_a_real_site_has_no_demo_routes(config: Config) -> None:
    routes = {rule.endpoint for rule in rules(create_app(config))}
    assert routes == {endpoint for endpoint, who in WHO.items() if who != "this machine"}


def test_only_pages_for_anybody_are_kept_by_caches(demo: Flask) -> None:
    assert {WHO[endpoint] for endpoint in CACHEABLE} == {"anybody"}
    assert {rule.endpoint for rule in rules(demo) if "GET" in (rule.methods or ())} >= CACHEABLE


def test_no_route_takes_more_methods_than_it_needs(demo: Flask) -> None:
    for rule in rules(demo):
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.endpoint


def test_a_method_a_route_does_not_take_is_405_with_those_it_takes(demo: Flask, browser: Browser) -> None:
    adapter = demo.url_map.bind("localhost")
    for path in {address(rule) for rule in rules(demo)}:
        taken = set(adapter.allowed_methods(path))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
            response = browser.open(path, method=method)
            if response.status_code == 308:
                # Two words could be a language and a campaign, whose address ends in a slash.
                continue
            assert response.status_code == 405, f"{method} {path}"
            assert {part.strip() for part in response.headers["Allow"].split(",")} == taken, path


def test_the_api_only_reads(demo: Flask) -> None:
    for rule in rules(demo):
        if rule.rule.startswith("/api"):
            assert rule.methods == {"GET", "HEAD", "OPTIONS"}, rule.endpoint


def test_public_forms_are_refused_from_another_site(demo: Flask, browser: Browser) -> None:
    for rule in with_method(demo, "POST", *GUARDED_BY_ORIGIN):
        assert browser.post(address(rule), headers=CROSS_SITE).status_code == 403, rule.endpoint


def test_forms_of_the_desk_need_a_token(demo: Flask) -> None:
    desk = Desk(browse(demo))
    assert desk.log_in("olga").status_code == 303
    for rule in with_method(demo, "POST", *GUARDED_BY_TOKEN):
        for data in ({}, {"csrf_token": "x"}):
            response = desk.browser.post(address(rule), data={"login": "olga", "password": "x" * 12, **data})
            assert response.status_code == 400, rule.endpoint
        desk.browser.read("/organize/")


def test_without_a_session_the_desk_is_shut(demo: Flask, browser: Browser) -> None:
    for rule in with_method(demo, "GET", "organizer"):
        response = browser.get(address(rule))
        assert (response.status_code, response.location) == (303, "/organize/login"), rule.endpoint
    for rule in rules(demo):
        if "POST" in (rule.methods or ()) and WHO[rule.endpoint] == "organizer":
            assert browser.post(address(rule)).status_code == 403, rule.endpoint


def test_everything_of_the_desk_lies_below_the_path_of_its_cookie(demo: Flask) -> None:
    for rule in rules(demo):
        is_desk = WHO[rule.endpoint] in OF_THE_DESK
        assert rule.rule.startswith("/organize/") == is_desk, rule.endpoint


def test_a_link_nobody_was_mailed_opens_nothing(demo: Flask, browser: Browser) -> None:
    for method in ("GET", "POST"):
        for rule in with_method(demo, method, "holder of a mailed link", "holder of an invitation"):
            data = {"action": "withdraw", "sure": "y"}
            assert browser.open(address(rule), method=method, data=data).status_code == 404, rule.endpoint


def test_what_is_for_anybody_is_there_for_anybody(demo: Flask, browser: Browser) -> None:
    for rule in with_method(demo, "GET", "anybody", "operator"):
        response = browser.get(address(rule))
        assert response.status_code in (200, 303), rule.endpoint
        response.close()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}},
        {"environ_overrides": {"REMOTE_ADDR": "::ffff:192.0.2.1"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
    ],
)
def test_the_demos_mailbox_is_shown_on_this_machine_only(
    demo: Flask, browser: Browser, elsewhere: dict[str, dict[str, str]]
) -> None:
    for rule in with_method(demo, "GET", "this machine"):
        assert browser.get(address(rule), **elsewhere).status_code == 404, rule.endpoint
    assert browser.get("/demo/mailbox").status_code == 200
