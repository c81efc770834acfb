"""The first text of a campaign begun at the desk is public only as a second person has read it."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select

from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import campaign_by_slug
from campaign.campaigns.retention import months_after
from campaign.campaigns.texts import add_version
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.editing.models import Revision
from tests.factories import Site
from tests.pages import browse
from tests.web.begun import FIELDS, MADE
from tests.web.desk import CAMPAIGN, Desk
from tests.web.signing import Signing

AT_DESK = f"/organize/campaigns/{MADE}"


@pytest.fixture
def begun(desk: Desk) -> str:
    """The address of the revision that holds the first text, as Olga began it."""
    desk.log_in()
    form = desk.browser.read("/organize/new-campaign").form("slug", "title")
    response = desk.browser.post("/organize/new-campaign", data={**form.values, "do": "save", **FIELDS})
    assert response.status_code == 303
    return response.location


def press(desk: Desk, page: str, action: str, **fields: str) -> int:
    desk.browser.read(page)
    return desk.press(action, **fields).status_code


def open_it(desk: Desk) -> int:
    """Also where no form is offered for it."""
    token = desk.browser.read(f"{AT_DESK}/state").value("csrf_token")
    return desk.browser.post(f"{AT_DESK}/state/open", data={"csrf_token": token, "why": "Decided"}).status_code


def closed_at(app: Flask) -> datetime | None:
    with app.app_context():
        return db.session.scalars(select(Campaign.closed_at).where(Campaign.slug == MADE)).one()


def test_nobody_opens_it_before_its_text_was_reviewed(app: Flask, desk: Desk, edda: Desk, begun: str) -> None:
    page = edda.browser.read(f"{AT_DESK}/state")
    assert "A second person reviews and publishes that first." in page.text
    assert not [form for form in page.forms() if "/state/" in (form.action or "")]
    assert open_it(edda) == 409
    assert "A second person reviews and publishes that first." in edda.browser.last.text
    assert press(desk, begun, f"{begun}/ask-for-review") == 303
    assert open_it(edda) == 409
    assert "Let them speak." in edda.browser.read(begun).text
    assert press(edda, begun, f"{begun}/publish") == 303
    assert open_it(edda) == 303
    with app.app_context():
        assert campaign_by_slug(db.session(), MADE, "en").version == 1


def test_who_began_it_cannot_review_it(desk: Desk, edda: Desk, begun: str) -> None:
    assert press(desk, begun, f"{begun}/ask-for-review") == 303
    token = desk.browser.read(begun).form("csrf_token").values
    assert desk.browser.post(f"{begun}/publish", data=token).status_code == 409
    assert open_it(edda) == 409


def test_what_was_changed_in_review_is_reviewed_again(desk: Desk, edda: Desk, begun: str) -> None:
    """Whoever read the first words publishes none that came after."""
    press(desk, begun, f"{begun}/ask-for-review")
    edda.browser.read(begun)
    read = edda.browser.last
    form = desk.browser.read(f"{AT_DESK}/texts/en").form("title", "seen")
    other = {**form.values, "ask": "Something else.", "reason": "Better", "do": "review"}
    assert desk.browser.post(f"{AT_DESK}/texts/en", data=other).status_code == 303
    token = read.form("csrf_token").values
    assert edda.browser.post(f"{begun}/publish", data=token).status_code == 409
    assert open_it(edda) == 409


def test_the_desk_shows_it_by_its_address_and_nobody_else_does(app: Flask, desk: Desk, begun: str) -> None:
    for page in ("/organize/", f"{AT_DESK}/", f"{AT_DESK}/content", f"{AT_DESK}/state", "/organize/retention"):
        assert MADE in desk.browser.read(page).text
    assert desk.browser.read(f"{AT_DESK}/texts/en").value("ask") == FIELDS["ask"]
    stranger = browse(app)
    assert stranger.get(f"/en/{MADE}/").status_code == stranger.get(f"/api/v1/campaigns/{MADE}").status_code == 404
    for address in ("/en/", "/sitemap.xml", "/api/v1/campaigns", "/en/search?q=women"):
        assert MADE not in stranger.get(address).text.replace("?q=women", "")
        assert FIELDS["title"] not in stranger.get(address).text


def test_whoever_lets_go_of_it_can_write_another(desk: Desk, begun: str) -> None:
    assert press(desk, begun, f"{begun}/discard") == 303
    assert "Write it in: English" in desk.browser.read(f"{AT_DESK}/content").links()
    assert desk.browser.read(f"{AT_DESK}/texts/en").value("ask") == ""


def test_a_draft_of_older_programs_is_reviewed_too(app: Flask, desk: Desk, edda: Desk, begun: str) -> None:
    """They wrote the first text down as published, without anybody's review."""
    with app.app_context(), transaction() as session:
        session.execute(delete(Revision))
        made = session.scalars(select(Campaign.id).where(Campaign.slug == MADE)).one()
        words = {name: FIELDS[name] for name in ("title", "summary", "ask", "addressee", "body")}
        add_version(session, made, "en", {**words, "edited_at": utc_now()}, now=utc_now())
    assert open_it(edda) == 409
    form = desk.browser.read(f"{AT_DESK}/texts/en").form("title", "seen")
    changed = {**form.values, "ask": "Let them speak now.", "reason": "To be reviewed", "do": "review"}
    revision = desk.browser.post(f"{AT_DESK}/texts/en", data=changed).location
    assert open_it(edda) == 409
    assert press(edda, revision, f"{revision}/publish") == 303
    assert open_it(edda) == 303


def test_the_months_of_a_draft_run_from_its_last_change(
    app: Flask, desk: Desk, begun: str, clock: time_machine.Traveller
) -> None:
    """Else what somebody worked on for half a year could never be opened."""
    first = closed_at(app)
    clock.shift(timedelta(minutes=5))
    form = desk.browser.read(f"{AT_DESK}/texts/en").form("title", "seen")
    later = {**form.values, "ask": "Later.", "reason": "Better", "do": "save"}
    assert desk.browser.post(f"{AT_DESK}/texts/en", data=later).status_code == 303
    second = closed_at(app)
    assert first is not None
    assert second is not None
    assert timedelta(minutes=5) <= second - first < timedelta(minutes=6)
    until = months_after(second, 6).date()
    assert f"{until:%-d %B %Y}" in desk.browser.read("/organize/retention").text


def test_a_draft_that_was_signed_before_is_kept_no_longer_for_being_edited(
    app: Flask, site: Site, signing: Signing, desk: Desk, clock: time_machine.Traveller
) -> None:
    """Whoever takes a campaign back to a draft does not prolong how long its signatories are known."""
    signing.sign_and_confirm()
    taken_down = utc_now()
    with app.app_context(), transaction() as session:
        session.get_one(Campaign, site.campaign.id).state = "draft"
        session.get_one(Campaign, site.campaign.id).closed_at = taken_down
    clock.shift(timedelta(hours=1))
    desk.log_in()
    form = desk.browser.read(f"{CAMPAIGN}texts/en").form("title", "seen")
    changed = {**form.values, "ask": "Other words.", "reason": "Better", "do": "save"}
    assert desk.browser.post(f"{CAMPAIGN}texts/en", data=changed).status_code == 303
    with app.app_context():
        assert db.session.get_one(Campaign, site.campaign.id).closed_at == taken_down
