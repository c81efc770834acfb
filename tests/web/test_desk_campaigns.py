"""Campaigns are begun, opened and closed at the desk; what makes them public takes a second person."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign, CampaignCommunity
from campaign.core.db import db, transaction
from campaign.organizers.actions import add_organizer, give_role
from campaign.organizers.models import Organizer
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from campaign.signing.models import Purge
from tests.factories import SLUG, Site
from tests.pages import browse
from tests.web.begun import FIELDS, MADE
from tests.web.conftest import NOW
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited, show_factor

NEW = "/organize/new-campaign"


def begin(desk: Desk, **fields: str) -> int:
    form = desk.browser.read(NEW).form("slug", "title")
    return desk.browser.post(NEW, data={**form.values, "do": "review", **FIELDS, **fields}).status_code


def publish_text(desk: Desk, **answers: str) -> int:
    """As the second person who has read it."""
    links = desk.browser.read(f"/organize/campaigns/{MADE}/content").links()
    (draft,) = {address for address in links.values() if "/revisions/" in address}
    desk.browser.read(draft)
    return desk.press(f"{draft}/publish", **answers).status_code


def set_state(desk: Desk, to: str, slug: str = SLUG, **fields: str) -> int:
    page = f"/organize/campaigns/{slug}/state"
    desk.browser.read(page)
    return desk.press(f"{page}/{to}", **{"why": "Decided at the meeting", **fields}).status_code


def state_of(app: Flask, slug: str = SLUG) -> str:
    with app.app_context():
        return db.session.scalars(select(Campaign.state).where(Campaign.slug == slug)).one()


def test_a_campaign_is_begun_by_one_and_opened_by_another(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    assert begin(desk, communities=SLUG) == 303
    assert browse(app).get(f"/en/{MADE}/").status_code == 404
    # Who began it is offered no form; and refused what somebody sends all the same.
    page = desk.browser.read(f"/organize/campaigns/{MADE}/state")
    assert "somebody else has to open it" in page.text
    assert [form.action for form in page.forms() if "/state/" in (form.action or "")] == []
    sent = {"csrf_token": page.value("csrf_token"), "why": "It is ready"}
    assert desk.browser.post(f"/organize/campaigns/{MADE}/state/open", data=sent).status_code == 409
    assert publish_text(edda) == 303
    assert browse(app).get(f"/en/{MADE}/").status_code == 404
    assert set_state(edda, "open", MADE) == 303
    assert "Let them speak." in browse(app).read(f"/en/{MADE}/").text
    assert [action for action, _ in audited(app)] == [
        "began_campaign",
        "saved_draft",
        "asked_for_review",
        "published_revision",
        "opened_campaign",
    ]
    with app.app_context():
        made = select(Campaign.id).where(Campaign.slug == MADE)
        keys = db.session.scalars(select(CampaignCommunity.key).where(CampaignCommunity.campaign_id.in_(made)))
        assert sorted(keys) == ["women", "workers", "youth"]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("slug", SLUG, "already"),
        ("slug", "privacy", "Another page"),
        ("slug", "Women Life", "small latin letters"),
        ("slug", "a" * 81, "small latin letters"),
        ("slug", "../etc", "small latin letters"),
        ("slug", "", "small latin letters"),
        ("kind", "war", "Choose one"),
        ("title", "", "Fill this in."),
        ("body", "![](//evil.example/p.gif)", "no pictures"),
    ],
)
def test_a_mistake_begins_nothing_and_keeps_the_form(app: Flask, desk: Desk, field: str, typed: str, told: str) -> None:
    desk.log_in()
    assert begin(desk, **{field: typed}) == 400
    assert told in desk.browser.last.mistakes()[field]
    assert desk.browser.last.value("ask") == FIELDS["ask"]
    assert audited(app) == []


def test_closing_ends_signing_and_says_until_when_it_can_be_undone(
    app: Flask, site: Site, desk: Desk, edda: Desk
) -> None:
    desk.log_in()
    page = desk.browser.read(f"{CAMPAIGN}state")
    assert "6 months later, on 22 May 2027" in page.text
    assert set_state(desk, "close") == 303
    assert state_of(app) == "closed"
    assert "22 May 2027" in desk.browser.read(f"{CAMPAIGN}state").text
    assert not [form for form in browse(app).read(f"/en/{SLUG}/").forms() if "email" in form.values]
    assert set_state(edda, "open") == 303
    assert state_of(app) == "open"
    with app.app_context():
        row = db.session.scalars(select(Campaign).where(Campaign.slug == SLUG)).one()
        assert (row.closed_at, row.edited_at is None) == (None, False)
        reasons = db.session.scalars(select(AuditEntry.why).order_by(AuditEntry.number)).all()
        assert reasons == ["Decided at the meeting"] * 2


def test_a_reason_is_given(app: Flask, desk: Desk) -> None:
    desk.log_in()
    assert set_state(desk, "close", why=" ") == 400
    assert list(desk.browser.last.mistakes()) == ["why"]
    assert state_of(app) == "open"


def test_what_was_purged_is_never_opened_again(app: Flask, site: Site, desk: Desk) -> None:
    desk.log_in()
    assert set_state(desk, "close") == 303
    token = desk.browser.read(f"{CAMPAIGN}state").form("why").values
    with app.app_context(), transaction() as session:
        session.add(Purge(campaign_id=site.campaign.id, signatures=0, ended_at=NOW))
    assert "cannot be opened again" in desk.browser.read(f"{CAMPAIGN}state").text
    response = desk.browser.post(f"{CAMPAIGN}state/open", data={**token, "why": "Once more"})
    assert response.status_code == 409
    assert "signatures were erased" in desk.browser.last.text
    assert state_of(app) == "closed"


def test_a_case_is_opened_with_a_person_and_the_checklist(app: Flask, desk: Desk, edda: Desk) -> None:
    good = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
    desk.log_in()
    assert begin(desk, kind="solidarity") == 303
    assert publish_text(edda, **good) == 303
    assert set_state(edda, "open", MADE) == 400
    assert edda.browser.last.text.count("Answer this question.") >= 4
    assert set_state(edda, "open", MADE, **good) == 409
    assert "whom it is about" in edda.browser.last.text
    assert state_of(app, MADE) == "draft"


def test_both_tabs_cannot_close_it(app: Flask, desk: Desk) -> None:
    desk.log_in()
    first = desk.browser.read(f"{CAMPAIGN}state").form("why").values
    assert set_state(desk, "close") == 303
    assert desk.browser.post(f"{CAMPAIGN}state/close", data={**first, "why": "Twice"}).status_code == 409


def test_opening_asks_for_the_second_factor_again(app: Flask, desk: Desk, clock: time_machine.Traveller) -> None:
    desk.log_in()
    clock.shift(timedelta(minutes=11))
    for page in (NEW, f"{CAMPAIGN}state"):
        assert desk.browser.get(page).status_code == 303
    show_factor(app, "olga")
    assert desk.browser.get(NEW).status_code == 200


def test_whoever_edits_one_campaign_begins_none(app: Flask, site: Site) -> None:
    with app.app_context(), transaction() as session:
        add_organizer(session, login="ed", password=PASSWORD, role=None, now=NOW)
        made = session.scalars(select(Organizer.id).where(Organizer.login == "ed")).one()
        give_role(session, made, campaign_id=site.campaign.id, role="editor")
    ed = Desk(browse(app))
    ed.log_in("ed")
    assert ed.browser.get(NEW).status_code == 403
    assert "Begin a campaign" not in ed.browser.read("/organize/").text
    assert ed.browser.get(f"{CAMPAIGN}state").status_code == 200


def test_seeds_do_not_open_again_what_was_closed_at_the_desk(app: Flask, desk: Desk) -> None:
    seeds = read_seeds(SEEDS, today=NOW.date())
    with app.app_context(), transaction() as session:
        plant(session, seeds, now=NOW)
    desk.log_in()
    assert set_state(desk, "close", "esmail-bakhshi") == 303
    with app.app_context(), transaction() as session:
        assert plant(session, seeds, now=NOW).written == 0
    assert state_of(app, "esmail-bakhshi") == "closed"
