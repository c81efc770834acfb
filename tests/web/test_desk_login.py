"""Getting to the desk: nothing without a session, few tries, one answer for every wrong login."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests.pages import Browser, browse
from tests.web.desk import CAMPAIGN, PASSWORD, Desk

BEHIND_LOGIN = (
    "/organize/",
    CAMPAIGN,
    f"{CAMPAIGN}open-list",
    f"{CAMPAIGN}lists",
    f"{CAMPAIGN}public-names/1/x",
    "/organize/campaigns/no-such-campaign/",
)
WRONG = "Login or password is wrong"


def cookie(desk: Desk) -> str:
    found = desk.browser.get_cookie("desk", domain="localhost", path="/organize")
    assert found is not None
    return found.value


@pytest.mark.parametrize("address", BEHIND_LOGIN)
def test_without_a_session_everything_leads_to_the_login(browser: Browser, address: str) -> None:
    response = browser.get(address)
    assert (response.status_code, response.location) == (303, "/organize/login")
    assert browser.post("/organize/logout").status_code == 400
    assert browser.open(address, method="HEAD").status_code in (303, 403)


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_the_right_password_opens_the_desk(desk: Desk, lang: str) -> None:
    desk.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    response = desk.log_in()
    assert (response.status_code, response.location) == (303, "/organize/")
    for address in ("/organize/", CAMPAIGN, f"{CAMPAIGN}open-list"):
        assert desk.browser.read(address).root.get("lang") == lang


def test_a_login_is_not_case_sensitive_but_a_password_is(desk: Desk) -> None:
    assert desk.log_in(password=PASSWORD.title()).status_code == 400
    assert desk.log_in(" Olga ").status_code == 303


@pytest.mark.parametrize(
    ("login", "password"),
    [("olga", "wrong password"), ("nobody", PASSWORD), ("nobody", "x"), ("olga\0", PASSWORD), ("' OR 1=1 --", "x")],
)
def test_wrong_login_and_wrong_password_look_the_same(desk: Desk, login: str, password: str) -> None:
    assert desk.log_in(login, password).status_code == 400
    assert list(desk.browser.last.mistakes()) == ["login"]
    assert WRONG in desk.browser.last.mistakes()["login"]
    assert desk.browser.last.value("password") == ""
    assert desk.browser.get("/organize/").status_code == 303


@pytest.mark.parametrize(("login", "password"), [("", ""), ("x" * 61, "x"), ("olga", "x" * 1001)])
def test_a_login_nobody_can_have_is_a_mistake(desk: Desk, login: str, password: str) -> None:
    assert desk.log_in(login, password).status_code == 400
    assert desk.browser.last.mistakes()


@pytest.mark.parametrize("token", [None, "", "x", "IjAi.aBcDeF.signature"])
def test_the_login_form_needs_its_token(desk: Desk, token: str | None) -> None:
    desk.browser.read("/organize/login")
    data = {"login": "olga", "password": PASSWORD, **({} if token is None else {"csrf_token": token})}
    assert desk.browser.post("/organize/login", data=data).status_code == 400
    assert desk.browser.get("/organize/").status_code == 303


def test_after_ten_tries_an_account_is_shut_for_a_while(app: Flask, desk: Desk, clock: time_machine.Traveller) -> None:
    assert [desk.log_in(password="guess").status_code for _ in range(10)] == [400] * 10
    refused = desk.log_in()
    assert refused.status_code == 429
    assert Desk(browse(app)).log_in("OLGA").status_code == 429
    assert Desk(browse(app)).log_in("edda").status_code == 303
    clock.shift(timedelta(minutes=16))
    assert desk.log_in().status_code == 303


def test_who_tried_too_often_is_told_how_long_to_wait(desk: Desk) -> None:
    for _ in range(10):
        desk.log_in(password="guess")
    assert 1 <= int(desk.log_in().headers["Retry-After"]) <= 15 * 60


def test_one_network_may_not_try_many_accounts(app: Flask) -> None:
    tries = [Desk(browse(app)).log_in(f"nobody{number}").status_code for number in range(31)]
    assert tries == [400] * 30 + [429]


def test_the_session_cookie_goes_to_the_desk_only(desk: Desk) -> None:
    desk.browser.read("/organize/login")
    response = desk.log_in()
    (header,) = response.headers.getlist("Set-Cookie")
    attributes = {part.strip().partition("=")[0].lower(): part.partition("=")[2] for part in header.split(";")[1:]}
    assert header.startswith("desk=")
    assert attributes["path"] == "/organize"
    assert attributes["samesite"] == "Lax"
    assert "httponly" in attributes
    assert "domain" not in attributes


def test_logging_in_renews_the_session(desk: Desk) -> None:
    token = desk.browser.read("/organize/login").form("csrf_token").values["csrf_token"]
    before = cookie(desk)
    desk.log_in()
    assert cookie(desk) != before
    assert desk.browser.post("/organize/logout", data={"csrf_token": token}).status_code == 400


def test_a_session_ends_after_a_working_day(desk: Desk, clock: time_machine.Traveller) -> None:
    desk.log_in()
    clock.shift(timedelta(hours=12, minutes=1))
    assert desk.browser.get("/organize/").status_code == 303


def test_an_altered_cookie_is_no_session(desk: Desk) -> None:
    desk.log_in()
    desk.browser.set_cookie("desk", f"{cookie(desk)[:-4]}AAAA", domain="localhost", path="/organize")
    assert desk.browser.get("/organize/").status_code == 303


def test_login_leads_to_the_desk_and_nowhere_else(desk: Desk) -> None:
    form = desk.browser.read("/organize/login?next=https://evil.example/").form("login", "password")
    data = {**form.values, "login": "olga", "password": PASSWORD, "next": "https://evil.example/"}
    response = desk.browser.post("/organize/login?next=https://evil.example/", data=data)
    assert response.location == "/organize/"


def test_logging_out_ends_the_session_and_every_copy_of_its_cookie(app: Flask, desk: Desk) -> None:
    desk.log_in()
    cookie = desk.browser.get_cookie("desk", path="/organize")
    assert cookie is not None
    desk.browser.read("/organize/")
    assert desk.press("/organize/logout").status_code == 303
    thief = app.test_client()
    thief.set_cookie("desk", cookie.value, path="/organize")
    for client in (desk.browser, thief):
        assert client.get("/organize/").headers["Location"] == "/organize/login"


@pytest.mark.parametrize("address", ["/organize/logout", "/organize/language"])
@pytest.mark.parametrize("token", [None, "x"])
def test_a_form_of_the_desk_needs_its_token(desk: Desk, address: str, token: str | None) -> None:
    desk.log_in()
    data = {"lang": "fa", **({} if token is None else {"csrf_token": token})}
    assert desk.browser.post(address, data=data).status_code == 400
    assert desk.browser.read("/organize/").root.get("lang") == "en"


def test_the_desk_speaks_the_chosen_language_until_another_is_chosen(desk: Desk) -> None:
    desk.log_in()
    for lang, spoken in (("fa", "fa"), ("xx", "fa"), ("en", "en")):
        desk.browser.read("/organize/")
        assert desk.press("/organize/language", lang=lang).status_code == 303
        assert desk.browser.read("/organize/").root.get("lang") == spoken


def test_the_language_chosen_before_login_stays(desk: Desk) -> None:
    desk.browser.read("/organize/login")
    desk.press("/organize/language", lang="fa")
    desk.log_in()
    assert desk.browser.read("/organize/").root.get("lang") == "fa"


def test_the_desk_leaves_no_cookie_on_the_public_site(desk: Desk) -> None:
    desk.log_in()
    assert "Cookie" not in desk.browser.get("/en/").request.headers
    assert "Cookie" in desk.browser.get("/organize/").request.headers
