"""What programs read: the same as people, as data, and gone as soon as it is gone from the pages."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from campaign.core.db import transaction
from campaign.signing.queries import NAMES_A_PAGE
from tests.factories import SLUG, make_campaign
from tests.pages import Browser
from tests.web.conftest import NOW
from tests.web.hostile import MARKUP
from tests.web.programs import API, ONE, READS, change, read, why
from tests.web.seeded import CAMPAIGNS, CASES, PETITION, add_names, seeded_site
from tests.web.signing import Signing


def test_all_open_campaigns_are_listed_in_their_order(program: FlaskClient) -> None:
    body = read(program, f"{API}/campaigns")
    assert [one["slug"] for one in body["_embedded"]["osdi:petitions"]] == list(CAMPAIGNS)
    assert (body["total_records"], body["languages"]) == (3, ["en", "fa"])
    assert body["_links"]["service-desc"]["href"] == f"http://localhost{API}/openapi.json"


@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_a_campaign_is_the_same_alone_as_in_the_list(program: FlaskClient, slug: str) -> None:
    listed = read(program, f"{API}/campaigns?lang=fa")["_embedded"]["osdi:petitions"]
    assert read(program, f"{API}/campaigns/{slug}?lang=fa") in listed


def test_a_petition_has_osdis_names_and_no_case(program: FlaskClient) -> None:
    body = read(program, f"{API}/campaigns/{PETITION}")
    assert body["identifiers"] == [f"localhost:{PETITION}"]
    assert body["browser_url"] == f"http://localhost/en/{PETITION}/"
    assert (body["kind"], body["state"], body["language"]) == ("petition", "open", "en")
    assert (body["total_signatures"], body["case"]) == (0, None)
    assert body["title"]
    assert body["description"].startswith("<p>")
    assert body["target"][0]["name"]
    assert body["_links"]["osdi:signatures"]["href"] == f"http://localhost{API}/campaigns/{PETITION}/signatures"


@pytest.mark.parametrize("slug", CASES)
def test_a_status_is_never_without_its_date_and_sources(program: FlaskClient, slug: str) -> None:
    case = read(program, f"{API}/campaigns/{slug}")["case"]
    assert case["status"]["as_of"]
    assert case["status"]["sources"]
    assert case["last_checked"] <= "2026-11-22"
    assert case["names"][0]["language"] == "en"
    persian = read(program, f"{API}/campaigns/{slug}?lang=fa")["case"]
    assert persian["names"][0]["language"] == "fa"
    assert persian["status"]["as_of"] == case["status"]["as_of"]


def test_a_case_says_that_nobody_has_looked_in_time(instance: Any) -> None:
    with seeded_site(instance, now=NOW) as app:
        change(app, "UPDATE \"case\" SET checked_on = '2026-11-20', recheck_days = 3")
        assert read(app.test_client(), f"{API}/campaigns/{CASES[0]}")["case"]["is_stale"] is False
        with time_machine.travel(NOW + timedelta(days=2)):
            case = read(app.test_client(), f"{API}/campaigns/{CASES[0]}")["case"]
    assert (case["is_stale"], case["last_checked"]) == (True, "2026-11-20")


@pytest.mark.parametrize("slug", CAMPAIGNS)
@pytest.mark.parametrize("lang", ["en", "fa"])
def test_every_event_has_a_date_and_a_source(program: FlaskClient, slug: str, lang: str) -> None:
    body = read(program, f"{API}/campaigns/{slug}/events?lang={lang}")
    events = body["_embedded"]["events"]
    assert len(events) == body["total_records"] > 10
    assert [event["date"][:4] for event in events] == sorted(event["date"][:4] for event in events)
    for event in events:
        assert len(event["date"]) == {"year": 4, "month": 7, "day": 10}[event["precision"]]
        assert event["sources"]
        assert event["summary"]


def test_accounts_that_differ_stand_side_by_side(program: FlaskClient) -> None:
    found = [read(program, f"{API}/campaigns/{slug}/events")["_embedded"]["events"] for slug in CAMPAIGNS]
    disputed = [event for events in found for event in events if event["accounts"]]
    assert [event for event in disputed if len(event["accounts"]) > 1]
    for event in disputed:
        assert all(account["claim"] and account["by"] for account in event["accounts"])


def test_an_answer_is_in_the_language_asked_for(program: FlaskClient) -> None:
    english, persian = (read(program, f"{API}/campaigns/{PETITION}?lang={lang}") for lang in ("en", "fa"))
    assert english == read(program, f"{API}/campaigns/{PETITION}")
    assert english["title"] != persian["title"]
    assert persian["language"] == "fa"
    assert persian["browser_url"] == f"http://localhost/fa/{PETITION}/"
    assert {link["href"].partition("?")[2] for name, link in persian["_links"].items() if name != "curies"} == {
        "lang=fa"
    }


@pytest.mark.parametrize("lang", ["de", "", "EN", "en-GB", "%00", MARKUP])
@pytest.mark.parametrize("path", READS)
def test_a_language_the_site_does_not_have_is_refused_with_those_it_has(browser: Browser, path: str, lang: str) -> None:
    response = browser.get(path, query_string={"lang": lang})
    body = why(response, 400)
    assert (body["parameter"], body["allowed"]) == ("lang", ["en", "fa"])
    assert "hostile()" not in response.text


def test_a_text_that_is_not_translated_says_which_language_it_is_in(app: Flask, browser: Browser) -> None:
    change(app, "DELETE FROM campaign_text WHERE language = 'fa'")
    assert read(browser, f"{ONE}?lang=fa")["language"] == "en"


def test_names_come_page_by_page_each_once_and_with_nothing_else(app: Flask, browser: Browser) -> None:
    names = [f"Signatory {number}" for number in range(2 * NAMES_A_PAGE + 7)]
    add_names(app, SLUG, names, now=NOW)
    pages, address = [], f"{ONE}/signatures?lang=fa"
    while address:
        pages.append(read(browser, address))
        assert pages[-1]["_links"]["self"]["href"].endswith(address.removeprefix("http://localhost"))
        address = pages[-1]["_links"].get("next", {}).get("href")
    signatures = [one for page in pages for one in page["_embedded"]["osdi:signatures"]]
    assert [len(page["_embedded"]["osdi:signatures"]) for page in pages] == [NAMES_A_PAGE, NAMES_A_PAGE, 7]
    assert sorted(one["public_name"] for one in signatures) == sorted(names)
    assert {key for one in signatures for key in one} == {"public_name"}
    assert {page["total_signatures"] for page in pages} == {len(names)}


def test_only_names_their_owners_made_public_are_told(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm("bob@example.org", public_name="Bob B.")
    signing.sign_and_confirm("charlie@example.org")
    signing.fill_in(public_name="Not confirmed")
    body = read(browser, f"{ONE}/signatures")
    assert body["_embedded"]["osdi:signatures"] == [{"public_name": "Bob B."}]
    assert body["total_signatures"] == read(browser, ONE)["total_signatures"] == 2


@pytest.mark.parametrize("cursor", ["x", "", "%00", "'; DROP TABLE signature", "F" * 32, "0" * 31, "۱" * 32, MARKUP])
def test_a_made_up_cursor_is_refused_and_not_repeated(browser: Browser, cursor: str) -> None:
    response = browser.get(f"{ONE}/signatures", query_string={"after": cursor})
    assert why(response, 400)["parameter"] == "after"
    assert len(cursor) < 4 or cursor not in response.text


def test_a_name_cannot_end_the_script_that_an_answer_is_pasted_into(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm(public_name="</script>")
    response = browser.get(f"{ONE}/signatures")
    assert "<" not in response.text
    assert "</script>" in json.dumps(response.get_json())


def test_a_hidden_name_is_gone_at_once(browser: Browser, signing: Signing) -> None:
    manage = signing.sign_and_confirm(public_name="Alice Appleton")
    assert "Alice Appleton" in browser.get(f"{ONE}/signatures").text
    browser.post(f"/en/manage/{manage}", data={"action": "name", "public_name": ""})
    assert "Alice Appleton" not in browser.get(f"{ONE}/signatures").text


def test_what_is_taken_down_is_gone_at_once_and_everywhere(app: Flask, browser: Browser) -> None:
    assert [browser.get(path).status_code for path in READS] == [200] * len(READS)
    change(app, "UPDATE campaign SET state = 'draft'")
    for path in READS[1:4]:
        why(browser.get(path), 404)
    assert SLUG not in browser.get(READS[0]).text


def test_a_draft_looks_like_nothing_at_all(app: Flask, browser: Browser) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, NOW, slug="not-yet", state="draft")
    for part in ("", "/signatures", "/events"):
        draft, nothing = (browser.get(f"{API}/campaigns/{slug}{part}") for slug in ("not-yet", "no-such"))
        assert why(draft, 404) == why(nothing, 404)
    assert "not-yet" not in browser.get(READS[0]).text


def test_a_closed_campaign_is_read_but_not_listed(app: Flask, browser: Browser) -> None:
    change(app, "UPDATE campaign SET state = 'closed'")
    assert read(browser, ONE)["state"] == "closed"
    assert read(browser, READS[0])["total_records"] == 0
