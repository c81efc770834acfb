"""Somebody who has an account takes up an invitation with it: the role is added, and nothing else changes."""

import threading
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from campaign.organizers.models import Invitation, Organizer
from campaign.organizers.queries import Account, account
from tests.factories import SLUG, Site, make_campaign
from tests.pages import browse
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited, show_factor
from tests.web.inviting import PEOPLE, invite, mailed_token

ANOTHER = "/organize/campaigns/another/"


@pytest.fixture
def nina(app: Flask, site: Site, now: datetime) -> Desk:
    """Somebody whose account may do nothing yet; there are two campaigns."""
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug="another")
        add_organizer(session, login="nina", password=PASSWORD, role=None, now=now)
    return Desk(browse(app))


def invited(app: Flask, olga: Desk, keyring: Keyring, page: str, role: str) -> str:
    """The link that Olga's invitation mails."""
    if olga.browser.get("/organize/").status_code != 200:
        olga.log_in()
    assert invite(olga, page, "nina@example.org", role) == 303
    return f"/organize/join/{mailed_token(app, keyring, 'nina@example.org')}"


def found(app: Flask, login: str = "nina") -> Account:
    with app.app_context():
        mine = db.session.scalars(select(Organizer.id).where(Organizer.login == login)).one()
        known = account(db.session(), mine)
        db.session.remove()
    assert known is not None
    return known


def accounts(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Organizer)) or 0


def is_still_good(app: Flask, link: str) -> bool:
    return browse(app).get(link).status_code == 200


def test_whoever_is_logged_in_gets_the_role_into_their_account(
    app: Flask, desk: Desk, nina: Desk, keyring: Keyring, site: Site
) -> None:
    before, link = accounts(app), invited(app, desk, keyring, f"{CAMPAIGN}people", "editor")
    nina.log_in("nina")
    assert nina.browser.get(CAMPAIGN).status_code == 404
    assert "nina" in nina.browser.read(link).text
    assert not [form for form in nina.browser.last.forms() if "password" in form.values]
    response = nina.browser.post(link, data=form_of(nina))
    assert (response.status_code, response.location) == (303, CAMPAIGN)
    assert nina.browser.get(f"{CAMPAIGN}open-list").status_code == 200
    assert nina.browser.get(ANOTHER).status_code == 404
    assert accounts(app) == before
    assert audited(app)[-1] == ("accepted_invitation", SLUG)
    assert nina.browser.get(link).status_code == 404, "it is good once"
    # A second campaign, and the first one stays.
    link = invited(app, desk, keyring, f"{ANOTHER}people", "viewer")
    nina.browser.read(link)
    assert nina.browser.post(link, data=form_of(nina)).status_code == 303
    assert sorted(found(app).campaign_roles.values()) == ["editor", "viewer"]


def form_of(desk: Desk) -> dict[str, str]:
    (form,) = [form for form in desk.browser.last.forms() if form.action is None]
    return {name: value for name, value in form.values.items() if value is not None}


def test_whoever_has_an_account_logs_in_on_the_way(app: Flask, desk: Desk, nina: Desk, keyring: Keyring) -> None:
    link = invited(app, desk, keyring, PEOPLE, "moderator")
    (login,) = [address for address in nina.browser.read(link).links().values() if "login?" in address]
    form = nina.browser.read(login).form("login", "password")
    response = nina.browser.post(form.action or login, data={**form.values, "login": "nina", "password": PASSWORD})
    assert (response.status_code, response.location) == (303, link)
    assert nina.browser.get(link).location == f"/organize/factor?next={link}"
    show_factor(app, "nina")
    nina.browser.read(link)
    assert nina.browser.post(link, data=form_of(nina)).status_code == 303
    assert found(app).role == "moderator"


@pytest.mark.parametrize("offered", ["viewer", "editor"])
def test_an_invitation_never_takes_power_away_and_stays_for_whom_it_helps(
    app: Flask, desk: Desk, nina: Desk, keyring: Keyring, offered: str
) -> None:
    link = invited(app, desk, keyring, f"{CAMPAIGN}people", offered)
    edda = Desk(browse(app))
    edda.log_in("edda")
    assert "may do that already" in edda.browser.read(link).text
    token = edda.browser.read("/organize/account").form("password").values["csrf_token"]
    assert edda.browser.post(link, data={"csrf_token": token}).status_code == 400
    assert found(app, "edda").role == "editor"
    assert found(app, "edda").campaign_roles == {}
    assert is_still_good(app, link)


def test_a_role_on_the_site_is_raised_for_who_had_a_weaker_one(
    app: Flask, desk: Desk, nina: Desk, keyring: Keyring
) -> None:
    link = invited(app, desk, keyring, PEOPLE, "owner")
    vera = Desk(browse(app))
    vera.log_in("vera")
    vera.browser.read(link)
    assert vera.browser.post(link, data=form_of(vera)).location == "/organize/"
    assert found(app, "vera").role == "owner"


def test_without_the_token_of_the_session_nothing_is_taken_up(
    app: Flask, desk: Desk, nina: Desk, keyring: Keyring
) -> None:
    """Also not from a form that came before somebody logged in elsewhere in the same browser."""
    link = invited(app, desk, keyring, PEOPLE, "viewer")
    before = nina.browser.read(link).form("login", "password").values
    nina.log_in("nina")
    for data in ({}, {"csrf_token": "x"}, {**before, "login": "other", "password": PASSWORD}):
        assert nina.browser.post(link, data=data).status_code == 400
    assert found(app).role is None
    assert is_still_good(app, link)


def test_an_account_that_has_not_shown_its_factor_takes_up_nothing(
    app: Flask, desk: Desk, nina: Desk, keyring: Keyring
) -> None:
    link = invited(app, desk, keyring, PEOPLE, "viewer")
    nina.log_in("nina", with_factor=False)
    for method in ("GET", "POST"):
        response = nina.browser.open(link, method=method)
        assert (response.status_code, response.location) == (303, f"/organize/factor?next={link}")
    assert is_still_good(app, link)


def test_of_two_who_take_it_up_at_once_one_gets_it(app: Flask, desk: Desk, nina: Desk, keyring: Keyring) -> None:
    link = invited(app, desk, keyring, PEOPLE, "editor")
    vera = Desk(browse(app))
    forms = []
    for one, login in ((nina, "nina"), (vera, "vera")):
        one.log_in(login)
        one.browser.read(link)
        forms.append((one, form_of(one)))
    start, statuses = threading.Barrier(2), list[int]()

    def take_up(one: Desk, data: dict[str, str]) -> None:
        start.wait()
        statuses.append(one.browser.post(link, data=data).status_code)

    threads = [threading.Thread(target=take_up, args=each) for each in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404]
    assert sorted([found(app).role or "", found(app, "vera").role or ""]) in (["", "editor"], ["editor", "viewer"])
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 0


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/en/", "/organize/logout", "x"])
def test_after_logging_in_the_way_leads_to_the_desk_only(nina: Desk, wanted: str) -> None:
    form = nina.browser.read("/organize/login").form("login", "password")
    data = {**form.values, "login": "nina", "password": PASSWORD}
    response = nina.browser.post("/organize/login", data=data, query_string={"next": wanted})
    assert (response.status_code, response.location) == (303, "/organize/")
