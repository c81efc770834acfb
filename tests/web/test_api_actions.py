"""Programs read news and letters: what the pages show, and no longer than they show it."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.campaigns.models import Campaign
from campaign.core.db import transaction
from campaign.editing.hiding_parts import show_part
from campaign.letters.models import LetterCount
from campaign.updates.queries import AT_ONCE
from tests.factories import LETTER, SLUG, Site, make_letter, make_update
from tests.pages import Browser
from tests.web.conftest import NOW

ONE = f"/api/v1/campaigns/{SLUG}"
DAY = date(2026, 11, 20)


def read(browser: Browser, what: str, query: str = "") -> Any:
    response = browser.get(f"{ONE}/{what}{query}")
    assert response.status_code == 200
    return response.get_json()


def listed(browser: Browser, what: str, query: str = "") -> list[Any]:
    found: list[Any] = read(browser, what, query)["_embedded"][what]
    return found


@pytest.fixture(autouse=True)
def posted(app: Flask, site: Site) -> None:
    with app.app_context(), transaction() as session:
        make_update(session, site.campaign.id, DAY)
        make_letter(session, site.campaign.id)


def test_the_campaign_leads_to_both(browser: Browser) -> None:
    links = browser.get(ONE).get_json()["_links"]
    for what in ("updates", "letters"):
        assert links[what]["href"] == f"http://localhost{ONE}/{what}"
        assert read(browser, what)["_links"]["up"]["href"] == f"http://localhost{ONE}"


def test_news_says_what_the_page_says(browser: Browser) -> None:
    (english,) = listed(browser, "updates")
    assert english["description"] == "<p>The mill is <strong>open</strong>.</p>\n"
    assert english["browser_url"] == f"http://localhost/en/{SLUG}/updates#update-{DAY}-news"
    assert english["browser_url"].partition("#")[2] in browser.read(f"/en/{SLUG}/updates").by_id
    (persian,) = listed(browser, "updates", "?lang=fa")
    assert persian["title"] == f"خبر {DAY}"


def test_hostile_markdown_is_words_for_programs_too(app: Flask, site: Site, browser: Browser) -> None:
    body = "![](https://evil.example/p.gif) <script>alert(1)</script> [a](javascript:alert(1))"
    with app.app_context(), transaction() as session:
        texts = {"en": {"title": "</script><b>x", "body": body}}
        make_update(session, site.campaign.id, DAY + timedelta(days=1), texts=texts)
    raw = browser.get(f"{ONE}/updates").text
    assert "<" not in raw
    newest = listed(browser, "updates")[0]
    assert not [tag for tag in ("<img", "<script", "<a") if tag in newest["description"]]


def test_a_long_history_is_read_page_by_page(app: Flask, site: Site, browser: Browser) -> None:
    with app.app_context(), transaction() as session:
        for days in range(1, AT_ONCE + 1):
            make_update(session, site.campaign.id, DAY - timedelta(days=days))
    first = read(browser, "updates")
    assert len(first["_embedded"]["updates"]) == AT_ONCE
    following = browser.get(first["_links"]["next"]["href"].removeprefix("http://localhost")).get_json()
    assert [one["date"] for one in following["_embedded"]["updates"]] == [str(DAY - timedelta(days=AT_ONCE))]
    assert "next" not in following["_links"]


@pytest.mark.parametrize("after", ["", "../x", "A", "a--b", "x\x00"])
def test_a_cursor_that_is_none_is_refused(browser: Browser, after: str) -> None:
    response = browser.get(f"{ONE}/updates", query_string={"after": after})
    assert (response.status_code, response.get_json()["parameter"]) == (400, "after")


def test_a_letter_is_in_the_language_of_its_office_with_a_translation_beside(browser: Browser) -> None:
    (letter,) = listed(browser, "letters")
    assert [text["language"] for text in letter["texts"]] == ["fa"]
    assert letter["translation"]["body"].startswith("To whom")
    assert listed(browser, "letters", "?lang=fa")[0]["translation"] is None
    assert letter["browser_url"] == f"http://localhost/en/{SLUG}/letters/{LETTER}"


def test_the_number_sent_is_as_coarse_as_on_the_page(app: Flask, site: Site, browser: Browser) -> None:
    assert listed(browser, "letters")[0]["letters_sent"] is None
    with app.app_context(), transaction() as session:
        session.add(LetterCount(campaign_id=site.campaign.id, key=LETTER, sent=14))
    assert listed(browser, "letters", "?lang=fa")[0]["letters_sent"] == 10


def test_what_is_hidden_is_gone(app: Flask, site: Site, browser: Browser) -> None:
    assert "/updates" in browser.get("/sitemap.xml").text
    with app.app_context(), transaction() as session:
        show_part(session, kind="update", is_shown=False, campaign_id=site.campaign.id, key=f"{DAY}-news", now=NOW)
        show_part(session, kind="letter", is_shown=False, campaign_id=site.campaign.id, key=LETTER, now=NOW)
    assert listed(browser, "updates") == listed(browser, "letters") == []
    assert "/updates" not in browser.get("/sitemap.xml").text


def test_a_closed_campaign_has_news_and_no_letters(app: Flask, browser: Browser) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Campaign).where(Campaign.slug == SLUG).values(state="closed"))
    assert (len(listed(browser, "updates")), listed(browser, "letters")) == (1, [])
