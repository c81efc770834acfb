"""An organization endorses a campaign: a mailed link first, then a moderator; no address in the clear at any time."""

from pathlib import Path

import pytest
from flask import Flask

from campaign.core.keyring import Keyring
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.voices import QUEUE, UNION, decide, endorse_link, moderator, shown, submissions

FORM = f"/en/{SLUG}/endorse"
LIST = f"/en/{SLUG}/endorsements"


def send(browser: Browser, **changes: str) -> None:
    assert browser.post(FORM, data={**UNION, **changes}).status_code == 303, browser.last.mistakes()


def confirmed(app: Flask, browser: Browser, keyring: Keyring, **changes: str) -> str:
    send(browser, **changes)
    link = endorse_link(app, keyring)
    assert browser.post(link, data={"action": "confirm"}).status_code == 303
    return link


def test_it_is_listed_once_its_contact_and_a_moderator_have_confirmed_it(
    app: Flask, browser: Browser, keyring: Keyring
) -> None:
    send(browser)
    link = endorse_link(app, keyring)
    desk = moderator(app)
    assert UNION["name"] not in desk.browser.read(QUEUE).text
    # A scanner of mail opens every link.
    assert browser.read(link).h1 == "One last step"
    assert [row.state for row in submissions(app)] == ["unverified"]
    browser.post(link, data={"action": "confirm"})
    text = desk.browser.read(QUEUE).text
    assert UNION["name"] in text
    assert UNION["email"] in text
    assert "It belongs to the same host as the website." in text
    assert UNION["name"] not in browser.read(LIST).text
    (row,) = submissions(app)
    assert decide(desk, "approve", [row.id.hex]).status_code == 303
    for address in (LIST, f"/en/{SLUG}/", f"/fa/{SLUG}/endorsements"):
        page = browser.read(address)
        assert UNION["name"] in page.text
        assert UNION["email"] not in page.text
        assert UNION["url"] in page.links().values()
    assert UNION["statement"] in browser.read(LIST).text
    assert UNION["email"] not in desk.browser.read(f"{QUEUE}?state=approved").text


def test_its_contact_takes_it_back_at_any_time(app: Flask, browser: Browser, keyring: Keyring) -> None:
    link = confirmed(app, browser, keyring)
    decide(moderator(app), "approve", [row.id.hex for row in submissions(app)])
    assert UNION["name"] in browser.read(LIST).text
    response = browser.post(link, data={"action": "take_back"})
    assert browser.read(response.location).h1 == "Endorsement taken back"
    assert submissions(app) == []
    assert UNION["name"] not in browser.read(LIST).text
    assert browser.get(link).status_code == 404


def test_no_address_and_no_text_is_in_the_clear_before(
    app: Flask, browser: Browser, keyring: Keyring, instance: Path
) -> None:
    confirmed(app, browser, keyring)
    files = b"".join(path.read_bytes() for path in instance.glob("campaign.sqlite3*"))
    for value in (UNION["email"], "Mill Workers", UNION["statement"]):
        assert value.encode() not in files


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "javascript:alert(1)"),
        ("url", "//evil.example"),
        ("url", "https://user@evil.example"),
        ("name", " "),
        ("name", "x\u202ey"),
        ("name", "a" * 101),
        ("country", "XX"),
        ("statement", "a" * 501),
        ("statement", "nul\0"),
        ("email", "nobody"),
    ],
)
def test_what_cannot_be_is_a_mistake_at_its_field(app: Flask, browser: Browser, field: str, value: str) -> None:
    assert browser.post(FORM, data={**UNION, field: value}).status_code == 400
    assert list(browser.last.mistakes()) == [field]
    assert submissions(app) == []


def test_the_same_contact_gets_the_same_answer_and_changes_nothing_that_waits(
    app: Flask, browser: Browser, keyring: Keyring
) -> None:
    link = confirmed(app, browser, keyring)
    send(browser, name="Somebody else", email="OFFICE@union.example".lower())
    assert endorse_link(app, keyring) == link
    assert UNION["name"] in browser.read(link).text


def test_an_unconfirmed_one_is_replaced_and_its_first_link_is_void(
    app: Flask, browser: Browser, keyring: Keyring
) -> None:
    send(browser)
    first = endorse_link(app, keyring)
    send(browser, statement="Said better.")
    assert browser.get(first).status_code == 404
    assert "Said better." in browser.read(endorse_link(app, keyring)).text
    assert len(submissions(app)) == 1


def test_one_that_was_entered_at_the_desk_needs_somebody_else(app: Flask, browser: Browser) -> None:
    mona = moderator(app)
    address = f"/organize/campaigns/{SLUG}/endorsements/new"
    form = mona.browser.read(address).form("source")
    data = {**form.values, "name": "Bakers' Guild", "source": "letter of 3 November"}
    assert mona.browser.post(address, data={**data, "source": ""}).status_code == 400
    assert mona.browser.post(address, data=data).status_code == 303
    (row,) = submissions(app)
    assert decide(mona, "approve", [row.id.hex]).status_code == 409
    assert shown(app) == []
    assert decide(moderator(app, "edda", "edda@example.org"), "approve", [row.id.hex]).status_code == 303
    assert "Bakers' Guild" in browser.read(LIST).text


def test_a_moderator_does_not_approve_what_they_wrote_for_an_organization(
    app: Flask, browser: Browser, keyring: Keyring
) -> None:
    confirmed(app, browser, keyring, email="mona@example.org")
    (row,) = submissions(app)
    assert decide(moderator(app), "approve", [row.id.hex]).status_code == 409
    assert shown(app) == []


def test_a_flood_of_them_is_asked_to_work(browser: Browser) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    answers = [
        browser.post(FORM, data={**UNION, "email": f"x{number}@union.example"}, environ_overrides=elsewhere).status_code
        for number in range(12)
    ]
    assert answers[:10] == [303] * 10
    assert 429 in answers[10:]
    assert browser.last.form("email").values["name"] == UNION["name"]
