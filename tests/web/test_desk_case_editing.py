"""The record of a case and its timeline, written at the desk: no script needed, every rule held, published by two."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign.campaigns.models import CampaignEvent
from campaign.cases.models import Case
from campaign.core.db import db, transaction
from campaign.editing.models import Revision
from campaign.web.organize.content_forms import MOST_ROWS
from campaign.web.organize.shape_editing import MOST_FIELDS
from tests.case_files import make_case
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.web.desk import CAMPAIGN, Desk, audited

CASE, EVENTS, NEW = f"{CAMPAIGN}case", f"{CAMPAIGN}events", f"{CAMPAIGN}events/new"
STRIKE = f"{EVENTS}/2026-02-strike"
GOOD = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
TYPED = {
    "date": "2026-03-04",
    "kind": "arrest",
    "summary-en": "She was taken from the mill.",
    "summary-fa": "او را از کارخانه بردند.",
    "sources-0-publisher": "The Loom",
    "sources-0-title": "Taken",
    "sources-0-url": "https://loom.example/2",
    "sources-0-date": "2026-03",
    "sources-0-grade": "movement",
    "reason": "Reported by the union",
}


@pytest.fixture
def ada(app: Flask, site: Site, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        make_case(session, SLUG, checked_on=now.date() - timedelta(days=3), born="1990")


@pytest.fixture
def edda(app: Flask, ada: None) -> Desk:
    return as_(app, "edda")


@pytest.fixture
def olga(app: Flask, ada: None) -> Desk:
    return as_(app, "olga")


def as_(app: Flask, login: str) -> Desk:
    desk = Desk(browse(app))
    assert desk.log_in(login).status_code == 303
    return desk


def form_values(browser: Browser, path: str) -> dict[str, Any]:
    """The form as it came, every ticked box with its value."""
    page = browser.read(path)
    boxes: dict[str, list[str]] = {}
    for element in page.tagged("input"):
        if element.get("type") == "checkbox" and "checked" in element.attrib:
            boxes.setdefault(element.get("name", ""), []).append(element.get("value", ""))
    return {**{name: value or "" for name, value in page.form("reason").values.items()}, **boxes}


def send(desk: Desk, path: str, do: str = "review", **changes: Any) -> TestResponse:
    """Fill in the form as it came, and press a button."""
    values = {**form_values(desk.browser, path), **changes}
    return desk.browser.post(
        path, data={name: value for name, value in values.items() if value is not None} | {"do": do}
    )


def publish(desk: Desk, address: str) -> TestResponse:
    desk.browser.read(address)
    return desk.press(f"{address}/publish", **GOOD)


def row(app: Flask) -> Case:
    with app.app_context():
        return db.session.scalars(select(Case)).one()


def test_an_event_comes_on_the_page_once_a_second_person_has_published_it(
    app: Flask, edda: Desk, olga: Desk, browser: Browser
) -> None:
    saved = send(edda, NEW, **TYPED)
    assert saved.status_code == 303, edda.browser.last.text
    assert "taken from the mill" not in browser.read(f"/en/{SLUG}/").text
    assert "2026-03-04-arrest" in edda.browser.read(EVENTS).text
    edda.browser.read(saved.location)
    assert f"{saved.location}/publish" not in [form.action for form in edda.browser.last.forms()]
    assert publish(olga, saved.location).status_code == 303
    assert "She was taken from the mill." in browser.read(f"/en/{SLUG}/").text
    assert "۱۳ اسفند ۱۴۰۴" in browser.read(f"/fa/{SLUG}/").text
    assert {"saved_draft", "published_revision"} <= {action for action, _ in audited(app)}


@pytest.mark.parametrize(
    ("field", "typed", "about", "said"),
    [
        ("date", "2027-01-01", "date", "This day has not come yet."),
        ("date", "1989-12-31", "date", "This lies before the birth of the person."),
        ("date", "", "date", "Write a date as 2026, 2026-02 or 2026-02-13."),
        ("date", "13 February", "date", "Write a date as 2026, 2026-02 or 2026-02-13."),
        ("date", "2026-02-30", "date", "Write a date as 2026, 2026-02 or 2026-02-13."),
        ("sources-0-url", "javascript:alert(1)", "sources-0-url", "Give a whole address that begins with https://"),
        ("sources-0-url", "ftp://loom.example/", "sources-0-url", "Give a whole address that begins with https://"),
        ("sources-0-url", "", "sources-0-url", "Give a whole address that begins with https://"),
        ("sources-0-archived", "//archive.example", "sources-0-archived", "Give a whole address"),
        ("sources-0-archived", "https://loom.example/2", "sources-0-archived", "no copy in an archive"),
        ("sources-0-date", "2027", "sources-0-date", "This day has not come yet."),
        ("sources-0-publisher", "x" * 301, "sources-0-publisher", "too long"),
        ("sources-0-grade", "excellent", "sources-0-grade", "Choose one from the list."),
        ("kind", "gossip", "kind", "Choose one from the list."),
        ("summary-en", "", "summary-en", "Write this in the first language of the site at least."),
        ("summary-en", "a\u202eb", "summary-en", "invisible characters"),
        ("reason", "", "reason", "Say in a few plain words why"),
    ],
)
def test_what_cannot_be_so_is_said_at_its_field_and_what_was_typed_is_kept(
    app: Flask, edda: Desk, field: str, typed: str, about: str, said: str
) -> None:
    answer = send(edda, NEW, **{**TYPED, field: typed})
    page = edda.browser.last
    assert answer.status_code == 400
    assert said in page.mistakes()[about]
    assert page.value("sources-0-title") == "Taken"
    assert page.value(field) == typed or field in ("sources-0-grade", "kind")
    with app.app_context():
        assert db.session.scalars(select(Revision).where(Revision.author_id.is_not(None))).all() == []


def test_an_event_without_a_source_cannot_be_saved(app: Flask, edda: Desk) -> None:
    without = {name: "" for name in TYPED if name.startswith("sources-0") and not name.endswith("grade")}
    assert send(edda, NEW, **{**TYPED, **without}).status_code == 400
    assert "At least one is needed." in edda.browser.last.text


def test_rows_are_added_and_taken_out_without_a_script(edda: Desk) -> None:
    assert send(edda, NEW, "add:sources", **TYPED).status_code == 200
    page = edda.browser.last
    assert (page.value("sources-0-title"), page.value("sources-1-title")) == ("Taken", "")
    assert page.value("reason") == "Reported by the union"
    values = {**page.form("reason").values, "sources-1-title": "Second", "do": "remove:sources:0"}
    assert edda.browser.post(NEW, data=values).status_code == 200
    assert edda.browser.last.value("sources-0-title") == "Second"
    values = {**edda.browser.last.form("reason").values, "do": "add:accounts"}
    edda.browser.post(NEW, data=values)
    values = {**edda.browser.last.form("reason").values, "do": "add:accounts:0:sources"}
    edda.browser.post(NEW, data=values)
    assert edda.browser.last.value("accounts-0-sources-0-url") == ""


@pytest.mark.parametrize(
    "do",
    [
        "add:",
        "add:nothing",
        "remove:sources:99",
        "remove:sources",
        "add:sources:0",
        "add:sources:x:y",
        "remove::",
        "add:accounts:7:sources",
        "remove:sources:-1",
        "remove:sources:" + "9" * 500,
    ],
)
def test_a_button_nobody_drew_changes_nothing(edda: Desk, do: str) -> None:
    assert send(edda, NEW, do, **TYPED).status_code == 200
    assert edda.browser.last.value("sources-0-title") == "Taken"


def test_rows_do_not_grow_without_end(edda: Desk) -> None:
    many = {f"sources-{number}-title": "x" for number in range(500)}
    assert send(edda, NEW, "add:sources", **{**TYPED, **many}).status_code == 200
    titles = [each for each in edda.browser.last.tagged("input") if (each.get("name") or "").endswith("-title")]
    assert len(titles) == MOST_ROWS


def test_rows_in_rows_in_great_number_are_answered(edda: Desk) -> None:
    values = form_values(edda.browser, CASE)
    many = {f"demands-{one}-sources-{two}-title": "x" for one in range(50) for two in range(90)}
    answer = edda.browser.post(CASE, data={**values, **many, "do": "save", "reason": "x"})
    assert answer.status_code == 400
    more = {f"x-{number}": "" for number in range(MOST_FIELDS)}
    assert edda.browser.post(CASE, data={**values, **more, "do": "save"}).status_code == 413
    dashes = {"-" * 200_000: "", **values, "do": "save", "reason": ""}
    assert edda.browser.post(CASE, data=dashes).status_code == 400


@pytest.mark.parametrize("name", ["names-0-shown", "status_line-en", "status_sources-0-publisher", "reason"])
@pytest.mark.parametrize("typed", ["\0", "a\x1bb", "\ufffe"])
def test_what_no_page_can_show_is_refused(edda: Desk, name: str, typed: str) -> None:
    assert send(edda, CASE, **{"reason": "News", name: f"x{typed}y"}).status_code == 400


def test_markup_is_shown_as_it_was_typed(edda: Desk, olga: Desk, browser: Browser) -> None:
    typed = "<script>hostile()</script><img src=x onerror=hostile()>"
    saved = send(edda, STRIKE, **{"summary-en": typed, "sources-0-title": typed, "reason": typed})
    assert saved.status_code == 303
    assert publish(olga, saved.location).status_code == 303
    assert browser.read(f"/en/{SLUG}/").text.count("hostile()") >= 2
    assert browser.last.tagged("img") == []


def test_disputed_figures_stand_with_who_says_so(edda: Desk, olga: Desk, browser: Browser) -> None:
    accounts = {
        "accounts-0-claim-en": "Seven years",
        "accounts-0-by-en": "The judge",
        "accounts-1-claim-en": "Nine years",
        "accounts-1-by-en": "Her family",
        "accounts-1-sources-0-publisher": "The Loom",
        "accounts-1-sources-0-title": "Nine",
        "accounts-1-sources-0-url": "https://loom.example/9",
        "accounts-1-sources-0-grade": "primary",
        "disagreement-en": "No figure is settled.",
    }
    saved = send(edda, STRIKE, **accounts, reason="Figures differ")
    assert saved.status_code == 303, edda.browser.last.mistakes()
    publish(olga, saved.location)
    text = browser.read(f"/en/{SLUG}/").text
    for words in ("Seven years", "The judge", "Nine years", "Her family", "No figure is settled."):
        assert words in text


def test_an_event_is_taken_down_by_two(edda: Desk, olga: Desk, browser: Browser) -> None:
    history = f"{CAMPAIGN}content/event:2026-02-strike"
    edda.browser.read(history)
    asked = edda.press(f"{history}/take-down", note="It was another mill")
    assert asked.status_code == 303
    assert "stopped their looms" in browser.read(f"/en/{SLUG}/").text
    assert publish(olga, asked.location).status_code == 303
    assert "stopped their looms" not in browser.read(f"/en/{SLUG}/").text


def test_a_preview_shows_the_event_with_the_readers_dates_and_saves_nothing(app: Flask, edda: Desk) -> None:
    edda.browser.read(NEW)
    edda.press("/organize/language", lang="fa")
    assert send(edda, NEW, "preview", **{**TYPED, "date": "۲۰۲۶-۰۳-۰۴"}).status_code == 200
    assert "۱۳ اسفند ۱۴۰۴ (۴ مارس ۲۰۲۶)" in edda.browser.last.text
    assert "او را از کارخانه بردند." in edda.browser.last.text
    with app.app_context():
        assert db.session.scalars(select(CampaignEvent.key)).all() == ["2026-02-strike"]
        assert db.session.scalars(select(Revision)).all() == []


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


def test_a_petition_has_no_case_and_a_viewer_no_form(app: Flask, site: Site) -> None:
    edda, vera = as_(app, "edda"), as_(app, "vera")
    assert "about no person" in edda.browser.read(CASE).text
    token = form_values(edda.browser, NEW)["csrf_token"]
    assert edda.browser.post(CASE, data={"csrf_token": token, "do": "save", "reason": "x"}).status_code in (400, 409)
    for path in (CASE, NEW, EVENTS):
        assert vera.browser.get(path).status_code == 403


def test_an_event_that_is_not_there_is_404(edda: Desk) -> None:
    assert edda.browser.get(f"{EVENTS}/2020-nothing").status_code == 404


def test_without_a_token_nothing_is_written(edda: Desk) -> None:
    assert edda.browser.post(NEW, data={**TYPED, "do": "save"}).status_code == 400
