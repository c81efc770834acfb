"""The public names, page by page, and the statistics that name nobody."""

import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask

from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import count_ballots
from campaign.signing.models import Signature, SignatureDelta
from campaign.signing.queries import NAMES_A_PAGE
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.signers import sign_and_confirm
from tests.web.signing import Signing

NAMES = f"/en/{SLUG}/signatures"
STATISTICS = f"/en/{SLUG}/statistics"


def add_names(app: Flask, site: Site, now: datetime, names: list[str]) -> None:
    """Confirmed signatures with these public names, without their mails."""
    with app.app_context(), transaction() as session:
        for name in names:
            row = {"campaign_id": site.campaign.id, "id": uuid.uuid4(), "state": "confirmed", "public_name": name}
            hours = {"signed_hour": now, "confirmed_hour": now}
            session.add(Signature(**row, **hours, language="en", text_version=1, source="site", wants_updates=False))
            session.add(SignatureDelta(campaign_id=site.campaign.id, hour=now, change=1))


def listed(browser: Browser, address: str) -> list[str]:
    page = browser.read(address)
    return [item.text or "" for box in page.classed("signatories") for item in box.iter("bdi")]


def test_only_names_their_owners_made_public_are_listed(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm("bob@example.org", public_name="Bob B.")
    signing.sign_and_confirm("charlie@example.org")
    signing.fill_in(public_name="Not confirmed")
    assert listed(browser, NAMES) == ["Bob B."]
    assert browser.last.count == 2


def test_a_name_cannot_write_the_page(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm(public_name="<b>Bob</b> & ${7*7} \" onload='x'")
    assert listed(browser, NAMES) == ["<b>Bob</b> & ${7*7} \" onload='x'"]


def test_names_come_page_by_page_each_once(app: Flask, browser: Browser, site: Site, now: datetime) -> None:
    names = [f"Signatory {number}" for number in range(2 * NAMES_A_PAGE + 7)]
    add_names(app, site, now, names)
    address: str | None = NAMES
    seen: list[list[str]] = []
    while address:
        seen.append(listed(browser, address))
        address = next((link.get("href") for link in browser.last.tagged("a") if link.get("rel") == "next"), None)
    assert [len(page) for page in seen] == [NAMES_A_PAGE, NAMES_A_PAGE, 7]
    assert sorted(name for page in seen for name in page) == sorted(names)


def test_the_list_promises_no_order_in_time(app: Flask, browser: Browser, site: Site, now: datetime) -> None:
    add_names(app, site, now, [f"Signatory {number}" for number in range(NAMES_A_PAGE + 1)])
    words = browser.read(NAMES).text.lower()
    assert not [word for word in ("newest", "older", "latest", "recent") if word in words]


@pytest.mark.parametrize("cursor", ["x", "", "%00", "%ff", "'; DROP TABLE signature", "0" * 32, "f" * 32, "9" * 4000])
def test_a_made_up_cursor_is_a_page(browser: Browser, signing: Signing, cursor: str) -> None:
    signing.sign_and_confirm(public_name="Alice")
    browser.read(f"{NAMES}?after={cursor}")


def test_the_statistics_of_nobody_teach_what_will_be_there(browser: Browser) -> None:
    page = browser.read(STATISTICS)
    assert page.count == 0
    assert not page.tagged("svg", "table")


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_the_statistics_draw_the_days_and_say_them_too(
    app: Flask, browser: Browser, site: Site, keyring: Keyring, now: datetime, lang: str
) -> None:
    with app.app_context():
        for who, days_ago in (("alice", 3), ("bob", 1), ("charlie", 1)):
            sign_and_confirm(site, keyring, now - timedelta(days=days_ago), f"{who}@example.org")
    page = browser.read(f"/{lang}/{SLUG}/statistics")
    assert page.count == 3
    assert page.classed("chart")
    rows = list(page.classed("numbers")[0].iter("tr"))[1:]
    figures = [["".join(cell.itertext()) for cell in row.iter("td")] for row in rows]
    assert [[int(figure) for figure in row] for row in figures] == [[0, 3], [2, 3], [0, 1], [1, 1]]


def test_communities_are_published_from_ten_on_and_rounded(
    app: Flask, browser: Browser, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context():
        for number in range(12):
            named = ["workers", "women"] if number < 9 else ["workers"]
            sign_and_confirm(site, keyring, now, f"alice{number}@example.org", communities=named)
        with transaction() as session:
            count_ballots(session, key=keyring.waiting)
    page = browser.read(STATISTICS)
    assert "Workers" in page.text
    assert "Women" not in page.text
    (table,) = [table for table in page.classed("numbers") if "Workers" in "".join(table.itertext())]
    assert [cell.text for cell in table.iter("td")] == ["10"]


def test_countries_are_published_from_ten_on_and_rounded(
    app: Flask, browser: Browser, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context():
        for number in range(21):
            country = "DE" if number < 12 else "IR"
            sign_and_confirm(site, keyring, now, f"alice{number}@example.org", country=country)
        with transaction() as session:
            count_ballots(session, key=keyring.waiting)
    page = browser.read(STATISTICS)
    assert "Iran" not in page.text, "nine people"
    (table,) = [table for table in page.classed("numbers") if "Germany" in "".join(table.itertext())]
    assert [cell.text for cell in table.iter("td")] == ["10"]
