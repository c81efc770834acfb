"""Hide now, at the desk: by whoever moderates, at once; shown again by a second person."""

import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign, CampaignText
from campaign.cases.models import Case
from campaign.core.db import db, transaction
from campaign.editing.checklist import QUESTIONS
from campaign.signing.models import Purge
from tests.factories import SLUG, Site, make_campaign
from tests.pages import browse
from tests.web.desk import CAMPAIGN, Desk, audited, logged_in

HIDE, UNDO, SHOW = f"{CAMPAIGN}hide", f"{CAMPAIGN}hide/undo", f"{CAMPAIGN}show"
GOOD = {**QUESTIONS, "why": "The family has asked for it."}


@pytest.fixture
def mona(app: Flask, desk: Desk) -> Desk:
    return logged_in(app, "mona")


def hide(desk: Desk, **values: str) -> TestResponse:
    desk.browser.read(CAMPAIGN)
    return desk.press(HIDE, **{"reason": "danger", **values})


def show(desk: Desk, **values: str) -> TestResponse:
    desk.browser.read(f"{CAMPAIGN}hiding")
    return desk.press(SHOW, **{**GOOD, **values})


def is_public(app: Flask) -> bool:
    return browse(app).get(f"/en/{SLUG}/").status_code == 200


def whys(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.why).order_by(AuditEntry.number)))


def test_a_moderator_hides_it_with_one_press_from_its_page(app: Flask, mona: Desk) -> None:
    assert is_public(app)
    response = hide(mona, words="Told by the union's lawyer")
    assert response.status_code == 303
    assert not is_public(app)
    assert audited(app) == [("hid_campaign", SLUG)]
    assert whys(app) == ["danger: Told by the union's lawyer"]
    page = mona.browser.read(response.location)
    for said in ("Hidden everywhere", "mona", "Somebody could be in danger through it", "Told by the union"):
        assert said in page.text
    assert "hidden" in mona.browser.read("/organize/").text
    assert "This campaign is hidden everywhere." in mona.browser.read(CAMPAIGN).text


@pytest.mark.parametrize(
    "typed",
    [
        {"reason": ""},
        {"reason": "because"},
        {"words": "x" * 151},
        {"words": "bell \x07"},
        {"words": "to \u202emoc"},
    ],
)
def test_without_a_reason_that_there_is_the_form_comes_back_as_filled_in(
    app: Flask, mona: Desk, typed: dict[str, str]
) -> None:
    response = hide(mona, **{"words": "Told by phone", **typed})
    assert response.status_code == 400
    assert mona.browser.last.mistakes()
    if "words" not in typed:
        assert "Told by phone" in response.text
    assert is_public(app)
    assert audited(app) == []


def test_who_may_only_look_has_no_button_and_is_refused(app: Flask, desk: Desk) -> None:
    vera = logged_in(app, "vera")
    page = vera.browser.read(CAMPAIGN)
    assert not [form for form in page.forms() if form.action == HIDE]
    mona = logged_in(app, "mona")
    mona.browser.read(CAMPAIGN)
    assert vera.browser.post(HIDE, data={"reason": "danger"}).status_code == 403
    assert is_public(app)


def test_pressed_twice_it_is_written_down_once_and_stays_the_first_ones(app: Flask, mona: Desk, edda: Desk) -> None:
    mona.browser.read(CAMPAIGN)
    hide(edda)
    assert mona.press(HIDE, reason="wishes").status_code == 303
    assert audited(app) == [("hid_campaign", SLUG)]
    assert whys(app) == ["danger"]


def test_a_slip_of_the_hand_is_undone_by_who_made_it(app: Flask, mona: Desk) -> None:
    hide(mona)
    mona.browser.read(f"{CAMPAIGN}hiding")
    assert mona.press(UNDO).status_code == 303
    assert is_public(app)
    assert audited(app) == [("hid_campaign", SLUG), ("took_back_hiding", SLUG)]


def test_but_not_after_ten_minutes_nor_by_another(
    app: Flask, mona: Desk, edda: Desk, clock: time_machine.Traveller
) -> None:
    hide(mona)
    token = str(mona.browser.read(f"{CAMPAIGN}hiding").form("csrf_token").values["csrf_token"])
    page = edda.browser.read(f"{CAMPAIGN}hiding")
    assert not [form for form in page.forms() if form.action == UNDO]
    own = str(page.form("csrf_token").values["csrf_token"])
    assert edda.browser.post(UNDO, data={"csrf_token": own}).status_code == 409
    clock.shift(timedelta(minutes=11))
    assert mona.browser.post(UNDO, data={"csrf_token": token}).status_code == 409
    assert not is_public(app)


