"""The sheet to print: there for whoever may sign, kept by caches, and no way to keep the site busy."""

import threading
from typing import Any

import pytest
from flask import Flask

from campaign.core.db import transaction
from campaign.web.public import sheet
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.web.signing import Signing

SHEET = f"/en/{SLUG}/sheet.pdf"


@pytest.fixture
def typeset_calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was set, and really set."""
    calls: list[dict[str, Any]] = []
    really = sheet.typeset

    def noted(name: str, data: dict[str, Any], **options: Any) -> bytes:
        calls.append({**data, **options})
        return really(name, data, **options)

    monkeypatch.setattr(sheet, "typeset", noted)
    return calls


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_sheet_comes_in_every_language_of_the_site(
    browser: Browser, typeset_calls: list[dict[str, Any]], language: str
) -> None:
    response = browser.get(f"/{language}/{SLUG}/sheet.pdf")
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    assert response.data.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in response.data
    assert "s-maxage" in response.headers["Cache-Control"]
    (said,) = typeset_calls
    assert (said["language"], said["is_rtl"]) == (language, language == "fa")
    assert said["address"] == f"http://localhost/{language}/{SLUG}/"
    assert f"/{language}/manage" in "".join(said["words"]["sentences"])
    assert 12 <= len(said["lines"]) <= 15


def test_the_campaigns_page_leads_to_its_sheet(browser: Browser) -> None:
    assert f"/fa/{SLUG}/sheet.pdf" in browser.read(f"/fa/{SLUG}/").links().values()


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_a_campaign_that_takes_no_signatures_has_no_sheet(app: Flask, browser: Browser, state: str) -> None:
    assert browser.get(SHEET).status_code == 200
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE campaign SET state = '{state}'")
    assert browser.get(SHEET).status_code == 404
    if state == "closed":
        assert SHEET not in browser.read(f"/en/{SLUG}/").links().values()


def test_a_sheet_known_is_not_sent_again_and_head_has_no_body(browser: Browser) -> None:
    first = browser.get(SHEET)
    again = browser.get(SHEET, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = browser.head(SHEET)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]


def test_asking_in_many_words_sets_the_sheet_once(
    app: Flask, browser: Browser, signing: Signing, typeset_calls: list[dict[str, Any]]
) -> None:
    """Neither a query nobody needs nor a signature more is a reason to set it again."""
    for number in range(20):
        assert browser.get(f"{SHEET}?x={number}").status_code == 200
    signing.sign_and_confirm()
    assert browser.get(f"{SHEET}?x=last").status_code == 200
    assert len(typeset_calls) == 1


def test_many_who_ask_at_once_set_it_once(app: Flask, site: Site, typeset_calls: list[dict[str, Any]]) -> None:
    statuses: list[int] = []
    together = threading.Barrier(6)

    def ask(number: int) -> None:
        client = browse(app)
        together.wait()
        statuses.append(client.get(f"{SHEET}?x={number}").status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6
    assert len(typeset_calls) == 1


def test_a_text_that_changes_is_on_the_next_sheet(
    app: Flask, browser: Browser, typeset_calls: list[dict[str, Any]]
) -> None:
    browser.get(SHEET)
    hostile = '#panic() = $x$ [ "\\ \u202e'
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("UPDATE campaign_text SET title = ?", (hostile,))
    assert browser.get(SHEET).status_code == 200
    assert [said["text"]["title"] for said in typeset_calls] == ["Bread and roses", hostile]


def test_a_long_text_makes_a_second_page_and_no_error(app: Flask, browser: Browser) -> None:
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE campaign_text SET title = ?, ask = ?, addressee = ?", ("w" * 300, "Wide words. " * 25, "W" * 300)
        )
    assert browser.get(SHEET).status_code == 200
