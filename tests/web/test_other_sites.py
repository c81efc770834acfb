"""A form sent by another site is refused and leaves nothing; our own pages and programs without a browser are heard."""

import pytest
from flask import Flask

from tests.factories import SLUG
from tests.pages import Browser
from tests.web.signing import ALICE, SIGN, Signing, nothing_stored, stored

ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "null"},
    {"Origin": "localhost"},
    {"Origin": "http://[", "Referer": "http://localhost/"},
)
OURS = (
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {},
)


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize("path", [SIGN, f"/fa/{SLUG}/sign", f"/embed/{SLUG}"])
def test_nobody_is_signed_up_by_another_site(
    app: Flask, browser: Browser, signing: Signing, path: str, headers: dict[str, str]
) -> None:
    assert signing.fill_in(path=path, headers=headers).status_code == 403
    assert browser.last.by_id["main"] is not None
    assert nothing_stored(app)


@pytest.mark.parametrize("headers", OURS)
@pytest.mark.parametrize("path", [SIGN, f"/embed/{SLUG}"])
def test_our_own_pages_may_sign(app: Flask, signing: Signing, path: str, headers: dict[str, str]) -> None:
    assert signing.fill_in(path=path, headers=headers).status_code == 303
    assert len(stored(app)) == 1


@pytest.mark.parametrize("headers", [ELSEWHERE[0], ELSEWHERE[4], ELSEWHERE[8]])
def test_another_site_can_neither_confirm_nor_change_nor_withdraw(
    app: Flask, browser: Browser, signing: Signing, headers: dict[str, str]
) -> None:
    signing.fill_in(public_name="Alice")
    confirm, manage = signing.token(), signing.token("manage")
    assert browser.post(f"/en/confirm/{confirm}", headers=headers).status_code == 403
    for data in ({"action": "name"}, {"action": "withdraw", "sure": "y"}):
        assert browser.post(f"/en/manage/{manage}", data=data, headers=headers).status_code == 403
    assert [(row.state, row.public_name) for row in stored(app)] == [("pending", "Alice")]


@pytest.mark.parametrize("headers", [ELSEWHERE[0], ELSEWHERE[4], ELSEWHERE[8]])
def test_another_site_can_have_no_mail_sent(app: Flask, browser: Browser, headers: dict[str, str]) -> None:
    assert browser.post("/en/manage", data={"email": ALICE}, headers=headers).status_code == 403
    assert nothing_stored(app)


def test_a_refused_form_tells_nobody_whether_its_link_was_good(browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    good, bad = signing.token(), "A" * 64
    answers = {
        browser.post(f"/en/confirm/{token}", headers=ELSEWHERE[0]).text.replace(token, "TOKEN") for token in (good, bad)
    }
    assert len(answers) == 1
