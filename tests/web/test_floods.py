"""Too many at once: the form comes back with a question, patience lets it through too; nothing is dropped."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask

from campaign.core.db import transaction
from campaign.defence.rate_limits import (
    BAD_LINK_BY_NETWORK,
    MANAGE_BY_NETWORK,
    SIGN_BY_CAMPAIGN,
    SIGN_BY_NETWORK,
)
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from tests.factories import SLUG, Site, make_campaign
from tests.pages import Browser
from tests.tasks import solve, task_on
from tests.web.floods import ELSEWHERE, FRAME, HOME, LATER, OTHER, Exhaust, waits
from tests.web.signing import ALICE, SIGN, Signing, stored
from tests.web.test_same_answer import answer

pytestmark = pytest.mark.usefixtures("easy_tasks", "at_home")


def test_a_network_signs_sixty_times_and_is_then_asked(app: Flask, browser: Browser, signing: Signing) -> None:
    assert {signing.fill_in(email=f"signer{n}@example.org").status_code for n in range(SIGN_BY_NETWORK.hits)} == {303}
    typed = {"name": "Zoë", "email": "zoe@example.org", "message": "Not the second sentence.", "country": "DE"}
    refused = signing.fill_in(**typed, public_name="Z.", updates="y")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= SIGN_BY_NETWORK.seconds
    assert refused.headers["Cache-Control"] == "no-store"
    assert {name: browser.last.value(name) for name in typed} == typed
    assert browser.last.value("public_name") == "Z."
    assert browser.last.value("updates") == "y"
    assert "One more step" in browser.last.text
    assert str(LONGEST_HOLD_HOURS) in browser.last.text
    assert not browser.last.mistakes()
    assert len(stored(app)) == SIGN_BY_NETWORK.hits


@pytest.mark.parametrize("path", [SIGN, f"/fa/{SLUG}/sign", FRAME, f"{FRAME}?lang=fa&theme=dark"])
def test_without_work_a_signature_is_held_and_its_owner_told(
    app: Flask, browser: Browser, signing: Signing, exhaust: Exhaust, now: datetime, path: str
) -> None:
    """No script, no solution: the same form sent again is taken, and only its mail waits."""
    exhaust(SIGN_BY_NETWORK, now=now)
    signing.fill_in(path=path)
    language, theme = browser.last.root.get("lang"), browser.last.root.get("data-theme")
    form = browser.last.form("name", "email", "altcha")
    answered = browser.post(form.action or path, data=form.values)
    assert answered.status_code == 303
    assert "/mail-comes-later" in answered.location
    page = browser.read(answered.location)
    assert str(LONGEST_HOLD_HOURS) in page.text or "۱۲" in page.text
    assert (page.root.get("lang"), page.root.get("data-theme")) == (language, theme)
    assert [row.state for row in stored(app)] == ["pending"]
    assert all(5 < wait <= 12 for wait in waits(app, now))
    assert signing.confirm().status_code == 303


def test_held_mail_leaves_at_an_even_pace(app: Flask, signing: Signing, exhaust: Exhaust, now: datetime) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    for number in range(4):
        assert signing.fill_in(email=f"signer{number}@example.org", asked="y").location == LATER
    steps = waits(app, now)
    assert [after - before for before, after in pairwise(steps)] == [6, 6, 6]


def test_the_link_of_held_mail_is_good_for_seven_days_from_its_mail(
    app: Flask, signing: Signing, exhaust: Exhaust, clock: time_machine.Traveller, now: datetime
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    for number in range(200):
        signing.fill_in(email=f"signer{number}@example.org", asked="y")
    signing.fill_in(asked="y")
    longest = max(waits(app, now))
    assert longest > 20 * 60
    clock.move_to(now + timedelta(days=7, seconds=longest))
    assert signing.confirm().status_code == 303


@pytest.mark.parametrize("path", [SIGN, FRAME])
def test_held_is_answered_the_same_for_everybody(signing: Signing, exhaust: Exhaust, now: datetime, path: str) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    new = answer(signing.fill_in(path=path, asked="y"))
    pending = answer(signing.fill_in(path=path, asked="y"))
    assert signing.confirm().status_code == 303
    confirmed = answer(signing.fill_in(path=path, asked="y"))
    assert new == pending == confirmed
    assert "mail-comes-later" in dict(new[1])["Location"]


def test_a_network_that_floods_holds_nobody_elsewhere(
    browser: Browser, signing: Signing, exhaust: Exhaust, now: datetime
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    assert signing.fill_in().status_code == 429
    browser.environ_base["REMOTE_ADDR"] = ELSEWHERE
    assert "check-your-email" in signing.fill_in().location


def test_a_question_is_forgotten_with_its_window(
    signing: Signing, exhaust: Exhaust, clock: time_machine.Traveller, now: datetime
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    wait = int(signing.fill_in().headers["Retry-After"])
    clock.move_to(now + timedelta(seconds=wait + 1))
    assert "check-your-email" in signing.fill_in().location


def test_a_campaign_everybody_signs_at_once_asks_everybody_and_holds_them_briefly(
    app: Flask, browser: Browser, site: Site, signing: Signing, exhaust: Exhaust, now: datetime
) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug=OTHER)
    exhaust(SIGN_BY_CAMPAIGN, site.campaign.id.bytes, now=now)
    for address in (HOME, ELSEWHERE, "127.0.0.1"):
        browser.environ_base["REMOTE_ADDR"] = address
        assert signing.fill_in().status_code == 429
        assert "check-your-email" in signing.fill_in(path=f"/en/{OTHER}/sign").location
    assert signing.fill_in(asked="y").location == LATER
    assert max(waits(app, now)) <= 5


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_asking_for_links_too_often_is_asked_and_held_the_same(
    app: Flask, browser: Browser, signing: Signing, lang: str, now: datetime
) -> None:
    signing.sign_and_confirm()
    before = len(waits(app, now))
    path = f"/{lang}/manage"
    for number in range(MANAGE_BY_NETWORK.hits):
        assert browser.post(path, data={"email": f"nobody{number}@example.org"}).location == f"{path}/sent"
    assert browser.post(path, data={"email": ALICE}).status_code == 429
    assert browser.last.value("email") == ALICE
    form = browser.last.form("email", "altcha")
    solved = {**form.values, "altcha": solve(task_on(browser.last))}
    assert browser.post(path, data=solved).location == f"{path}/sent"
    unknown = answer(browser.post(path, data={**form.values, "email": "nobody@example.org"}))
    assert answer(browser.post(path, data=form.values)) == unknown
    assert dict(unknown[1])["Location"] == f"{path}/sent-later"
    browser.read(f"{path}/sent-later")
    assert len(waits(app, now)) == before + MANAGE_BY_NETWORK.hits + 3


def test_mistakes_are_no_signatures(signing: Signing, browser: Browser) -> None:
    for _ in range(SIGN_BY_NETWORK.hits * 2):
        assert signing.fill_in(email="alice@").status_code == 400
    assert "check-your-email" in signing.fill_in().location


def test_who_tries_link_after_link_is_told_to_stop_and_a_good_link_works(browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    tries = [browser.get(f"/en/{page}/{n:043}").status_code for n in range(60) for page in ("confirm", "manage")]
    assert tries == [404] * BAD_LINK_BY_NETWORK.hits
    answers = {answer(browser.open(f"/en/confirm/{'A' * 64}", method=method))[2] for method in ("GET", "POST")}
    assert len(answers) == 1
    refused = browser.get(f"/en/manage/{'A' * 64}")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= BAD_LINK_BY_NETWORK.seconds
    assert "A" * 64 not in refused.text
    assert browser.read(f"/en/manage/{signing.token('manage')}").h1
    assert signing.confirm().status_code == 303
    browser.environ_base["REMOTE_ADDR"] = ELSEWHERE
    assert browser.get(f"/en/confirm/{'A' * 64}").status_code == 404
