"""The record of a case, written at the desk: every rule held, published by two, written over by nobody."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.desk import CAMPAIGN, Desk
from tests.web.desk_cases import CASE, STRIKE, form_values, make_ada, publish, row, send


@pytest.fixture(autouse=True)
def ada(app: Flask, site: Site, now: datetime) -> None:
    make_ada(app, now)


def test_the_record_is_changed_by_two_and_demands_go_with_the_status(
    app: Flask, edda: Desk, olga: Desk, browser: Browser
) -> None:
    assert "Drop the case." in browser.read(f"/en/{SLUG}/").text
    saved = send(edda, CASE, status="released", status_as_of="2026-11-20", reason="She came home")
    assert saved.status_code == 303, edda.browser.last.mistakes()
    assert publish(olga, saved.location).status_code == 303
    page = browser.read(f"/en/{SLUG}/")
    assert "Released" in page.text
    assert "Drop the case." not in page.text
    assert row(app).checked_on.isoformat() == "2026-11-20", "whoever writes a status has looked for news"
    desk = edda.browser.read("/organize/").text
    assert "no demand fits its status" in desk
    assert "its text was written for another status" in desk


def test_a_new_demand_needs_no_key(app: Flask, edda: Desk, olga: Desk, browser: Browser) -> None:
    new = {
        "demands-1-text-en": "Give her loom back.",
        "demands-1-valid_while": ["bail", "released"],
        "demands-1-sources-0-publisher": "The Loom",
        "demands-1-sources-0-title": "A loom",
        "demands-1-sources-0-url": "https://loom.example/3",
        "demands-1-sources-0-grade": "movement",
    }
    saved = send(edda, CASE, **new, reason="Asked by the union")
    assert saved.status_code == 303, edda.browser.last.mistakes()
    publish(olga, saved.location)
    assert [one["key"] for one in row(app).demands] == ["drop", "demands-1"]
    assert "Give her loom back." in browser.read(f"/en/{SLUG}/").text


@pytest.mark.parametrize(
    ("changes", "about", "said"),
    [
        ({"status_as_of": ""}, "status_as_of", "Write a date"),
        ({"status_as_of": "2026-12"}, "status_as_of", "This day has not come yet."),
        ({"status": "free"}, "status", "Choose one from the list."),
        ({"demands-0-valid_while": None}, "", "At least one is needed."),
        ({"born": "2026-03"}, "status_as_of", "before the birth"),
        ({"recheck_days": "0"}, "recheck_days", "Write a number of days"),
        ({"recheck_days": "soon"}, "recheck_days", "Write a number of days"),
        ({"names-0-shown": "x\u202ey"}, "names-0-shown", "invisible characters"),
    ],
)
def test_a_record_that_cannot_be_so_is_refused_with_one_clear_line(
    edda: Desk, changes: dict[str, Any], about: str, said: str
) -> None:
    assert send(edda, CASE, **{**changes, "reason": "News"}).status_code == 400
    mistakes = edda.browser.last.mistakes()
    assert said in mistakes.get(about, "") or (not about and said in " ".join(mistakes.values())), mistakes


def test_a_home_is_no_place(edda: Desk) -> None:
    home = {
        "particulars-0-about": "place",
        "particulars-0-text-en": "1 Weaver Street.",
        "particulars-0-valid_while": ["bail"],
        "particulars-0-sources-0-publisher": "The Loom",
        "particulars-0-sources-0-title": "Home",
        "particulars-0-sources-0-url": "https://loom.example/4",
        "particulars-0-sources-0-grade": "movement",
    }
    assert send(edda, CASE, **home, reason="News").status_code == 400
    assert "never a home" in edda.browser.last.text


def test_a_status_without_a_source_is_refused(edda: Desk) -> None:
    gone = {f"status_sources-0-{name}": "" for name in ("publisher", "title", "url", "date", "archived")}
    assert send(edda, CASE, **gone, reason="News").status_code == 400
    assert "At least one is needed." in edda.browser.last.text


def test_a_look_at_the_news_leaves_a_draft_of_the_record_good(edda: Desk, olga: Desk, browser: Browser) -> None:
    saved = send(edda, CASE, **{"status_line-en": "Out on bail since February.", "reason": "Clearer"})
    edda.browser.read("/organize/cases")
    assert edda.press(f"{CAMPAIGN}checked").status_code == 303
    assert publish(olga, saved.location).status_code == 303
    text = browser.read(f"/en/{SLUG}/").text
    assert "Out on bail since February." in text
    assert "22 November 2026" in text


def test_who_writes_at_the_same_time_overwrites_nobody(edda: Desk, olga: Desk) -> None:
    mine = form_values(olga.browser, STRIKE)
    assert send(edda, STRIKE, "save", **{"summary-en": "Edda's.", "reason": "One"}).status_code == 303
    answer = olga.browser.post(STRIKE, data={**mine, "summary-en": "Olga's.", "reason": "Two", "do": "save"})
    assert answer.status_code == 409
    assert olga.browser.last.value("summary-en") == "Olga's."
