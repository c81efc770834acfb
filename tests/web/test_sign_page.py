"""The form on the page: what it takes, what it says when something is wrong, when it is not there."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.campaigns.models import Campaign
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.sealing.models import Epoch
from tests.factories import SLUG
from tests.pages import Browser
from tests.signers import letters
from tests.web.signing import SIGN, Signing, nothing_stored, stored


def set_state(app: Flask, state: str) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Campaign).values(state=state))


def retire_key(app: Flask, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Epoch).values(retired_at=now))


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_a_signer_is_sent_to_their_mail(app: Flask, browser: Browser, signing: Signing, lang: str) -> None:
    response = signing.fill_in(path=f"/{lang}/{SLUG}/sign")
    assert (response.status_code, response.location) == (303, f"/{lang}/{SLUG}/check-your-email")
    browser.read(response.location)
    (signature,) = stored(app)
    assert (signature.state, signature.language, signature.source) == ("pending", lang, "site")


def test_nothing_is_ticked_or_filled_in_beforehand(browser: Browser) -> None:
    form = browser.read(f"/en/{SLUG}/").form("name", "email")
    assert form.action == SIGN
    assert {name: value for name, value in form.values.items() if value} == {}
    assert "updates" not in form.values


def test_a_mistake_keeps_what_was_typed_and_leads_to_its_field(app: Flask, browser: Browser, signing: Signing) -> None:
    typed = {"name": "Alice", "email": "alice", "public_name": "A.", "country": "DE", "message": "Two\nlines"}
    response = signing.fill_in(**typed, updates="y")
    assert response.status_code == 400
    page = browser.last
    assert list(page.mistakes()) == ["email"]
    assert "name@example.org" in page.mistakes()["email"]
    assert page.title.startswith("Error:")
    assert {name: page.value(name) for name in typed} == typed
    assert page.value("updates") == "y"
    assert nothing_stored(app)


def test_all_mistakes_are_said_at_once_in_the_order_of_the_fields(browser: Browser, signing: Signing) -> None:
    signing.fill_in(name="", email="", public_name="\u202eA", country="QQ", message="x" * 1001)
    assert list(browser.last.mistakes()) == ["name", "email", "public_name", "country", "message"]


def test_a_mistake_is_told_in_persian_with_its_field_marked(browser: Browser, signing: Signing) -> None:
    signing.fill_in(path=f"/fa/{SLUG}/sign", name="")
    page = browser.last
    assert (page.root.get("lang"), page.root.get("dir")) == ("fa", "rtl")
    field = page.by_id["name"]
    assert field.get("aria-invalid") == "true"
    assert "name-error" in (field.get("aria-describedby") or "")


def test_an_empty_form_is_two_mistakes(app: Flask, browser: Browser) -> None:
    assert browser.post(SIGN).status_code == 400
    assert list(browser.last.mistakes()) == ["name", "email"]
    assert nothing_stored(app)


@pytest.mark.parametrize(
    "name",
    [
        "شیرین علم‌هولی",
        "Sukarno",
        "O'Brien",
        "O’Brien",
        "محمد بن عبد الله",
        "Rosa 🌹 Luxemburg",
        "李",
        "Nguyễn Thị Bình",
        "x" * 100,
        "é" * 100,
        "Zoë" + "\u0301" * 7,
        "Jean-Luc d'Arc, Jr.",
    ],
)
def test_a_name_of_any_script_is_taken(app: Flask, signing: Signing, name: str) -> None:
    assert signing.fill_in(name=name, public_name=name).status_code == 303
    (signature,) = stored(app)
    assert signature.public_name == name


def test_a_mail_of_any_script_goes_to_the_address_as_typed(app: Flask, keyring: Keyring, signing: Signing) -> None:
    assert signing.fill_in(email=" Alice.Appleton+rosa@Gmail.com ").status_code == 303
    with app.app_context():
        assert [letter.to for letter in letters(keyring)] == ["Alice.Appleton+rosa@gmail.com"]


def test_without_a_key_the_page_says_that_signing_is_not_open_yet(
    app: Flask, browser: Browser, signing: Signing, now: datetime
) -> None:
    retire_key(app, now)
    for address in (f"/en/{SLUG}/", f"/embed/{SLUG}"):
        page = browser.read(address)
        assert "Signing is not open yet" in page.text
        assert not [form for form in page.forms() if "email" in form.values]
        assert "Yours would be the first name" not in page.text
    assert signing.fill_in().status_code == 409
    assert "Signing is not open yet" in browser.last.text
    assert signing.fill_in(path=f"/embed/{SLUG}").status_code == 409
    assert nothing_stored(app)


def test_a_closed_campaign_can_be_read_but_not_signed(app: Flask, browser: Browser, signing: Signing) -> None:
    set_state(app, "closed")
    page = browser.read(f"/en/{SLUG}/")
    assert "This campaign is closed" in page.text
    assert not [form for form in page.forms() if "email" in form.values]
    for path in (SIGN, f"/embed/{SLUG}"):
        assert signing.fill_in(path=path).status_code == 409
        assert "This campaign is closed" in browser.last.text
    assert nothing_stored(app)
    assert SLUG not in browser.get("/en/").text


@pytest.mark.parametrize("path", [SIGN, f"/embed/{SLUG}"])
def test_a_closed_campaign_says_so_whatever_was_typed(
    app: Flask, browser: Browser, signing: Signing, path: str
) -> None:
    set_state(app, "closed")
    assert signing.fill_in(path=path, email="not an address").status_code == 409
    assert "This campaign is closed" in browser.last.text
    assert browser.last.mistakes() == {}


def test_a_draft_is_nowhere(app: Flask, browser: Browser, signing: Signing) -> None:
    set_state(app, "draft")
    for page in ("", "check-your-email", "confirmed", "signatures", "statistics"):
        assert browser.get(f"/en/{SLUG}/{page}").status_code == 404
    for path in (f"/embed/{SLUG}", f"/embed/{SLUG}/check-your-email"):
        assert browser.get(path).status_code == 404
    assert signing.fill_in().status_code == 404
    assert signing.fill_in(path=f"/embed/{SLUG}").status_code == 404
    assert SLUG not in browser.get("/en/").text
    assert SLUG not in browser.get("/sitemap.xml").text
    assert nothing_stored(app)
