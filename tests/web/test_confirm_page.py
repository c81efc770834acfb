"""The mailed link: opening it changes nothing, the button confirms, pressing it again is the same."""

import json
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.core.waiting_seal import open_waiting
from campaign.outbox.actions import claim_due
from campaign.outbox.models import OutboxMail
from campaign.signing.models import CommunityBallot, Signature
from campaign.web.letters import render_letter
from tests.factories import COMMUNITIES, SLUG
from tests.pages import Browser
from tests.web.signing import Signing, stored


def rows(app: Flask) -> list[dict[str, object]]:
    """Everything stored of all signatures."""
    columns = tuple(Signature.__table__.c.keys())
    return [{name: getattr(row, name) for name in columns} for row in stored(app)]


def ballots(app: Flask, keyring: Keyring) -> list[list[str]]:
    with app.app_context():
        sealed = db.session.scalars(select(CommunityBallot.sealed)).all()
    return [open_waiting(keyring.waiting, one) for one in sealed]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_opening_the_link_changes_nothing(app: Flask, browser: Browser, signing: Signing, method: str) -> None:
    signing.fill_in()
    before = rows(app)
    for _ in range(3):
        assert browser.open(f"/en/confirm/{signing.token()}", method=method).status_code == 200
    assert rows(app) == before
    assert browser.read(f"/en/{SLUG}/").count == 0


def test_the_button_confirms_and_shows_the_new_count(app: Flask, browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    page = browser.read(f"/en/confirm/{signing.token()}")
    assert page.h1 == "One last step"
    (form,) = [form for form in page.forms() if form.method == "post"]
    response = browser.post(form.action or f"/en/confirm/{signing.token()}", data=form.values)
    assert (response.status_code, response.location) == (303, f"/en/{SLUG}/confirmed")
    assert browser.read(response.location).count == 1
    assert [row["state"] for row in rows(app)] == ["confirmed"]


def test_pressing_the_button_again_is_the_same(
    app: Flask, browser: Browser, signing: Signing, keyring: Keyring
) -> None:
    signing.fill_in()
    first = signing.confirm(community=["women"])
    before = rows(app), ballots(app, keyring)
    second = signing.confirm(community=["workers", "youth"])
    assert (second.status_code, second.location) == (first.status_code, first.location)
    assert (rows(app), ballots(app, keyring)) == before
    assert browser.read(f"/en/{SLUG}/").count == 1


def test_the_link_of_a_confirmed_signature_says_so_and_has_no_button(browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    token = signing.token()
    signing.confirm()
    page = browser.read(f"/en/confirm/{token}")
    assert page.h1 == "Your signature is already confirmed"
    assert page.forms() == []


@pytest.mark.parametrize(("public_name", "said"), [("", "shown nowhere"), ("Alice A.", "Alice A.")])
def test_the_page_says_which_name_will_be_shown(
    browser: Browser, signing: Signing, public_name: str, said: str
) -> None:
    signing.fill_in(public_name=public_name)
    page = browser.read(f"/en/confirm/{signing.token()}")
    assert said in page.text
    assert "Appleton" not in page.text


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_communities_are_asked_and_none_is_ticked(browser: Browser, signing: Signing, lang: str) -> None:
    signing.fill_in()
    page = browser.read(f"/{lang}/confirm/{signing.token()}")
    boxes = [box for box in page.tagged("input") if box.get("name") == "community"]
    assert [box.get("value") for box in boxes] == list(COMMUNITIES)
    assert not [box for box in boxes if "checked" in box.attrib]


@pytest.mark.parametrize(
    ("answered", "counted"),
    [
        ([], []),
        (["women", "workers"], ["women", "workers"]),
        (["women", "women"], ["women"]),
        (["women", "admins", "\0", "x" * 5000, "youth' OR 1=1"], ["women"]),
    ],
)
def test_only_communities_the_campaign_knows_are_counted(
    app: Flask, signing: Signing, keyring: Keyring, answered: list[str], counted: list[str]
) -> None:
    signing.fill_in()
    assert signing.confirm(community=answered).status_code == 303
    assert ballots(app, keyring) == [counted]


def mailed_link(app: Flask) -> str:
    """The path of the link that confirms, as the newest mail has it."""
    with app.app_context(), transaction() as session:
        (mail,) = claim_due(session, key=app.extensions["campaign"].keyring.waiting, now=utc_now())
    with app.app_context():
        (line,) = [line for line in str(render_letter(mail).get_content()).splitlines() if "/confirm/" in line]
    return urlsplit(line).path + (f"?{urlsplit(line).query}" if urlsplit(line).query else "")


def test_the_country_comes_with_the_mailed_link_and_is_counted_if_its_owner_lets_it(
    app: Flask, browser: Browser, signing: Signing, keyring: Keyring
) -> None:
    signing.fill_in(country="DE")
    page = browser.read(mailed_link(app))
    assert "Count me for my country, Germany" in page.text
    (form,) = [form for form in page.forms() if form.method == "post"]
    assert form.values["country"] == "DE"
    browser.post(f"/en/confirm/{signing.token()}", data={**form.values, "community": ["women"]})
    assert ballots(app, keyring) == [["country:DE", "women"]]
    assert "DE" not in json.dumps(rows(app), default=repr)


def test_without_a_country_the_link_and_the_page_name_none(app: Flask, browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    link = mailed_link(app)
    assert "?" not in link
    assert "my country" not in browser.read(link).text


@pytest.mark.parametrize("typed", ["", "de", "XX", "EU", "workers", "DE\0", "x" * 5000])
def test_only_countries_that_there_are_are_counted(
    app: Flask, browser: Browser, signing: Signing, keyring: Keyring, typed: str
) -> None:
    signing.fill_in()
    page = browser.get(f"/en/confirm/{signing.token()}", query_string={"country": typed})
    assert "my country" not in page.text
    assert signing.confirm(country=typed).status_code == 303
    assert ballots(app, keyring) == [[]]


def test_a_mail_with_a_country_is_as_long_as_one_without(app: Flask, signing: Signing) -> None:
    """Else the size of what waits would tell, and it would not fit on its page of SQLite."""
    signing.fill_in()
    signing.fill_in(email="bob@example.org", country="DE")
    with app.app_context():
        assert len(set(db.session.scalars(select(func.length(OutboxMail.sealed))))) == 1


def test_what_somebody_signs_as_is_not_in_their_row(app: Flask, signing: Signing) -> None:
    signing.fill_in()
    signing.confirm(community=["women"])
    assert "women" not in json.dumps(rows(app), default=repr)
