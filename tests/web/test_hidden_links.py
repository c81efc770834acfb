"""Whoever signed a campaign before it was hidden: their links still answer, sensibly and without its name."""

import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask

from campaign.campaigns.hiding import hide, show_again
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import claim_due
from campaign.web.letters import render_letter
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.signing import ALICE, Signing, nothing_stored, stored

TITLES = ("Bread and roses", "نان و گل سرخ", SLUG)


def hide_it(app: Flask, site: Site, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        hide(session, site.campaign.id, organizer_id=None, why="danger", now=now)


def names_it(text: str) -> bool:
    return any(title in text for title in TITLES)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_to_confirm_says_that_it_is_taken_down_and_counts_nothing(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime, method: str, language: str
) -> None:
    signing.fill_in()
    token = signing.token()
    hide_it(app, site, now)
    response = browser.open(f"/{language}/confirm/{token}", method=method)
    assert response.status_code == 410
    assert not names_it(response.text)
    assert token not in response.text
    assert [row.state for row in stored(app)] == ["pending"]


def test_a_link_that_was_never_mailed_is_told_apart_from_none(
    app: Flask, site: Site, browser: Browser, now: datetime
) -> None:
    hide_it(app, site, now)
    assert browser.get(f"/en/confirm/{'A' * 64}").status_code == 404


def test_who_signed_still_sees_it_without_its_name_and_can_withdraw(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime
) -> None:
    token = signing.sign_and_confirm()
    hide_it(app, site, now)
    page = browser.read(f"/en/manage/{token}")
    assert not names_it(page.text)
    assert "taken down" in page.text
    response = browser.post(f"/en/manage/{token}", data={"action": "withdraw", "sure": "y"})
    assert response.status_code == 303
    assert [row.state for row in stored(app)] == ["withdrawn"]


def test_who_was_pending_can_confirm_once_it_is_shown_again(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime
) -> None:
    signing.fill_in()
    hide_it(app, site, now)
    assert signing.confirm().status_code == 410
    with app.app_context(), transaction() as session:
        show_again(session, site.campaign.id, organizer_id=uuid.uuid4(), why="agreed", now=now)
    assert signing.confirm().status_code == 303


@pytest.mark.parametrize(
    ("page", "action"), [(f"/en/{SLUG}/", f"/en/{SLUG}/sign"), (f"/embed/{SLUG}", f"/embed/{SLUG}?lang=fa")]
)
def test_a_form_opened_before_is_refused_and_nothing_is_stored(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime, page: str, action: str
) -> None:
    assert browser.get(page).status_code == 200
    hide_it(app, site, now)
    response = signing.fill_in(path=action)
    assert response.status_code == 410
    assert not names_it(response.text)
    assert nothing_stored(app)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_mail_that_waited_no_longer_names_it(
    app: Flask, site: Site, signing: Signing, browser: Browser, keyring: Keyring, now: datetime, language: str
) -> None:
    signing.sign_and_confirm()
    signing.fill_in()
    browser.post("/fa/manage", data={"email": ALICE})
    signing.fill_in(path=f"/{language}/{SLUG}/sign", email="bob@example.org")
    hide_it(app, site, now)
    with app.app_context():
        with transaction() as session:
            mails = [
                mail
                for mail in claim_due(session, key=keyring.waiting, now=now + timedelta(hours=1))
                if not mail.letter.is_decoy
            ]
        assert {mail.letter.template for mail in mails} == {"confirm", "already_signed", "manage"}
        for mail in mails:
            message = render_letter(mail)
            assert not names_it(message.get_content() + str(message["Subject"])), mail.letter.template
        db.session.rollback()


def test_mail_about_another_campaign_names_it(
    app: Flask, site: Site, signing: Signing, keyring: Keyring, now: datetime
) -> None:
    signing.fill_in()
    with app.app_context():
        with transaction() as session:
            (mail,) = claim_due(session, key=keyring.waiting, now=now + timedelta(hours=1))
        assert names_it(render_letter(mail).get_content())
        db.session.rollback()
