"""The desk says which case pages want looking after; one button says that there is nothing new."""

import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.reminders import whom_to_remind
from tests.case_files import make_case
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.desk import CAMPAIGN, Desk, audited, logged_in
from tests.web.desk_cases import CASE, EVENTS, NEW, form_values

CASES = "/organize/cases"
REMINDERS = "/organize/account/reminders"


@pytest.fixture
def ada(app: Flask, site: Site, now: datetime) -> None:
    """A case that nobody has looked after for 40 days."""
    with app.app_context(), transaction() as session:
        make_case(session, SLUG, checked_on=now.date() - timedelta(days=40))


def test_a_page_says_that_it_is_old_until_an_editor_has_looked(app: Flask, ada: None, browser: Browser) -> None:
    edda = logged_in(app, "edda")
    assert "40 days ago" in browser.read(f"/en/{SLUG}/").text
    assert "last checked 40 days ago" in edda.browser.read("/organize/").text
    assert "overdue" in edda.browser.read(CASES).text
    pressed = edda.press(f"{CAMPAIGN}checked")
    assert (pressed.status_code, pressed.location) == (303, f"{CASES}?done=checked")
    assert "checked today, nothing new" in edda.browser.read(pressed.location).text
    assert "overdue" not in edda.browser.last.text
    assert "Things may have changed" not in browser.read(f"/en/{SLUG}/").text
    assert "22 November 2026" in browser.last.text
    assert "Case pages to look after" not in edda.browser.read("/organize/").text
    assert ("checked_case", SLUG) in audited(app)


def test_the_log_says_who_has_looked(app: Flask, ada: None) -> None:
    edda = logged_in(app, "edda")
    edda.browser.read(CASES)
    edda.press(f"{CAMPAIGN}checked")
    with app.app_context():
        entry = db.session.query(AuditEntry).filter_by(action="checked_case").one()
        assert entry.organizer_id is not None


@pytest.mark.parametrize("login", ["mona", "vera"])
def test_who_does_not_edit_may_look_and_not_say_so(app: Flask, ada: None, login: str) -> None:
    desk = logged_in(app, login)
    assert "overdue" in desk.browser.read(CASES).text
    assert [form for form in desk.browser.last.forms() if form.action == f"{CAMPAIGN}checked"] == []


def test_a_petition_is_no_case(app: Flask, site: Site, desk: Desk) -> None:
    desk.log_in()
    page = desk.browser.read(CASES)
    assert "There is no case page yet" in page.text
    token = page.form("csrf_token").values["csrf_token"]
    assert desk.browser.post(f"{CAMPAIGN}checked", data={"csrf_token": token}).status_code == 400
    assert desk.browser.post(f"{CAMPAIGN}checked").status_code == 400


def test_the_desk_asks_for_demands_when_none_is_true_any_more(
    app: Flask, ada: None, browser: Browser, desk: Desk
) -> None:
    assert "Drop the case." in browser.read(f"/en/{SLUG}/").text
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE \"case\" SET status = 'released'"))
    page = browser.read(f"/en/{SLUG}/")
    assert "Drop the case." not in page.text
    assert "What we ask" not in page.text
    desk.log_in()
    assert "no demand fits its status" in desk.browser.read("/organize/").text
    assert "None fits this status" in desk.browser.read(CASES).text


def test_days_are_counted_in_the_readers_calendar(app: Flask, ada: None, desk: Desk) -> None:
    desk.log_in()
    desk.browser.read(CASES)
    desk.press("/organize/language", lang="fa")
    assert "۲۱ مهر ۱۴۰۵ (۱۳ اکتبر ۲۰۲۶)" in desk.browser.read(CASES).text


def test_an_organizer_says_where_to_be_reminded_and_that_it_is_enough(
    app: Flask, ada: None, desk: Desk, keyring: Keyring
) -> None:
    desk.log_in()
    form = desk.browser.read(REMINDERS).form("email")
    answered = desk.browser.post(REMINDERS, data={**form.values, "email": "olga@example.org"})
    assert (answered.status_code, answered.location) == (303, f"{REMINDERS}?done=set")
    assert "olga@example.org" not in desk.browser.get(answered.location).text
    with app.app_context():
        (found,) = whom_to_remind(db.session(), [campaign_id()], role="editor", key=keyring.waiting)
        assert (found[0].email, found[0].language) == ("olga@example.org", "en")
    desk.browser.read(REMINDERS)
    desk.press(f"{REMINDERS}/end")
    with app.app_context():
        assert whom_to_remind(db.session(), [campaign_id()], role="editor", key=keyring.waiting) == []
    assert {("set_reminders", "olga"), ("ended_reminders", "olga")} <= set(audited(app))


@pytest.mark.parametrize(
    "typed", ["", "nobody", "a@b", "x" * 400 + "@example.org", "a@example.org\r\nBcc: b@example.org"]
)
def test_what_is_no_address_is_asked_for_again(app: Flask, site: Site, desk: Desk, typed: str) -> None:
    desk.log_in()
    form = desk.browser.read(REMINDERS).form("email")
    assert desk.browser.post(REMINDERS, data={**form.values, "email": typed}).status_code == 400
    assert "email" in desk.browser.last.mistakes()


def campaign_id() -> uuid.UUID:
    return db.session.scalars(select(Campaign.id)).one()


def test_a_petition_has_no_case_and_a_viewer_no_form(app: Flask, site: Site) -> None:
    edda, vera = logged_in(app, "edda"), logged_in(app, "vera")
    assert "about no person" in edda.browser.read(CASE).text
    token = form_values(edda.browser, NEW)["csrf_token"]
    assert edda.browser.post(CASE, data={"csrf_token": token, "do": "save", "reason": "x"}).status_code in (400, 409)
    for path in (CASE, NEW, EVENTS):
        assert vera.browser.get(path).status_code == 403
