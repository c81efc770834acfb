"""Which network a flood comes from, whatever its requests say, and what is kept of that."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.app import create_app
from campaign.core.db import db
from campaign.core.keyring import Keyring
from campaign.defence.models import DailyKey
from campaign.defence.rate_limits import (
    SIGN_BY_NETWORK,
)
from campaign.web.public.flood import _warn_of_proxy
from campaign.worker import keep_house
from tests.databases import config_for
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.web.floods import ELSEWHERE, HOME, Exhaust, counters
from tests.web.signing import Signing

pytestmark = pytest.mark.usefixtures("easy_tasks", "at_home")


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
