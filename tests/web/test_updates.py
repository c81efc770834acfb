"""News stands on the campaign's page, on pages of its own and in feeds; nothing hostile comes through any of them."""

import json
from datetime import date, timedelta
from xml.etree import ElementTree as Xml

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.campaigns.models import Campaign, CampaignEvent
from campaign.core.db import transaction
from campaign.editing.hiding_parts import show_part
from campaign.updates.models import CampaignUpdate
from campaign.updates.queries import AT_ONCE
from tests.factories import SLUG, SOURCE, Site, make_update
from tests.pages import Browser
from tests.web.conftest import NOW

CAMPAIGN = f"/en/{SLUG}/"
UPDATES = f"{CAMPAIGN}updates"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
DAY = date(2026, 11, 20)
HOSTILE = (
    "<script>alert(1)</script>\n\n![spy](//evil.example/pixel.png) ![x](https://evil.example/p.gif)\n\n"
    "[here](javascript:alert(1)) [there](//evil.example/a) [data](data:text/html,x)\n\n"
    "<img src=x onerror=alert(1)> <iframe src=https://evil.example></iframe> ]]> &lt;script&gt;"
)


def post(app: Flask, site: Site, *days: date, **changes: object) -> None:
    with app.app_context(), transaction() as session:
        for day in days:
            make_update(session, site.campaign.id, day, **changes)


def change(app: Flask, **values: object) -> None:
    with app.app_context(), transaction() as session:
        row = session.scalars(select(CampaignUpdate)).one()
        for name, value in values.items():
            setattr(row, name, value)


def atom(browser: Browser, language: str = "en") -> Xml.Element:
    response = browser.get(f"/{language}/{SLUG}/feed.atom")
    assert (response.status_code, response.mimetype) == (200, "application/atom+xml")
    return Xml.fromstring(response.data)


def feed(browser: Browser, language: str = "en") -> dict[str, list[dict[str, str]]]:
    response = browser.get(f"/{language}/{SLUG}/feed.json")
    assert (response.status_code, response.mimetype) == (200, "application/feed+json")
    found: dict[str, list[dict[str, str]]] = json.loads(response.data)
    return found


def test_a_campaign_without_news_says_where_it_will_be(browser: Browser) -> None:
    assert "All news" not in browser.read(CAMPAIGN).text
    assert "No news yet" in browser.read(UPDATES).text
    assert feed(browser)["items"] == []
    assert atom(browser).findall("a:entry", ATOM) == []


def test_the_newest_stand_on_the_campaigns_page_and_lead_to_their_places(
    app: Flask, site: Site, browser: Browser
) -> None:
    post(app, site, *(DAY - timedelta(days=number) for number in range(5)))
    links = browser.read(CAMPAIGN).links()
    shown = [address for words, address in links.items() if "News of" in words]
    assert shown == [f"{UPDATES}#update-{DAY - timedelta(days=number)}-news" for number in range(3)]
    page = browser.read(UPDATES)
    assert [element.get("id") for element in page.classed("update")] == [
        f"update-{DAY - timedelta(days=number)}-news" for number in range(5)
    ]


def test_a_long_history_is_read_page_by_page(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, *(DAY - timedelta(days=number) for number in range(AT_ONCE + 2)))
    first = browser.read(UPDATES)
    second = browser.read(first.links()["Older news"])
    assert [len(page.classed("update")) for page in (first, second)] == [AT_ONCE, 2]
    assert "Older news" not in second.links()
    assert second.links()["Back to the newest"] == UPDATES
    for nonsense in ("0", "%00", "x" * 500, "../../etc"):
        assert browser.get(f"{UPDATES}?older={nonsense}").status_code == 200


def test_news_in_another_language_says_which(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY, texts={"en": {"title": "Only English", "body": "Text."}})
    (article,) = browser.read(f"/fa/{SLUG}/updates").classed("update")
    assert (article.get("lang"), article.get("dir")) == ("en", "ltr")
    (item,) = feed(browser, "fa")["items"]
    assert item["language"] == "en"


def test_hostile_markdown_comes_out_as_words(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY, texts={"en": {"title": "<script>alert(2)</script>", "body": HOSTILE}})
    for path in (CAMPAIGN, UPDATES):
        page = browser.read(path)
        assert page.tagged("img", "iframe") == []
        assert [script.get("src") for script in page.tagged("script")] == []
        addresses = [link.get("href", "") for link in page.tagged("a")]
        assert not [address for address in addresses if "evil" in address or "javascript" in address]
    (entry,) = atom(browser).findall("a:entry", ATOM)
    for html in (entry.findtext("a:content", namespaces=ATOM) or "", feed(browser)["items"][0]["content_html"]):
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html
        assert 'href="//' not in html


