"""The timeline of a case, written at the desk: no script needed, every rule held, published by two."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.campaigns.models import CampaignEvent
from campaign.core.db import db
from campaign.editing.models import Revision
from campaign.web.organize.content_forms import MOST_ROWS
from campaign.web.organize.shape_editing import MOST_FIELDS
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.desk import CAMPAIGN, Desk, audited
from tests.web.desk_cases import CASE, EVENTS, NEW, STRIKE, TYPED, form_values, make_ada, publish, send


@pytest.fixture(autouse=True)
def ada(app: Flask, site: Site, now: datetime) -> None:
    make_ada(app, now)


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


def test_an_event_that_is_not_there_is_404(edda: Desk) -> None:
    assert edda.browser.get(f"{EVENTS}/2020-nothing").status_code == 404


def test_without_a_token_nothing_is_written(edda: Desk) -> None:
    assert edda.browser.post(NEW, data={**TYPED, "do": "save"}).status_code == 400
