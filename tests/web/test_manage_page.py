"""What somebody holding the mailed link may do: see, hide the name, leave the news, withdraw."""

import pytest
from flask import Flask

from campaign.core.keyring import Keyring
from tests.factories import SLUG
from tests.pages import Browser
from tests.signers import letters
from tests.web.signing import ALICE, Signing, stored


@pytest.fixture
def link(signing: Signing) -> str:
    """Alice has signed with everything there is to fill in."""
    token = signing.sign_and_confirm(public_name="Alice A.", country="DE", message="Strike!", updates="y")
    return f"/en/manage/{token}"


def test_the_page_shows_what_is_stored_and_nothing_sealed(browser: Browser, link: str) -> None:
    page = browser.read(link)
    for shown in ("confirmed, counted", "Alice A.", "18:00 UTC"):
        assert shown in page.text
    for sealed in (ALICE, "Appleton", "Strike!"):
        assert sealed not in page.text


def test_the_page_works_in_persian(browser: Browser, link: str) -> None:
    assert browser.read(link.replace("/en/", "/fa/")).root.get("dir") == "rtl"


def test_seeing_changes_nothing(app: Flask, browser: Browser, link: str) -> None:
    before = [(row.manage_digest, row.manage_until, row.state) for row in stored(app)]
    for method in ("GET", "HEAD"):
        assert browser.open(link, method=method).status_code == 200
    assert [(row.manage_digest, row.manage_until, row.state) for row in stored(app)] == before


def test_the_name_can_be_changed_and_hidden(app: Flask, browser: Browser, link: str) -> None:
    for public_name, kept in (("آلیس", "آلیس"), ("", None)):
        response = browser.post(link, data={"action": "name", "public_name": public_name})
        assert response.status_code == 303
        assert "Saved" in browser.read(response.location).text
        assert [row.public_name for row in stored(app)] == [kept]
        assert (public_name in browser.read(f"/en/{SLUG}/signatures").text) or kept is None
    assert "Alice A." not in browser.read(f"/en/{SLUG}/signatures").text


def test_a_bad_name_is_refused_and_shown_again(app: Flask, browser: Browser, link: str) -> None:
    assert browser.post(link, data={"action": "name", "public_name": "x" * 101}).status_code == 400
    assert list(browser.last.mistakes()) == ["public_name"]
    assert browser.last.value("public_name") == "x" * 101
    assert [row.public_name for row in stored(app)] == ["Alice A."]


def test_the_news_can_be_left(app: Flask, browser: Browser, link: str) -> None:
    assert browser.post(link, data={"action": "updates_off"}).status_code == 303
    assert [row.wants_updates for row in stored(app)] == [False]
    assert "Stop the news" not in browser.read(link).text


@pytest.mark.parametrize("data", [{"action": "withdraw"}, {"action": "withdraw", "sure": ""}])
def test_withdrawing_needs_the_tick(app: Flask, browser: Browser, link: str, data: dict[str, str]) -> None:
    assert browser.post(link, data=data).status_code == 400
    assert list(browser.last.mistakes()) == ["sure"]
    assert [row.state for row in stored(app)] == ["confirmed"]


@pytest.mark.parametrize("data", [{}, {"action": ""}, {"action": "erase_everything"}, {"action": "name\0"}])
def test_an_unknown_action_changes_nothing(app: Flask, browser: Browser, link: str, data: dict[str, str]) -> None:
    assert browser.post(link, data=data).status_code == 400
    assert [(row.state, row.public_name) for row in stored(app)] == [("confirmed", "Alice A.")]


def test_withdrawing_erases_and_ends_the_link(app: Flask, browser: Browser, link: str) -> None:
    response = browser.post(link, data={"action": "withdraw", "sure": "y"})
    assert (response.status_code, response.location) == (303, "/en/manage/withdrawn")
    browser.read(response.location)
    (signature,) = stored(app)
    assert (signature.state, signature.sealed, signature.dedupe_tag) == ("withdrawn", None, None)
    assert browser.read(f"/en/{SLUG}/").count == 0
    for method in ("GET", "POST"):
        gone = browser.open(link, method=method, data={"action": "withdraw", "sure": "y"})
        assert gone.status_code == 404
    assert browser.read(f"/en/{SLUG}/").count == 0


def test_a_pending_signature_can_be_withdrawn_too(app: Flask, browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    data = {"action": "withdraw", "sure": "y"}
    assert browser.post(f"/en/manage/{signing.token('manage')}", data=data).status_code == 303
    assert [row.state for row in stored(app)] == ["withdrawn"]


def test_who_withdrew_may_sign_again(browser: Browser, signing: Signing, link: str) -> None:
    browser.post(link, data={"action": "withdraw", "sure": "y"})
    signing.sign_and_confirm()
    assert browser.read(f"/en/{SLUG}/").count == 1


def test_a_lost_link_is_mailed_again(app: Flask, browser: Browser, link: str, keyring: Keyring) -> None:
    page = browser.read("/en/manage")
    form = page.form("email")
    assert browser.post(form.action or "/en/manage", data={**form.values, "email": ALICE}).status_code == 303
    with app.app_context():
        letter = letters(keyring)[-1]
    assert (letter.template, letter.to) == ("manage", ALICE)
    browser.read(f"/en/manage/{letter.values['links'][0]['manage_token']}")


def test_asking_with_a_bad_address_is_a_mistake(browser: Browser) -> None:
    assert browser.post("/en/manage", data={"email": "alice"}).status_code == 400
    assert list(browser.last.mistakes()) == ["email"]
