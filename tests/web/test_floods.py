"""Too many at once: the form comes back with a question, work lets it through, patience too; nothing is dropped."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.defence import proof_of_work
from campaign.defence.models import DailyKey, RateCounter
from campaign.defence.networks import network_of
from campaign.defence.rate_limits import (
    BAD_LINK_BY_NETWORK,
    MANAGE_BY_NETWORK,
    SIGN_BY_CAMPAIGN,
    SIGN_BY_NETWORK,
    Limit,
)
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from campaign.outbox.models import OutboxMail
from campaign.web.public.flood import _warn_of_proxy
from campaign.web.services import services
from campaign.worker import keep_house
from tests.databases import config_for
from tests.factories import SLUG, Site, make_campaign
from tests.pages import Browser, browse, content_policy
from tests.tasks import altered, solve, task_on
from tests.web.signing import ALICE, FILLED_IN, SIGN, Signing, nothing_stored, stored
from tests.web.test_same_answer import answer

HOME, ELSEWHERE = "203.0.113.9", "198.51.100.1"
FRAME = f"/embed/{SLUG}"
OTHER = "eight-hours"
LATER = f"/en/{SLUG}/mail-comes-later"
Exhaust = Callable[..., None]


@pytest.fixture(autouse=True)
def easy_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real tasks that take two tries instead of two thousand."""
    monkeypatch.setattr(proof_of_work, "_FEWEST_TRIES", 1)
    monkeypatch.setattr(proof_of_work, "_MOST_TRIES", 3)


@pytest.fixture(autouse=True)
def at_home(browser: Browser) -> None:
    """The test client comes from the loopback address, which is no network."""
    browser.environ_base["REMOTE_ADDR"] = HOME


@pytest.fixture
def exhaust(app: Flask) -> Exhaust:
    """Uses up what a limit allows, here and in every other process."""

    def use_up(limit: Limit, what: bytes | None = None, *, now: datetime) -> None:
        with app.app_context():
            allows, counted = services().rate_limits.allows, network_of(HOME) if what is None else what
            while allows(limit, counted, now=now):
                pass

    return use_up


def waits(app: Flask, now: datetime) -> list[int]:
    """For how many seconds each mail in the outbox waits."""
    with app.app_context():
        due = db.session.scalars(select(OutboxMail.due_at).order_by(OutboxMail.due_at)).all()
        db.session.rollback()
    return [round((instant - now).total_seconds()) for instant in due]


def counters(app: Flask) -> int:
    with app.app_context():
        found = len(db.session.scalars(select(RateCounter.tag)).all())
        db.session.rollback()
    return found


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


def test_the_machine_itself_is_no_network(browser: Browser, signing: Signing) -> None:
    """An onion service comes from there: one flood must not hold everybody behind it."""
    browser.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    answers = [signing.fill_in(email=f"s{n}@example.org") for n in range(SIGN_BY_NETWORK.hits + 5)]
    assert {found.location for found in answers} == {f"/en/{SLUG}/check-your-email"}


def test_addresses_of_one_ipv6_network_count_as_one(browser: Browser, signing: Signing) -> None:
    codes = []
    for number in range(SIGN_BY_NETWORK.hits + 1):
        browser.environ_base["REMOTE_ADDR"] = f"2001:db8:7:{number:x}:{number * 7:x}::{number * 31:x}"
        codes.append(signing.fill_in(email=f"s{number}@example.org").status_code)
    assert codes == [303] * SIGN_BY_NETWORK.hits + [429]


FORGED = ["198.51.100.{0}", "127.0.0.1", "::1", "2001:db8:{0}::1", "198.51.100.{0}, 127.0.0.1", "unknown", ""]


@pytest.mark.parametrize("forged", FORGED)
def test_without_a_proxy_nobody_says_where_they_come_from(signing: Signing, forged: str) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        for number in range(SIGN_BY_NETWORK.hits // 3):
            signing.fill_in(headers={header: forged.format(number)}, email=f"{header}{number}@example.org")
    assert signing.fill_in(headers={"X-Forwarded-For": forged.format(99)}).status_code == 429


@pytest.mark.parametrize("forged", FORGED)
def test_behind_a_proxy_only_what_the_proxy_says_counts(
    sqlite_url: str, instance: Path, keyring: Keyring, site: Site, forged: str
) -> None:
    """A proxy adds the address it sees at the end, whatever a client has written before."""
    app = create_app(config_for(sqlite_url, instance, CAMPAIGN_TRUSTED_PROXIES="1"))
    browser = browse(app)
    signing = Signing(app, browser, keyring)

    def sign_from(address: str, number: int) -> int:
        said = f"{forged.format(number)}, {address}"
        return signing.fill_in(headers={"X-Forwarded-For": said}, email=f"s{number}@example.org").status_code

    assert {sign_from(HOME, number) for number in range(SIGN_BY_NETWORK.hits)} == {303}
    assert sign_from(HOME, 99) == 429
    assert sign_from("203.0.113.200", 99) == 429
    assert sign_from(ELSEWHERE, 99) == 303
    with app.app_context():
        db.engine.dispose()


def test_a_proxy_nobody_was_told_of_is_noticed_once(
    browser: Browser, signing: Signing, caplog: pytest.LogCaptureFixture
) -> None:
    _warn_of_proxy.cache_clear()
    browser.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    for number in range(3):
        signing.fill_in(headers={"X-Forwarded-For": HOME}, email=f"s{number}@example.org")
    assert [record.message.count("CAMPAIGN_TRUSTED_PROXIES") for record in caplog.records] == [1]
    assert HOME not in caplog.text


def test_a_flood_is_noticed_in_the_log_which_names_nobody(
    signing: Signing, exhaust: Exhaust, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    for _ in range(20):
        signing.fill_in()
    assert [record.message for record in caplog.records] == ["more than 60 in 600 seconds: sign by network"]


def test_the_worker_destroys_keys_and_counters(app: Flask, signing: Signing, exhaust: Exhaust, now: datetime) -> None:
    exhaust(SIGN_BY_NETWORK, now=now)
    assert counters(app) == 1
    with app.app_context():
        keep_house(now + timedelta(days=2))
        assert db.session.scalar(select(func.count()).select_from(DailyKey)) == 0
    assert counters(app) == 0


def test_networks_of_ordinary_signers_are_not_written_down(app: Flask, browser: Browser, signing: Signing) -> None:
    for number in range(40):
        browser.environ_base["REMOTE_ADDR"] = f"198.51.{number}.7"
        signing.sign_and_confirm(f"signer{number}@example.org")
    assert counters(app) == 0
