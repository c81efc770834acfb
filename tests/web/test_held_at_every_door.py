"""A telephone number is held with its reason wherever somebody can send it in, and nobody shows it unread."""

from collections.abc import Callable

import pytest
from flask import Flask

from campaign.core.keyring import Keyring
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.signing import Signing
from tests.web.voices import QUEUE, UNION, decide, endorse_link, moderator, shown, submissions

SPELLED = "Call zero nine one two three four five six."
Door = Callable[[Flask, Browser, Signing, Keyring], None]


def with_the_signature(app: Flask, browser: Browser, signing: Signing, keyring: Keyring) -> None:
    signing.fill_in()
    assert signing.confirm(words=SPELLED).status_code == 303


def later(app: Flask, browser: Browser, signing: Signing, keyring: Keyring) -> None:
    address = f"/en/manage/{signing.sign_and_confirm()}/message"
    form = browser.read(address).form("words")
    assert browser.post(address, data={**form.values, "words": SPELLED}).status_code == 303


def by_an_organization(app: Flask, browser: Browser, signing: Signing, keyring: Keyring) -> None:
    assert browser.post(f"/en/{SLUG}/endorse", data={**UNION, "statement": SPELLED}).status_code == 303
    browser.post(endorse_link(app, keyring), data={"action": "confirm"})


def in_the_name_of_an_organization(app: Flask, browser: Browser, signing: Signing, keyring: Keyring) -> None:
    data = {**UNION, "name": "Union ۰۹۱۲ ۳۴۵ ۶۷۸۹"}
    assert browser.post(f"/en/{SLUG}/endorse", data=data).status_code == 303
    browser.post(endorse_link(app, keyring), data={"action": "confirm"})


def entered_at_the_desk(app: Flask, browser: Browser, signing: Signing, keyring: Keyring) -> None:
    edda = moderator(app, "edda", "edda@example.org")
    address = f"/organize/campaigns/{SLUG}/endorsements/new"
    form = edda.browser.read(address).form("source")
    data = {**form.values, "name": "Bakers' Guild", "source": "a letter", "statement": SPELLED}
    assert edda.browser.post(address, data=data).status_code == 303


@pytest.mark.parametrize(
    "door", [with_the_signature, later, by_an_organization, in_the_name_of_an_organization, entered_at_the_desk]
)
def test_it_is_held(app: Flask, browser: Browser, signing: Signing, keyring: Keyring, door: Door) -> None:
    door(app, browser, signing, keyring)
    mona = moderator(app)
    assert "a telephone number" in mona.browser.read(QUEUE).text
    (row,) = submissions(app)
    assert decide(mona, "approve", [row.id.hex]).status_code == 409
    assert shown(app) == []
