"""How programs are answered: kept and told apart, open to any site, and problems as problems."""

from typing import Any

import pytest
from flask import Flask, abort

from campaign.app import create_app
from campaign.web.api import views
from tests.databases import config_for
from tests.pages import Browser, browse
from tests.web.programs import ONE, READS, change, read, why
from tests.web.signing import Signing


@pytest.mark.parametrize("path", READS)
def test_an_answer_is_kept_and_told_apart_by_its_tag(browser: Browser, path: str) -> None:
    first = browser.get(path)
    assert first.headers["Cache-Control"].startswith("public, ")
    again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    head = browser.head(path)
    assert (head.status_code, head.data, head.headers) == (200, b"", first.headers)


def test_an_answer_is_made_once_for_an_edition_and_a_count(
    app: Flask, browser: Browser, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    answer = views._answer
    monkeypatch.setattr(views, "_answer", lambda body: made.append(body) or answer(body))
    for _ in range(3):
        browser.get(ONE)
    assert len(made) == 1
    signing.sign_and_confirm()
    assert read(browser, ONE)["total_signatures"] == 1
    change(app, "UPDATE campaign_text SET title = 'Other words'")
    assert read(browser, ONE)["title"] == "Other words"
    assert len(made) == 3


@pytest.mark.parametrize("path", READS)
def test_any_site_may_read_without_a_cookie_and_search_engines_do_not(browser: Browser, path: str) -> None:
    response = browser.get(path, headers={"Origin": "https://ally.example", "Cookie": "desk=x"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["X-Robots-Tag"] == "noindex"
    refused = browser.get(path, query_string={"lang": "xx"})
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", READS)
def test_asking_what_may_be_asked_opens_nothing(browser: Browser, path: str) -> None:
    asked = {"Origin": "https://ally.example", "Access-Control-Request-Method": "POST"}
    response = browser.options(path, headers=asked)
    assert (response.status_code, response.data) == (200, b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", READS)
def test_nothing_can_be_changed(browser: Browser, path: str, method: str) -> None:
    response = browser.open(path, method=method, json={"title": "x"})
    why(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/campaigns", "/api/v1/sign", f"{ONE}/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_there_is_a_problem(browser: Browser, path: str, method: str) -> None:
    assert why(browser.open(path, method=method), 404)["title"] == "Not Found"


def test_another_host_is_a_problem(browser: Browser) -> None:
    assert "evil" not in str(why(browser.get(READS[0], base_url="http://evil.example"), 400))


def test_what_breaks_on_our_side_says_nothing_of_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_body: object) -> None:
        raise RuntimeError("alice@example.org")

    monkeypatch.setattr(views, "_answer", broken)
    response = browser.get(ONE)
    why(response, 500)
    assert "alice" not in response.text + caplog.text


@pytest.mark.parametrize("path", READS)
def test_a_database_that_is_away_is_a_problem_with_a_time_to_come_back(instance: Any, path: str) -> None:
    app = create_app(config_for("postgresql+psycopg://campaign@127.0.0.1:1/campaign", instance))
    response = browse(app).get(path)
    why(response, 503)
    assert int(response.headers["Retry-After"]) > 0


def test_too_many_requests_are_a_problem_too(app: Flask) -> None:
    """Nothing here counts requests yet; what would, answers so."""
    app.before_request_funcs.setdefault("api", []).append(lambda: abort(429))
    why(browse(app).get(ONE), 429)
