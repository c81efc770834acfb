"""Communities, retention and place of a campaign change at the desk by draft and review; no answer is lost by that."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.campaigns.models import Campaign, CampaignCommunity
from campaign.core.db import db, transaction
from campaign.counting.models import CommunityCount
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.web.conftest import NOW
from tests.web.desk import CAMPAIGN, Desk
from tests.web.signing import Signing

PAGE = f"{CAMPAIGN}settings"
SOURCE = {"publisher": "The paper", "title": "A statement", "url": "https://paper.example/", "grade": "primary"}


def send(desk: Desk, do: str = "review", **typed: str) -> int:
    """Fill in the form as it came, without the boxes of taking out."""
    values = desk.browser.read(PAGE).form("reason", "position").values
    return desk.browser.post(PAGE, data={**values, "reason": "Agreed", "do": do, **typed}).status_code


def publish(desk: Desk, address: str) -> int:
    desk.browser.read(address)
    return desk.press(f"{address}/publish").status_code


def change(desk: Desk, second: Desk, **typed: str) -> None:
    values = desk.browser.read(PAGE).form("reason", "position").values
    response = desk.browser.post(PAGE, data={**values, "reason": "Agreed", "do": "review", **typed})
    assert response.status_code == 303, desk.browser.last.mistakes()
    assert publish(second, response.location) == 303


def without(desk: Desk, key: str) -> dict[str, str]:
    """The form with one community taken out by its button."""
    values = desk.browser.read(PAGE).form("reason", "position").values
    name = next(name for name, value in values.items() if value == key)
    number = name.split("-")[1]
    desk.browser.post(PAGE, data={**values, "do": f"remove:communities:{number}"})
    return desk.browser.last.form("reason", "position").values


def close(app: Flask, *, days_ago: int = 0) -> None:
    with app.app_context(), transaction() as session:
        values = {"state": "closed", "closed_at": NOW - timedelta(days=days_ago)}
        session.execute(update(Campaign).where(Campaign.slug == SLUG).values(**values))


def campaign(app: Flask) -> Campaign:
    with app.app_context():
        return db.session.scalars(select(Campaign).where(Campaign.slug == SLUG)).one()


def labels(app: Flask, *, offered: bool) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(select(CampaignCommunity).order_by(CampaignCommunity.position)).all()
        return [row.label["en"] for row in rows if (row.retired_at is None) == offered]


def count(app: Flask, site: Site, **people: int) -> None:
    with app.app_context(), transaction() as session:
        for key, number in people.items():
            session.add(CommunityCount(campaign_id=site.campaign.id, community=key, people=number))


def test_settings_change_once_a_second_person_has_read_them(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    typed = {"position": "7", "retention_months": "۱۲", "communities-3-label-en": "Pensioners"}
    values = desk.browser.read(PAGE).form("reason", "position").values
    desk.browser.post(PAGE, data={**values, "do": "add:communities"})
    added = desk.browser.last.form("reason", "position").values
    desk.browser.post(PAGE, data={**added, "do": "add:original_sources"})
    form = desk.browser.last.form("reason", "position").values
    source = {f"original_sources-0-{name}": value for name, value in SOURCE.items()}
    response = desk.browser.post(PAGE, data={**form, **typed, **source, "reason": "Agreed", "do": "review"})
    assert response.status_code == 303
    before = campaign(app)
    assert (before.position, before.retention_months) == (1, 6)
    assert "Pensioners" in edda.browser.read(response.location).text
    assert publish(edda, response.location) == 303
    after = campaign(app)
    assert (after.position, after.retention_months) == (7, 12)
    assert after.original is not None
    assert after.original["url"] == "https://paper.example/"
    assert after.edited_at is not None
    assert labels(app, offered=True)[-1] == "Pensioners"
    assert "by olga" not in browse(app).read(f"/en/{SLUG}/").text


def test_nobody_publishes_settings_of_their_own(app: Flask, desk: Desk) -> None:
    desk.log_in()
    assert send(desk, position="9") == 303
    assert campaign(app).position == 1


def test_who_named_a_community_that_is_taken_out_goes_on_counting(
    app: Flask, site: Site, desk: Desk, edda: Desk, browser: Browser
) -> None:
    count(app, site, women=12, workers=31)
    desk.log_in()
    response = desk.browser.post(PAGE, data={**without(desk, "women"), "reason": "Agreed", "do": "review"})
    assert publish(edda, response.location) == 303
    assert "Women" not in labels(app, offered=True)
    assert labels(app, offered=False) == ["Women"]
    statistics = browser.read(f"/en/{SLUG}/statistics").text
    assert "Women" in statistics
    assert "Workers" in statistics


def test_who_confirms_is_asked_for_those_offered_and_an_answer_under_way_counts(
    app: Flask, site: Site, desk: Desk, edda: Desk, signing: Signing, browser: Browser
) -> None:
    signing.fill_in()
    link = f"/en/confirm/{signing.token()}"
    seen = browser.read(link)
    assert "Women" in seen.text
    desk.log_in()
    response = desk.browser.post(PAGE, data={**without(desk, "women"), "reason": "Agreed", "do": "review"})
    assert publish(edda, response.location) == 303
    assert "Women" not in browser.read(link).text
    # Whoever had the page open before has ticked what it showed.
    assert browser.post(link, data={"community": "women"}).status_code == 303


def test_a_new_community_never_gets_the_key_of_another(app: Flask, site: Site, desk: Desk, edda: Desk) -> None:
    """Else those who named the one that was taken out would count for the new one."""
    desk.log_in()
    for name in ("Pensioners", "Teachers"):
        values = desk.browser.read(PAGE).form("reason", "position").values
        desk.browser.post(PAGE, data={**values, "do": "add:communities"})
        added = desk.browser.last.form("reason", "position").values
        row = sum(1 for field in added if field.endswith("-label-en")) - 1
        typed = {f"communities-{row}-label-en": name, "reason": "Agreed", "do": "review"}
        response = desk.browser.post(PAGE, data={**added, **typed})
        assert publish(edda, response.location) == 303
        key = next(each.key for each in rows(app) if each.label["en"] == name)
        response = desk.browser.post(PAGE, data={**without(desk, key), "reason": "Agreed", "do": "review"})
        assert publish(edda, response.location) == 303
    keys = {each.label["en"]: each.key for each in rows(app)}
    assert len({keys["Pensioners"], keys["Teachers"]}) == 2


def rows(app: Flask) -> list[CampaignCommunity]:
    with app.app_context():
        return list(db.session.scalars(select(CampaignCommunity)))


def test_what_people_have_answered_to_is_not_renamed(app: Flask, desk: Desk) -> None:
    desk.log_in()
    assert send(desk, **{"communities-0-label-en": "Employers"}) == 400
    assert "it stays as it is" in desk.browser.last.mistakes()["communities-0-label-en"]
    assert "Employers" not in labels(app, offered=True)


def test_a_key_that_was_made_up_takes_nobodys_answers(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    response = desk.browser.post(PAGE, data={**without(desk, "women"), "reason": "Agreed", "do": "review"})
    publish(edda, response.location)
    forged = {"communities-2-key": "women", "communities-2-label-en": "Employers", "communities-2-label-fa": "کارفرما"}
    assert send(desk, **forged) == 400
    twice = {"communities-1-key": "workers", "communities-1-label-en": "Workers"}
    assert send(desk, **twice) == 400


def test_shortening_says_what_goes_when_before_it_is_saved(app: Flask, desk: Desk, edda: Desk) -> None:
    close(app, days_ago=40)
    desk.log_in()
    assert send(desk, retention_months="1") == 400
    told = desk.browser.last
    # A month has passed already, so it would be today.
    assert "erased on 22 November 2026" in told.text
    assert "tick that you have" in told.mistakes()["agreed"]
    values = told.form("reason", "position").values
    response = desk.browser.post(PAGE, data={**values, "agreed": "y", "do": "review"})
    assert response.status_code == 303
    assert campaign(app).retention_months == 6
    assert "erased on 22 November 2026" in edda.browser.read(response.location).text
    assert publish(edda, response.location) == 303
    assert campaign(app).retention_months == 1


@pytest.mark.parametrize(("months", "is_closed"), [("12", True), ("6", True), ("1", False)])
def test_what_erases_nothing_sooner_asks_nothing(app: Flask, desk: Desk, months: str, is_closed: bool) -> None:
    if is_closed:
        close(app)
    desk.log_in()
    assert send(desk, retention_months=months, position="3") == 303
    assert "sooner than now" not in desk.browser.read(PAGE).text


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("retention_months", "0", "from 1 to 120"),
        ("retention_months", "a year", "from 1 to 120"),
        ("retention_months", "121", "from 1 to 120"),
        ("position", "", "from 1 to 1000"),
        ("position", "-1", "from 1 to 1000"),
    ],
)
def test_a_mistake_stands_at_its_field(app: Flask, desk: Desk, field: str, typed: str, told: str) -> None:
    desk.log_in()
    assert send(desk, **{field: typed}) == 400
    assert told in desk.browser.last.mistakes()[field]


def test_seeds_leave_settings_of_the_desk_alone_and_retire_what_left_the_file(app: Flask) -> None:
    seeds = read_seeds(SEEDS, today=NOW.date())
    slug = seeds.campaigns[0].slug
    with app.app_context(), transaction() as session:
        plant(session, seeds, now=NOW)
        made = session.scalars(select(Campaign.id).where(Campaign.slug == slug)).one()
        gone = seeds.campaigns[0].about.communities.pop()
        assert plant(session, seeds, now=NOW).written == 1
        row = session.get_one(CampaignCommunity, (made, gone.key))
        assert row.retired_at is not None
        assert plant(session, seeds, now=NOW).written == 0
        seeds.campaigns[0].about.communities.append(gone)
        assert plant(session, seeds, now=NOW).written == 1
        assert row.retired_at is None


def test_going_back_to_a_shorter_time_says_what_goes_before_it_is_a_draft(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    change(desk, edda, retention_months="1")
    change(desk, edda, retention_months="24")
    close(app, days_ago=40)
    older = next(
        address
        for words, address in desk.browser.read(f"{CAMPAIGN}content/about").links().items()
        if "/revisions/" in address and words == "2"
    )
    assert "erased on 22 November 2026" in desk.browser.read(older).text
    assert desk.press(f"{older}/again").status_code == 303


def test_a_label_of_before_the_opening_does_not_come_back(app: Flask, site: Site, desk: Desk, edda: Desk) -> None:
    """While it was a draft, nobody had answered; now that people have, going back would rename what they said."""
    with app.app_context(), transaction() as session:
        session.get_one(Campaign, site.campaign.id).state = "draft"
    desk.log_in()
    change(desk, edda, **{"communities-0-label-en": "Employers"})
    change(desk, edda, **{"communities-0-label-en": "Workers"})
    with app.app_context(), transaction() as session:
        session.get_one(Campaign, site.campaign.id).state = "open"
    links = desk.browser.read(f"{CAMPAIGN}content/about").links()
    employers = next(address for words, address in links.items() if "/revisions/" in address and words == "2")
    desk.browser.read(employers)
    assert desk.press(f"{employers}/again").status_code == 409
    assert "People have answered to this" in desk.browser.last.text
    assert "Employers" not in labels(app, offered=True)