def test_what_xml_cannot_hold_does_not_break_the_feed(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY, texts={"en": {"title": "A\x0bB\ufffe]]>", "body": "C\x01D"}})
    (entry,) = atom(browser).findall("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "A\ufffdB\ufffd]]>"


def test_an_entry_keeps_its_id_and_says_when_it_changed(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY)
    before, before_json = atom(browser).find("a:entry", ATOM), feed(browser)["items"][0]
    change(app, texts={"en": {"title": "Put right", "body": "It was."}}, changed_at=NOW)
    after, after_json = atom(browser).find("a:entry", ATOM), feed(browser)["items"][0]
    assert before is not None
    assert after is not None
    for name in ("id", "published"):
        assert before.findtext(f"a:{name}", namespaces=ATOM) == after.findtext(f"a:{name}", namespaces=ATOM)
    assert after.findtext("a:updated", namespaces=ATOM) == NOW.isoformat()
    assert before_json["id"] == after_json["id"] == after.findtext("a:id", namespaces=ATOM)
    assert after_json["title"] == "Put right"


def test_each_language_has_ids_of_its_own(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY)
    ids = {feed(browser, language)["items"][0]["id"] for language in ("en", "fa")}
    assert len(ids) == 2
    assert atom(browser).findtext("a:id", namespaces=ATOM) != atom(browser, "fa").findtext("a:id", namespaces=ATOM)


def test_a_feed_has_what_readers_need(app: Flask, site: Site, browser: Browser) -> None:
    post(app, site, DAY, sources=[SOURCE])
    root = atom(browser)
    for name in ("id", "title", "updated", "author/a:name"):
        assert root.findtext(f"a:{name}", namespaces=ATOM)
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", ATOM)}
    assert links == {"self": f"http://localhost{CAMPAIGN}feed.atom", "alternate": f"http://localhost{CAMPAIGN}"}
    entry = root.find("a:entry", ATOM)
    assert entry is not None
    assert SOURCE["url"] in (entry.findtext("a:content", namespaces=ATOM) or "")
    alternates = {link.get("type"): link.get("href") for link in browser.read(UPDATES).tagged("link")}
    assert alternates["application/atom+xml"] == f"{CAMPAIGN}feed.atom"
    assert alternates["application/feed+json"] == f"{CAMPAIGN}feed.json"


def test_an_event_with_differing_accounts_stands_in_the_feed_with_all_of_them(
    app: Flask, site: Site, browser: Browser
) -> None:
    with app.app_context(), transaction() as session:
        session.add(
            CampaignEvent(
                campaign_id=site.campaign.id,
                key="2019-03-11-sentence",
                first_day=date(2019, 3, 11),
                precision="day",
                is_uncertain=False,
                kind="sentence",
                summary={"en": "Sentenced."},
                disagreement={"en": "The figures differ."},
                accounts=[
                    {"claim": {"en": "33 years"}, "by": {"en": "her family"}, "sources": [SOURCE]},
                    {"claim": {"en": "7 years"}, "by": {"en": "the judge"}, "sources": []},
                ],
                sources=[SOURCE],
            )
        )
    (item,) = feed(browser)["items"]
    assert item["url"] == f"http://localhost{CAMPAIGN}#event-2019-03-11-sentence"
    for said in ("33 years", "her family", "7 years", "the judge", "The figures differ."):
        assert said in item["content_html"]


@pytest.mark.parametrize("way", ["hidden", "draft"])
def test_what_is_hidden_is_gone_everywhere_at_once(app: Flask, site: Site, browser: Browser, way: str) -> None:
    post(app, site, DAY)
    for path in (CAMPAIGN, UPDATES, f"{CAMPAIGN}feed.atom", f"{CAMPAIGN}feed.json"):
        assert b"News of" in browser.get(path).data
    with app.app_context(), transaction() as session:
        if way == "hidden":
            show_part(session, kind="update", is_shown=False, campaign_id=site.campaign.id, key=f"{DAY}-news", now=NOW)
        else:
            session.get_one(Campaign, site.campaign.id).state = "draft"
    for path in (CAMPAIGN, UPDATES, f"{CAMPAIGN}feed.atom", f"{CAMPAIGN}feed.json"):
        response = browser.get(path)
        assert response.status_code == (404 if way == "draft" else 200), path
        assert b"News of" not in response.data, path
