"""Work that lets a signature through at once: good for one, for its own form, and for a while."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from campaign.core.db import transaction
from campaign.defence import proof_of_work
from campaign.defence.rate_limits import (
    MANAGE_BY_NETWORK,
    SIGN_BY_NETWORK,
)
from tests.factories import SLUG, make_campaign
from tests.pages import Browser, content_policy
from tests.tasks import altered, solve, task_on
from tests.web.floods import FRAME, LATER, OTHER, Exhaust, waits
from tests.web.signing import FILLED_IN, SIGN, Signing, nothing_stored, stored

pytestmark = pytest.mark.usefixtures("easy_tasks", "at_home")


def test_whoever_asked_for_work_may_load_its_worker_and_nothing_else(
    browser: Browser, signing: Signing, exhaust: Exhaust, now: datetime
) -> None:
    assert "worker-src" not in content_policy(browser.get(f"/en/{SLUG}/"))
    exhaust(SIGN_BY_NETWORK, now=now)
    policy = content_policy(signing.fill_in())
    assert policy["worker-src"] == policy["script-src"] == ["'self'"]
    assert policy["connect-src"] == ["'none'"]


def test_a_page_without_a_question_loads_no_script(browser: Browser, signing: Signing) -> None:
    for path in (f"/en/{SLUG}/", "/en/manage"):
        assert browser.read(path).tagged("script") == []
    signing.fill_in(name="")
    assert browser.last.tagged("script") == []


@pytest.mark.parametrize("path", [SIGN, f"/fa/{SLUG}/sign", FRAME, f"{FRAME}?lang=fa&theme=dark"])
def test_work_lets_a_signature_through_at_once(
    app: Flask, browser: Browser, signing: Signing, exhaust: Exhaust, now: datetime, path: str
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    assert signing.fill_in(path=path).status_code == 429
    form = browser.last.form("name", "email", "altcha")
    answered = browser.post(form.action or path, data={**form.values, "altcha": solve(task_on(browser.last))})
    assert answered.status_code == 303
    assert "/check-your-email" in answered.location
    browser.read(answered.location)
    assert [row.state for row in stored(app)] == ["pending"]
    assert all(wait <= 5 for wait in waits(app, now))


def test_a_solution_works_once(signing: Signing, browser: Browser, exhaust: Exhaust, now: datetime) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    signing.fill_in()
    solution = solve(task_on(browser.last))
    assert "check-your-email" in signing.fill_in(altcha=solution).location
    assert signing.fill_in(altcha=solution, email="bob@example.org").status_code == 429
    assert signing.fill_in(altcha=solution, email="bob@example.org", asked="y").location == LATER


def test_a_solution_with_a_mistake_in_the_form_is_not_used_up(
    signing: Signing, browser: Browser, exhaust: Exhaust, now: datetime
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    signing.fill_in()
    solution = solve(task_on(browser.last))
    assert signing.fill_in(altcha=solution, email="alice@").status_code == 400
    assert "check-your-email" in signing.fill_in(altcha=solution).location


def test_a_solution_for_something_else_is_none(
    app: Flask, signing: Signing, browser: Browser, exhaust: Exhaust, now: datetime
) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug=OTHER)
    exhaust(SIGN_BY_NETWORK, now=now)
    exhaust(MANAGE_BY_NETWORK, now=now)
    elsewhere = []
    for path in (f"/en/{OTHER}/sign", "/en/manage"):
        assert browser.post(path, data=FILLED_IN).status_code == 429
        elsewhere.append(solve(task_on(browser.last)))
    assert [signing.fill_in(altcha=solution).status_code for solution in elsewhere] == [429, 429]
    assert "manage/sent" in browser.post("/en/manage", data={**FILLED_IN, "altcha": elsewhere[1]}).location
    assert len(stored(app)) == 0


def test_a_solution_that_came_late_or_was_changed_is_none(
    signing: Signing, browser: Browser, exhaust: Exhaust, clock: time_machine.Traveller, now: datetime
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    signing.fill_in()
    solution = solve(task_on(browser.last))
    for wrong in (altered(solution, expires_at=10**11), altered(solution, cost=1), solution[:-8], "x", "=" * 9000):
        assert signing.fill_in(altcha=wrong).status_code == 429
    late = now + timedelta(minutes=proof_of_work.TASK_MINUTES, seconds=10)
    clock.move_to(late)
    exhaust(SIGN_BY_NETWORK, now=late)
    assert signing.fill_in(altcha=solution).status_code == 429


def test_a_full_line_is_said_and_the_form_kept(
    app: Flask, browser: Browser, signing: Signing, exhaust: Exhaust, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.defence.waiting_line.LONGEST_HOLD_HOURS", 0)
    exhaust(SIGN_BY_NETWORK, now=now)
    assert signing.fill_in(asked="y").status_code == 429
    assert "no more from your network" in browser.last.text
    assert browser.last.value("name") == FILLED_IN["name"]
    assert nothing_stored(app)
    assert "check-your-email" in signing.fill_in(asked="y", altcha=solve(task_on(browser.last))).location
