"""The desk's numbers: where and as what people sign, how many confirm, how mail stands; and the way of a new site."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import count_ballots, reconcile, roll_up
from campaign.organizers.actions import add_organizer, give_role
from campaign.organizers.models import Organizer
from campaign.outbox.models import OutboxMail
from campaign.sealing.models import Epoch, WrappedKey
from tests.factories import SLUG, Site, make_campaign
from tests.page import Page
from tests.pages import browse
from tests.signers import sign, sign_and_confirm
from tests.web.desk import CAMPAIGN, PASSWORD, Desk


def table_under(page: Page, heading: str) -> dict[str, str]:
    """First cell to last of the table below a heading; empty if there is none."""
    (section,) = [part for part in page.classed("desk-part") if part[0].text == heading]
    rows = [row for table in section.iter("table") for row in table.iter("tr")][1:]
    return {"".join(row[0].itertext()): "".join(row[-1].itertext()) for row in rows}


def figures(page: Page) -> dict[str, str]:
    return {"".join(box[0].itertext()): "".join(box[1].itertext()) for box in page.classed("desk-figures")[0]}


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_languages_and_pages_are_counted_before_and_after_adding_up(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime, is_rolled_up: bool
) -> None:
    with app.app_context():
        for number, (language, source) in enumerate(
            [("en", "site"), ("fa", "site"), ("fa", "embed:union.example"), ("fa", "embed")]
        ):
            sign_and_confirm(site, keyring, now, f"signer{number}@example.org", language=language, source=source)
        sign(site, keyring, now, "pending@example.org", language="fa")
        if is_rolled_up:
            with transaction() as session:
                roll_up(session)
            with transaction() as session:
                assert reconcile(session) == 0
    desk.log_in()
    page = desk.browser.read(CAMPAIGN)
    assert table_under(page, "Languages") == {"فارسی": "3", "English": "1"}
    embedded = "Embedded, on a site not listed as an ally"
    assert table_under(page, "Where they signed") == {"This site": "2", embedded: "1", "union.example": "1"}


def test_communities_and_countries_below_ten_are_shown_to_nobody(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context():
        for number in range(12):
            few = {"communities": ["workers", "women"], "country": "IR"}
            many = {"communities": ["workers"], "country": "DE"}
            given = few if number < 2 else many
            sign_and_confirm(site, keyring, now, f"signer{number}@example.org", **given)
        with transaction() as session:
            count_ballots(session, key=keyring.waiting)
    desk.log_in()
    page = desk.browser.read(CAMPAIGN)
    assert table_under(page, "Signed as") == {"Workers": "10"}
    assert table_under(page, "Countries") == {"Germany": "10"}
    assert "Iran" not in page.text


def test_how_many_confirm_is_said_from_ten_people_on(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context():
        for number in range(3):
            sign_and_confirm(site, keyring, now, f"confirmed{number}@example.org")
        for number in range(9):
            sign(site, keyring, now, f"pending{number}@example.org")
        # Ten days ago; neither counts for the last seven.
        sign_and_confirm(site, keyring, now - timedelta(days=10), "early@example.org")
    desk.log_in()
    page = desk.browser.read(CAMPAIGN)
    assert figures(page)["Confirmed, of the last 7 days"] == "25%"
    assert "Does the mail arrive?" in page.text


def test_the_hours_have_a_chart_a_text_and_a_table(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context():
        for number, hours_ago in enumerate((0, 0, 1, 47, 48, 100)):
            sign_and_confirm(site, keyring, now - timedelta(hours=hours_ago), f"signer{number}@example.org")
    desk.log_in()
    page = desk.browser.read(CAMPAIGN)
    assert "4 signatures in 48 hours, at most 2 in one." in page.text
    bars = page.classed("chart-bar")
    assert [float(bar.get("x")) for bar in bars] == sorted(float(bar.get("x")) for bar in bars)
    assert len(bars) == 3


def test_nothing_yet_is_said_and_not_drawn(desk: Desk) -> None:
    desk.log_in("vera")
    page = desk.browser.read(CAMPAIGN)
    assert page.classed("chart-bar") == []
    assert "Nobody has confirmed a signature in the last two days." in page.text
    assert table_under(page, "Languages") == {}


def test_who_is_at_the_desk_of_a_campaign(app: Flask, desk: Desk, site: Site, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug="another")
        session.flush()
        another = session.scalars(select(Campaign.id).where(Campaign.slug == "another")).one()
        for login, campaign_id in (("cora", site.campaign.id), ("otto", another)):
            added = add_organizer(session, login=login, password=PASSWORD, role=None, now=now)
            give_role(session, added, campaign_id=campaign_id, role="editor")
    cora = Desk(browse(app))
    cora.log_in("cora")
    page = cora.browser.read(CAMPAIGN)
    assert "cora" in page.text
    assert "olga" in page.text
    assert "otto" not in page.text
    home = cora.browser.read("/organize/")
    assert [link for link in home.links().values() if "another" in link] == []
    assert "Mail" not in home.text, "how the site's mail stands is its owners' affair"


def test_mail_that_is_not_taken_is_said_to_the_owner(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    desk.log_in()
    assert "No mail waits" in desk.browser.read("/organize/").text
    with app.app_context():
        sign(site, keyring, now)
    assert "One mail is on its way." in desk.browser.read("/organize/").text
    with app.app_context(), transaction() as session:
        session.execute(update(OutboxMail).values(attempts=3, due_at=now + timedelta(minutes=5)))
    assert "campaign doctor" in desk.browser.read("/organize/").text


def test_a_new_site_is_led_to_its_first_signature(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(delete(Organizer).where(Organizer.login != "olga"))
        session.execute(update(Campaign).values(state="draft"))
        kept = session.execute(select(Epoch.id, Epoch.public_key, Epoch.created_at)).one()
        session.execute(delete(WrappedKey))
        session.execute(delete(Epoch))
    desk.log_in()

    def steps() -> dict[str, bool]:
        (listed,) = desk.browser.read("/organize/").classed("desk-steps")
        items = list(listed.iter("li"))
        return {str(item[0].text).strip(): "is-done" in (item.get("class") or "") for item in items}

    done = {"Make an account": True, "Name the site": True, "Write a campaign": True}
    missing = dict.fromkeys(("Make the key", "Open it", "Bring a second person", "Sign it yourself"), False)
    assert steps() == {**missing, **done}
    with app.app_context(), transaction() as session:
        session.add(Epoch(id=kept.id, public_key=kept.public_key, created_at=kept.created_at, is_demo=False))
        session.execute(update(Campaign).values(state="open"))
        add_organizer(session, login="zoe", password=PASSWORD, role="owner", now=now)
    assert [title for title, is_done in steps().items() if not is_done] == ["Sign it yourself"]
    assert f"/en/{SLUG}/" in desk.browser.last.links().values()
    with app.app_context():
        sign_and_confirm(site, keyring, now)
    assert desk.browser.read("/organize/").classed("desk-steps") == []


def test_before_the_first_account_the_login_says_how_to_make_it(app: Flask, desk: Desk) -> None:
    assert "campaign organizer add" not in desk.browser.read("/organize/login").text
    with app.app_context(), transaction() as session:
        session.execute(delete(Organizer))
    assert "campaign organizer add NAME" in desk.browser.read("/organize/login").text
    with app.app_context():
        db.session.rollback()
