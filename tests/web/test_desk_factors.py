"""The second factor at the door and before what could do harm."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from campaign.app import create_app
from campaign.config import Config
from campaign.core.db import db
from campaign.core.keyring import Keyring
from tests.factories import SLUG
from tests.pages import browse
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited, show_factor
from tests.web.factors import ACCOUNT, APP, FACTOR, PEOPLE, SEALED, code_of, give_app, show


def test_an_account_without_a_factor_sets_one_up_before_it_can_do_anything(app: Flask, desk: Desk) -> None:
    assert desk.log_in(with_factor=False).status_code == 303
    for address in ("/organize/", CAMPAIGN, SEALED, ACCOUNT, "/organize/people"):
        response = desk.browser.get(address)
        assert (response.status_code, response.location) == (303, "/organize/account/set-up"), address
    assert APP in desk.browser.read("/organize/account/set-up").links().values()
    form = desk.browser.read(APP).form("code")
    assert re.fullmatch("[A-Z2-7]{32}", form.values["secret"])
    assert desk.browser.post(APP, data={**form.values, "code": "000000"}).status_code == 400
    assert desk.browser.last.value("secret") == form.values["secret"], "the picture was read already"
    response = desk.browser.post(APP, data={**form.values, "code": code_of(form.values["secret"])})
    assert response.status_code == 200
    codes = re.findall(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", desk.browser.last.text)
    assert len(set(codes)) == 10
    assert desk.browser.get(CAMPAIGN).status_code == 200
    assert [action for action, _ in audited(app)] == ["added_totp", "made_recovery_codes"]
    for code in codes:
        assert code not in desk.browser.read(ACCOUNT).text


def test_login_asks_for_the_code_and_takes_it_once(
    app: Flask, desk: Desk, keyring: Keyring, now: datetime, clock: time_machine.Traveller
) -> None:
    secret, codes = give_app(app, keyring, now)
    desk.log_in(with_factor=False)
    response = desk.browser.get("/organize/")
    assert (response.status_code, response.location) == (303, FACTOR)
    assert show(desk, "123456") == 400
    code = code_of(secret)
    assert show(desk, code) == 303
    assert desk.browser.get("/organize/").status_code == 200
    other = Desk(browse(app))
    other.log_in(with_factor=False)
    assert show(other, code) == 400
    assert show(other, codes[0]) == 303
    third = Desk(browse(app))
    third.log_in(with_factor=False)
    assert show(third, codes[0]) == 400
    clock.shift(timedelta(seconds=60))
    assert show(third, code_of(secret)) == 303


def test_a_password_alone_adds_no_factor(app: Flask, desk: Desk, keyring: Keyring, now: datetime) -> None:
    give_app(app, keyring, now)
    desk.log_in(with_factor=False)
    for address in (APP, "/organize/account/passkey"):
        for method in ("GET", "POST"):
            response = desk.browser.open(address, method=method)
            assert response.status_code == 303
            assert response.location.startswith(FACTOR)


def test_codes_cannot_be_tried_for_long(app: Flask, desk: Desk, keyring: Keyring, now: datetime) -> None:
    secret, _ = give_app(app, keyring, now)
    desk.log_in(with_factor=False)
    assert [show(desk, f"{number:06}") for number in range(10)] == [400] * 10
    assert show(desk, code_of(secret)) == 429


def test_what_could_do_harm_asks_again_after_ten_minutes_and_leads_back(
    app: Flask, desk: Desk, keyring: Keyring, now: datetime, clock: time_machine.Traveller
) -> None:
    secret, _ = give_app(app, keyring, now)
    desk.log_in()
    assert desk.browser.get(SEALED).status_code == 200
    clock.shift(timedelta(minutes=10))
    assert desk.browser.get(CAMPAIGN).status_code == 200, "looking does no harm"
    response = desk.browser.get(f"{SEALED}?a=b")
    assert response.status_code == 303
    assert response.location == f"{FACTOR}?next=/organize/campaigns/{SLUG}/open-list?a%3Db"
    form = desk.browser.read(response.location).form("code")
    back = desk.browser.post(response.location, data={**form.values, "code": code_of(secret)})
    assert (back.status_code, back.location) == (303, f"{SEALED}?a=b")
    assert desk.browser.get(SEALED).status_code == 200


def test_a_form_sent_too_late_leads_back_to_its_page(
    app: Flask, desk: Desk, keyring: Keyring, now: datetime, clock: time_machine.Traveller
) -> None:
    give_app(app, keyring, now)
    desk.log_in()
    form = desk.browser.read(ACCOUNT).form("password", "new_password")
    clock.shift(timedelta(minutes=11))
    typed = {**form.values, "password": PASSWORD, "new_password": "another long password"}
    referrer = {"Referer": f"http://localhost{ACCOUNT}"}
    response = desk.browser.post(f"{ACCOUNT}/password", data=typed, headers=referrer)
    assert (response.status_code, response.location) == (303, f"{FACTOR}?next={ACCOUNT}")
    assert Desk(browse(app)).log_in(password=PASSWORD).status_code == 303, "nothing was changed"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/organize//evil.example",
        "/en/",
        "/organize/../en/",
        "/organize/%2e%2e/en/",
        "/organize/\r\nX-A: b",
        "/organize/account/password",
        "/organize/nothing-here",
        "http://[",
        "javascript:x",
        "",
    ],
)
def test_the_way_back_stays_at_the_desk(app: Flask, desk: Desk, keyring: Keyring, now: datetime, wanted: str) -> None:
    secret, _ = give_app(app, keyring, now)
    desk.log_in(with_factor=False)
    form = desk.browser.read(FACTOR).form("code")
    data = {**form.values, "code": code_of(secret)}
    response = desk.browser.post(FACTOR, data=data, query_string={"next": wanted})
    assert (response.status_code, response.location) == (303, "/organize/")


@pytest.mark.parametrize(
    ("stood_at", "page"),
    [
        (PEOPLE, PEOPLE),
        (f"{PEOPLE}/invite", PEOPLE),
        (f"{PEOPLE}/{uuid.UUID(int=0)}/remove", PEOPLE),
        (f"{CAMPAIGN}people/invite", f"{CAMPAIGN}people"),
        ("/en/", "/organize/"),
        ("/organize/logout", "/organize/"),
    ],
)
def test_a_form_that_came_back_with_mistakes_leads_to_a_page_that_opens(
    desk: Desk, clock: time_machine.Traveller, stood_at: str, page: str
) -> None:
    desk.log_in()
    clock.shift(timedelta(minutes=11))
    referrer = {"Referer": f"http://localhost{stood_at}"}
    response = desk.browser.post(f"{PEOPLE}/invite", headers=referrer)
    assert (response.status_code, response.location) == (303, f"{FACTOR}?next={page}")
    show_factor(desk.browser.application, "olga")
    assert desk.browser.get(page).status_code == 200


@pytest.mark.parametrize("referrer", ["http://[", "", "x", "\\", "http://localhost//evil.example/"])
def test_a_broken_referrer_leads_to_the_first_page(desk: Desk, clock: time_machine.Traveller, referrer: str) -> None:
    desk.log_in()
    clock.shift(timedelta(minutes=11))
    response = desk.browser.post(f"{PEOPLE}/invite", headers={"Referer": referrer})
    assert (response.status_code, response.location) == (303, f"{FACTOR}?next=/organize/")


@pytest.fixture
def demo(app: Flask, desk: Desk, config: Config) -> Iterator[Flask]:
    """The same site as a demo."""
    made = create_app(replace(config, is_demo=True))
    yield made
    with made.app_context():
        db.engine.dispose()


def test_in_the_demo_whoever_has_no_factor_types_the_password_again(demo: Flask, clock: time_machine.Traveller) -> None:
    desk = Desk(browse(demo))
    desk.log_in(with_factor=False)
    assert desk.browser.get(SEALED).status_code == 200, "the password was typed just now"
    clock.shift(timedelta(minutes=11))
    asked = f"{FACTOR}?next={SEALED}"
    assert desk.browser.get(SEALED).location == asked
    for password in ("", "another long password"):
        form = desk.browser.read(asked).form("password")
        assert desk.browser.post(asked, data={**form.values, "password": password}).status_code == 400
        assert desk.browser.last.mistakes()
    form = desk.browser.read(asked).form("password")
    back = desk.browser.post(asked, data={**form.values, "password": PASSWORD})
    assert (back.status_code, back.location) == (303, SEALED)
    assert desk.browser.get(SEALED).status_code == 200


def test_outside_the_demo_a_password_is_no_factor(desk: Desk) -> None:
    desk.log_in(with_factor=False)
    for method in ("GET", "POST"):
        response = desk.browser.open(FACTOR, method=method, data={"password": PASSWORD})
        assert (response.status_code, response.location) == (303, "/organize/account/set-up")


def test_the_password_cannot_be_guessed_for_long_in_an_open_tab(desk: Desk) -> None:
    desk.log_in()
    form = desk.browser.read(ACCOUNT).form("password", "new_password")
    typed = {**form.values, "password": "wrong password", "new_password": "another long password"}
    tries = [desk.browser.post(f"{ACCOUNT}/password", data=typed).status_code for _ in range(11)]
    assert tries == [400] * 10 + [429]
