"""Finished pages are kept while they hold: not longer, for nobody else, and exactly as they would be made anew."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep

import pytest
import time_machine
from flask import Flask
from flask.signals import template_rendered
from sqlalchemy import text

from campaign.core.db import new_engine, transaction
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.desk import Desk
from tests.web.signing import Signing

PAGE = f"/en/{SLUG}/"
KEPT = (PAGE, f"/fa/{SLUG}/", "/en/", f"{PAGE}signatures", f"{PAGE}statistics", "/en/privacy", f"/embed/{SLUG}?lang=fa")


@pytest.fixture
def renderings(app: Flask) -> list[str]:
    """The templates rendered for pages since the test began."""
    seen: list[str] = []

    def note(_app: Flask, template: object, **_: object) -> None:
        seen.append(str(getattr(template, "name", "")))

    template_rendered.connect(note, app, weak=False)
    return seen


def change(app: Flask, statement: str) -> None:
    """Change what is published, as anything in this process would."""
    with app.app_context(), transaction() as session:
        session.execute(text(statement))


def soon(is_so: Callable[[], bool]) -> bool:
    """Whether it comes true within some seconds, asked again and again."""
    deadline = monotonic() + 10
    while not (found := is_so()) and monotonic() < deadline:
        sleep(0.01)
    return found


@pytest.mark.parametrize("address", KEPT)
def test_a_page_asked_for_again_is_not_rendered_again(browser: Browser, renderings: list[str], address: str) -> None:
    first, second = browser.get(address), browser.get(address)
    assert first.data == second.data
    assert first.headers == second.headers
    assert len(renderings) == 1


def test_a_page_is_rendered_once_for_all_encodings_and_for_head(browser: Browser, renderings: list[str]) -> None:
    plain = browser.get(PAGE)
    quickly = browser.get(PAGE, headers={"Accept-Encoding": "gzip"})
    zipped = browser.get(PAGE, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    head = browser.head(PAGE, headers={"Accept-Encoding": "gzip"})
    refused = browser.get(PAGE, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(quickly.data) == gzip.decompress(zipped.data) == plain.data == refused.data
    # The first who takes it so does not wait for what everybody else is spared.
    assert len(zipped.data) < len(quickly.data)
    assert len({answer.headers["ETag"] for answer in (plain, quickly, zipped)}) == 3
    assert head.headers == zipped.headers
    assert head.data == b""
    assert {answer.headers["Vary"] for answer in (plain, zipped, head)} == {"Accept-Encoding"}
    assert len(renderings) == 1


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_the_page_is_told_so_and_sent_nothing(browser: Browser, known: str) -> None:
    tag = browser.get(PAGE).headers["ETag"]
    answer = browser.get(PAGE, headers={"If-None-Match": known.format(tag)})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert browser.get(PAGE, headers={"If-None-Match": 'garbage "'}).status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE campaign SET state = 'draft'",
        "UPDATE campaign_text SET title = 'Other words'",
        "DELETE FROM campaign_community",
        'UPDATE site_setting SET name = \'{"en": "Other", "fa": "Other"}\'',
        "UPDATE epoch SET retired_at = created_at",
    ],
)
def test_what_is_changed_or_taken_down_is_gone_at_once(browser: Browser, app: Flask, statement: str) -> None:
    before = browser.get(PAGE)
    change(app, statement)
    after = browser.get(PAGE)
    if "draft" in statement:
        assert after.status_code == 404
    elif "community" not in statement:
        assert after.data != before.data
    assert after.headers.get("ETag") != before.headers["ETag"] or "community" in statement


def test_another_process_that_takes_a_page_down_is_noticed(browser: Browser, sqlite_url: str) -> None:
    assert browser.get(PAGE).status_code == 200
    engine = new_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE campaign SET state = 'draft'"))
    engine.dispose()
    assert soon(lambda: browser.get(PAGE).status_code == 404)


def test_a_new_day_is_a_new_page(browser: Browser, renderings: list[str], clock: time_machine.Traveller) -> None:
    browser.get(PAGE)
    clock.shift(timedelta(days=1))
    browser.get(PAGE)
    assert len(renderings) == 2


def test_a_hidden_name_is_gone_at_once(browser: Browser, signing: Signing) -> None:
    manage = signing.sign_and_confirm(public_name="Alice Appleton")
    assert "Alice Appleton" in browser.read(f"{PAGE}signatures").text
    browser.post(f"/en/manage/{manage}", data={"action": "name", "public_name": ""})
    assert "Alice Appleton" not in browser.read(f"{PAGE}signatures").text


def test_signing_renders_no_page_again_but_confirming_does(
    browser: Browser, signing: Signing, renderings: list[str]
) -> None:
    browser.get(PAGE)
    signing.fill_in()
    browser.get(PAGE)
    assert renderings.count("public/campaign.html") == 1
    signing.confirm()
    assert browser.read(PAGE).count == 1
    assert renderings.count("public/campaign.html") == 2


def test_in_a_rush_the_number_moves_often_but_not_with_every_signature(
    browser: Browser, signing: Signing, renderings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = 0.0
    monkeypatch.setattr("campaign.web.page_cache.monotonic", lambda: elapsed)
    browser.get(PAGE)
    for number in range(12):
        signing.sign_and_confirm(f"signer{number}@example.org")
        browser.get(PAGE)
    assert renderings.count("public/campaign.html") == 1 + 5
    assert browser.read(PAGE).count == 5
    elapsed = 0.5
    assert browser.read(PAGE).count == 12


@pytest.mark.parametrize("path", ["/organize/", "/en/manage/" + "A" * 64, "/en/confirm/" + "A" * 64, "/healthz"])
def test_no_private_answer_is_kept(desk: Desk, path: str) -> None:
    desk.log_in()
    first = desk.browser.get(path)
    assert first.headers["Cache-Control"] == "no-store"
    assert "ETag" not in first.headers


@pytest.mark.parametrize("address", [address for address in KEPT if "?" not in address])
def test_a_page_is_the_same_for_somebody_who_is_logged_in(browser: Browser, desk: Desk, address: str) -> None:
    """Otherwise the first reader's page would be everybody's. Another query is another page to the cache only."""
    plain = browser.get(f"{address}?x=1").data
    desk.log_in()
    loud = {"Accept-Language": "fa", "User-Agent": "x", "Authorization": "Basic eA==", "DNT": "1"}
    assert desk.browser.get(f"{address}?x=2", headers=loud).data == plain


def test_strangers_queries_do_not_crowd_out_the_pages(browser: Browser, renderings: list[str]) -> None:
    browser.get(PAGE)
    for number in range(80):
        browser.get(f"/en/privacy?x={number}")
    browser.get(PAGE)
    assert renderings.count("public/campaign.html") == 1


def test_an_answer_given_again_word_for_word_holds_no_longer_than_the_page(
    browser: Browser, app: Flask, renderings: list[str]
) -> None:
    """The third reader is answered before anything finds out who asks; a page taken down is gone there too."""
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        # Before these somebody else was the first.
        _, first, *others = [browser.get(PAGE, headers=headers) for _ in range(5)]
        assert {(answer.data, tuple(answer.headers)) for answer in others} == {(first.data, tuple(first.headers))}
    assert len(renderings) == 1
    change(app, "UPDATE campaign SET state = 'draft'")
    assert browser.get(PAGE).status_code == 404
    change(app, "UPDATE campaign SET state = 'open'")
    assert browser.get(PAGE).status_code == 200


def test_strangers_words_do_not_crowd_out_the_pages(
    browser: Browser, renderings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.web.ready_pages._MOST", 4)
    browser.get(PAGE)
    for number in range(10):
        browser.get(PAGE, headers={"X-Forwarded-Host": f"{number}.example"})
    browser.get(PAGE)
    assert renderings.count("public/campaign.html") == 1


def test_a_forged_host_gets_no_kept_page(browser: Browser) -> None:
    browser.get(PAGE)
    answer = browser.get(PAGE, base_url="http://evil.example")
    assert answer.status_code == 400
