"""Whoever spoke before a campaign was hidden: their links answer without its name, take back, and take nothing new."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import claim_due
from campaign.web.letters import render_letter
from tests.factories import Site
from tests.pages import Browser
from tests.web.signing import Signing
from tests.web.test_endorsements import confirmed, send
from tests.web.test_hidden_links import hide_it, names_it
from tests.web.test_messages import write
from tests.web.voices import WORDS, decide, endorse_link, moderator, submissions


@pytest.mark.parametrize("language", ["en", "fa"])
def test_ones_own_message_is_seen_and_erased_and_none_is_taken(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime, language: str
) -> None:
    address = f"/{language}/manage/{write(signing)}/message"
    hide_it(app, site, now)
    page = browser.read(address)
    assert not names_it(page.text)
    response = browser.post(address, data={"words": "Something else."})
    assert response.status_code == 409
    assert not names_it(response.text)
    assert len(submissions(app)) == 1
    assert browser.post(address, data={"action": "take_back"}).status_code == 303
    assert submissions(app) == []


def test_a_public_message_is_not_said_to_be_public(
    app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime
) -> None:
    address = f"/en/manage/{write(signing)}/message"
    decide(moderator(app), "approve", [row.id.hex for row in submissions(app)])
    assert "anybody can read it" in browser.read(address).text
    hide_it(app, site, now)
    assert "anybody can read it" not in browser.read(address).text


@pytest.mark.parametrize("language", ["en", "fa"])
def test_an_endorsement_is_not_confirmed_and_can_be_taken_back(
    app: Flask, site: Site, browser: Browser, keyring: Keyring, now: datetime, language: str
) -> None:
    send(browser)
    link = endorse_link(app, keyring).replace("/en/", f"/{language}/")
    hide_it(app, site, now)
    assert not names_it(browser.read(link).text)
    response = browser.post(link, data={"action": "confirm"})
    assert response.status_code == 410
    assert not names_it(response.text)
    assert [row.state for row in submissions(app)] == ["unverified"]
    assert browser.post(link, data={"action": "take_back"}).status_code == 303
    assert submissions(app) == []


def test_a_form_of_before_is_refused(app: Flask, site: Site, browser: Browser, signing: Signing, now: datetime) -> None:
    signing.fill_in()
    hide_it(app, site, now)
    assert signing.confirm(words=WORDS).status_code == 410
    assert (
        browser.post("/en/bread-and-roses/endorse", data={"name": "Guild", "email": "a@b.example"}).status_code == 410
    )
    assert submissions(app) == []


def test_the_mail_to_an_organization_no_longer_names_it(
    app: Flask, site: Site, browser: Browser, keyring: Keyring, now: datetime
) -> None:
    send(browser, name="Buy now at evil.example")
    hide_it(app, site, now)
    with app.app_context():
        with transaction() as session:
            mails = claim_due(session, key=keyring.waiting, now=now + timedelta(hours=1))
        (mail,) = [mail for mail in mails if mail.letter.template == "endorse"]
        message = render_letter(mail)
        text = message.get_content() + str(message["Subject"])
        db.session.rollback()
    assert not names_it(text)
    # Nor does it carry what a stranger typed to people who did not ask for it.
    assert "evil.example" not in text


def test_what_was_public_is_at_the_desk_and_nowhere_else(
    app: Flask, site: Site, browser: Browser, keyring: Keyring, now: datetime
) -> None:
    link = confirmed(app, browser, keyring)
    decide(moderator(app), "approve", [row.id.hex for row in submissions(app)])
    hide_it(app, site, now)
    page = browser.read(link)
    assert not names_it(page.text)
    assert "anybody can read it" not in page.text
