"""Asking tells nobody whether somebody has signed: the answers are the same, byte for byte."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from campaign.signing.actions import MAILS_A_DAY
from campaign.signing.links import LINK_DAYS
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.signing import ALICE, SIGN, Signing

WITHDRAW = {"action": "withdraw", "sure": "y"}
Answer = tuple[int, list[tuple[str, str]], bytes]


def answer(response: TestResponse) -> Answer:
    """All of a response but the date."""
    headers = [(name, value) for name, value in response.headers if name != "Date"]
    return response.status_code, headers, response.data


@pytest.mark.parametrize("path", [SIGN, f"/fa/{SLUG}/sign", f"/embed/{SLUG}"])
def test_new_pending_and_confirmed_signers_get_the_same_answer(signing: Signing, path: str) -> None:
    new = answer(signing.fill_in(path=path))
    pending = answer(signing.fill_in(path=path))
    assert signing.confirm().status_code == 303
    confirmed = answer(signing.fill_in(path=path))
    assert new == pending == confirmed
    assert new[0] == 303


def test_somebody_past_the_daily_limit_gets_the_same_answer(signing: Signing) -> None:
    answers = [answer(signing.fill_in()) for _ in range(MAILS_A_DAY + 2)]
    assert all(one == answers[0] for one in answers)


def test_mistakes_are_answered_the_same_for_somebody_who_has_signed(signing: Signing) -> None:
    new = answer(signing.fill_in(name=""))
    signing.fill_in()
    assert answer(signing.fill_in(name="")) == new


@pytest.mark.parametrize("path", ["/en/manage", "/fa/manage"])
def test_asking_for_a_link_is_answered_the_same_for_everybody(browser: Browser, signing: Signing, path: str) -> None:
    unknown = answer(browser.post(path, data={"email": ALICE}))
    signing.fill_in()
    pending = answer(browser.post(path, data={"email": ALICE}))
    signing.confirm()
    confirmed = answer(browser.post(path, data={"email": ALICE}))
    assert unknown == pending == confirmed
    assert unknown[0] == 303
    browser.read(dict(unknown[1])["Location"])


@pytest.mark.parametrize("page", ["confirm", "manage"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_bad_link_is_the_same_page(
    app: Flask, browser: Browser, signing: Signing, clock: time_machine.Traveller, now: datetime, page: str, method: str
) -> None:
    bad = {
        "nobody's": "A" * 64,
        "short": "zqz",
        "cut off": "A" * 20,
        "long": "A" * 3000,
        "not ascii": "é" * 64,
        "with a NUL": "A\0A",
    }
    signing.fill_in()
    bad["replaced"] = signing.token(page)
    signing.fill_in()
    bad["of another kind"] = signing.token("manage" if page == "confirm" else "confirm")
    bad["withdrawn"] = signing.token(page)
    signing.confirm()
    assert browser.post(f"/en/manage/{signing.token('manage')}", data=WITHDRAW).status_code == 303
    signing.fill_in()
    bad["expired"] = signing.token(page)
    clock.move_to(now + timedelta(days=LINK_DAYS, hours=1))

    answers = {
        why: answer(browser.open(f"/en/{page}/{token}", method=method, data=WITHDRAW)) for why, token in bad.items()
    }
    expected = answers["nobody's"]
    assert expected[0] == 404
    assert {why for why, found in answers.items() if found != expected} == set()
    assert browser.last.h1 == "This link does not work"