def test_an_editor_who_did_not_hide_it_shows_it_again(app: Flask, mona: Desk, edda: Desk) -> None:
    hide(mona)
    assert show(edda).status_code == 303
    assert is_public(app)
    assert audited(app)[-1] == ("showed_campaign", SLUG)
    assert whys(app)[-1] == f"{GOOD['why']} (endangers=no contact=no allegations=yes consent=yes)"


def test_who_hid_it_does_not_show_it_again_alone(app: Flask, edda: Desk, mona: Desk) -> None:
    hide(mona)
    edda.browser.read(f"{CAMPAIGN}hiding")
    form = {**next(form.values for form in edda.browser.last.forms() if form.action == SHOW), **GOOD}
    mona.browser.read(f"{CAMPAIGN}hiding")
    mona.press(UNDO)
    hide(edda)
    # Even with a form from before, which the page does not offer any more.
    assert not [f for f in edda.browser.read(f"{CAMPAIGN}hiding").forms() if f.action == SHOW]
    response = edda.browser.post(SHOW, data=form)
    assert response.status_code == 409
    assert "somebody else has to" in response.text
    assert not is_public(app)


def test_a_moderator_does_not_show_it(app: Flask, edda: Desk, mona: Desk) -> None:
    hide(edda)
    page = mona.browser.read(f"{CAMPAIGN}hiding")
    assert not [form for form in page.forms() if form.action == SHOW]
    assert mona.browser.post(SHOW, data=GOOD).status_code == 403


def test_showing_it_needs_the_second_factor_and_hiding_does_not(
    app: Flask, edda: Desk, mona: Desk, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=11))
    assert hide(mona).status_code == 303
    assert not is_public(app)
    response = show(edda)
    assert response.status_code == 303
    assert "/organize/factor" in response.location
    assert not is_public(app)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("answer", ["", "maybe", "other"])
def test_an_answer_that_is_missing_or_wrong_stops_it_and_says_what_to_do(
    app: Flask, mona: Desk, edda: Desk, question: str, answer: str
) -> None:
    wrong = {"yes": "no", "no": "yes"}[QUESTIONS[question]]
    hide(mona)
    response = show(edda, **{question: wrong if answer == "other" else answer})
    assert response.status_code == 400
    said = " ".join(edda.browser.last.mistakes().values())
    assert ("Answer this question." in said) == (answer != "other")
    assert GOOD["why"] in response.text
    assert not is_public(app)
    assert audited(app) == [("hid_campaign", SLUG)]


def test_what_was_erased_meanwhile_cannot_be_shown_for_signing(
    app: Flask, site: Site, mona: Desk, edda: Desk, now: datetime
) -> None:
    hide(mona)
    with app.app_context(), transaction() as session:
        session.add(Purge(campaign_id=site.campaign.id, signatures=0, ended_at=now))
    assert show(edda).status_code == 409
    assert not is_public(app)


def test_from_then_on_the_months_count_until_its_signatures_are_erased(app: Flask, mona: Desk, edda: Desk) -> None:
    def closed_at() -> datetime | None:
        with app.app_context():
            return db.session.scalars(select(Campaign.closed_at)).one()

    assert closed_at() is None
    hide(mona)
    assert closed_at() is not None
    show(edda)
    assert closed_at() is None


def test_the_desk_says_where_else_the_person_is_named(app: Flask, site: Site, mona: Desk, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        for slug in ("named", "linked", "other"):
            make_campaign(session, now, slug=slug)
        session.flush()
        ids = {row.slug: row.id for row in session.execute(select(Campaign.slug, Campaign.id))}
        session.add(
            Case(
                campaign_id=ids[SLUG],
                names=[{"script": "persian", "shown": "رزا پارکس", "also": ["Rosa  Parks"]}],
                status="unknown",
                status_as_of=now.date(),
                status_precision="day",
                status_line={"en": "-"},
                status_sources=[{}],
                demands=[],
                related=[],
                checked_on=now.date(),
                recheck_days=30,
            )
        )
    change(app, ids["named"], "fa", "پیام رزا پارکس")
    change(app, ids["linked"], "en", f"See [there](/en/{SLUG}/).")
    hide(mona)
    page = mona.browser.read(f"{CAMPAIGN}hiding")
    links = {element.get("href") for element in page.tagged("a")}
    assert {"/organize/campaigns/named/", "/organize/campaigns/linked/"} <= links
    assert "/organize/campaigns/other/" not in links


def change(app: Flask, campaign_id: uuid.UUID, language: str, body: str) -> None:
    with app.app_context(), transaction() as session:
        text = session.get_one(CampaignText, (campaign_id, language, 1))
        text.body = body
