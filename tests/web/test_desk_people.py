"""Who is at the desk: invited by mail, given roles, removed, and gone with the next click."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer, give_role
from campaign.organizers.models import Organizer
from campaign.organizers.queries import account
from tests.factories import SLUG, Site, make_campaign
from tests.pages import browse
from tests.signers import letters
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited, show_factor
from tests.web.inviting import PEOPLE, invite, join, mailed_token

THEIRS = f"{CAMPAIGN}people"


def id_of(app: Flask, login: str) -> str:
    with app.app_context():
        return str(db.session.scalars(select(Organizer.id).where(Organizer.login == login)).one())


def role_of(app: Flask, login: str) -> str | None:
    with app.app_context():
        return db.session.scalars(select(Organizer.role).where(Organizer.login == login)).one()


def test_somebody_is_invited_joins_and_sets_up_a_factor(app: Flask, desk: Desk, keyring: Keyring) -> None:
    desk.log_in()
    assert invite(desk, PEOPLE, "ada@example.org", "editor") == 303
    assert "Invitations on their way" in desk.browser.read(PEOPLE).text
    assert "ada@example.org" not in desk.browser.last.text
    ada, token = Desk(browse(app)), mailed_token(app, keyring, "ada@example.org")
    assert "Editor" in ada.browser.read(f"/organize/join/{token}").text
    assert join(ada, token, "ada") == 303
    assert ada.browser.get("/organize/").location == "/organize/account/set-up"
    show_factor(app, "ada")
    assert ada.browser.get(f"{CAMPAIGN}open-list").status_code == 200
    assert ada.browser.get(PEOPLE).status_code == 403
    assert "Invitations on their way" not in desk.browser.read(PEOPLE).text
    assert audited(app) == [("invited", "site"), ("joined", "ada")]
    again = Desk(browse(app))
    assert again.browser.get(f"/organize/join/{token}").status_code == 404
    assert "has run out" not in again.browser.last.text
    assert "It may have run out, been used, or been taken back" in again.browser.last.text


def test_an_invitation_runs_out_or_is_taken_back(
    app: Flask, desk: Desk, keyring: Keyring, clock: time_machine.Traveller
) -> None:
    desk.log_in()
    invite(desk, PEOPLE, "ada@example.org")
    token = mailed_token(app, keyring, "ada@example.org")
    (action,) = [form.action for form in desk.browser.read(PEOPLE).forms() if (form.action or "").endswith("take-back")]
    desk.press(action or "")
    assert browse(app).get(f"/organize/join/{token}").status_code == 404
    show_factor(app, "olga")
    invite(desk, PEOPLE, "bob@example.org")
    token = mailed_token(app, keyring, "bob@example.org")
    bob = Desk(browse(app))
    form = bob.browser.read(f"/organize/join/{token}").form("login", "password")
    clock.shift(timedelta(days=7, minutes=1))
    assert browse(app).get(f"/organize/join/{token}").status_code == 404
    data = {**form.values, "login": "bob", "password": PASSWORD}
    assert bob.browser.post(f"/organize/join/{token}", data=data).status_code in (400, 404)
    assert Desk(browse(app)).log_in("bob").status_code == 400


@pytest.mark.parametrize(
    ("login", "password"),
    [("olga", PASSWORD), ("Ada Lovelace", PASSWORD), ("ada", "short"), ("", PASSWORD), ("a\0b", PASSWORD), ("ada", "")],
)
def test_a_mistake_when_joining_keeps_the_invitation(
    app: Flask, desk: Desk, keyring: Keyring, login: str, password: str
) -> None:
    desk.log_in()
    invite(desk, PEOPLE, "ada@example.org")
    token = mailed_token(app, keyring, "ada@example.org")
    ada = Desk(browse(app))
    assert join(ada, token, login, password) == 400
    assert ada.browser.last.mistakes()
    assert join(ada, token, "ada-2") == 303


@pytest.mark.parametrize(
    ("email", "role"), [("no address", "viewer"), ("", "viewer"), ("a@example.org", "king"), ("a@example.org", "")]
)
def test_a_mistake_when_inviting_sends_nothing(app: Flask, desk: Desk, keyring: Keyring, email: str, role: str) -> None:
    desk.log_in()
    assert invite(desk, PEOPLE, email, role) == 400
    assert desk.browser.last.value("email") == email
    with app.app_context():
        assert letters(keyring) == []
    assert audited(app) == []


def test_whoever_is_removed_is_out_with_the_next_click(app: Flask, desk: Desk) -> None:
    vera = Desk(browse(app))
    vera.log_in("vera")
    page = vera.browser.read(CAMPAIGN)
    assert page.h1
    desk.log_in()
    address = f"{PEOPLE}/{id_of(app, 'vera')}/remove"
    desk.browser.read(PEOPLE)
    assert desk.press(address).status_code == 400, "the box was not ticked"
    assert vera.browser.get(CAMPAIGN).status_code == 200
    desk.browser.read(PEOPLE)
    assert desk.press(address, sure="y").status_code == 303
    assert vera.browser.get(CAMPAIGN).location == "/organize/login"
    assert vera.log_in("vera").status_code == 400
    assert audited(app) == [("removed_organizer", "vera")]


def test_a_role_changes_with_the_next_click(app: Flask, desk: Desk) -> None:
    edda = Desk(browse(app))
    edda.log_in("edda")
    assert edda.browser.get(f"{CAMPAIGN}open-list").status_code == 200
    desk.log_in()
    desk.browser.read(PEOPLE)
    assert desk.press(f"{PEOPLE}/{id_of(app, 'edda')}/role", role="viewer").status_code == 303
    assert edda.browser.get(f"{CAMPAIGN}open-list").status_code == 403
    desk.browser.read(PEOPLE)
    desk.press(f"{PEOPLE}/{id_of(app, 'edda')}/role", role="")
    assert edda.browser.get(CAMPAIGN).status_code == 404


def test_an_invitation_ends_with_the_power_of_whoever_wrote_it(app: Flask, desk: Desk, keyring: Keyring) -> None:
    with app.app_context(), transaction() as session:
        add_organizer(session, login="zoe", password=PASSWORD, role="owner", now=utc_now())
    zoe = Desk(browse(app))
    zoe.log_in("zoe")
    invite(zoe, PEOPLE, "ada@example.org", "owner")
    link = f"/organize/join/{mailed_token(app, keyring, 'ada@example.org')}"
    ada = Desk(browse(app))
    form = ada.browser.read(link).form("login", "password")
    desk.log_in()
    desk.browser.read(PEOPLE)
    desk.press(f"{PEOPLE}/{id_of(app, 'zoe')}/role", role="editor")
    assert "Invitations on their way" not in desk.browser.read(PEOPLE).text
    response = ada.browser.post(link, data={**form.values, "login": "ada", "password": PASSWORD})
    assert response.status_code == 404
    assert ada.browser.get(link).status_code == 404
    assert ("joined", "ada") not in audited(app)


def test_whoever_gives_up_owning_the_site_lands_on_a_page_that_is_theirs(app: Flask, desk: Desk) -> None:
    with app.app_context(), transaction() as session:
        add_organizer(session, login="zoe", password=PASSWORD, role="owner", now=utc_now())
    desk.log_in()
    desk.browser.read(PEOPLE)
    response = desk.press(f"{PEOPLE}/{id_of(app, 'olga')}/role", role="viewer")
    assert (response.status_code, response.location) == (303, "/organize/")
    assert desk.browser.get("/organize/").status_code == 200
    assert desk.browser.get(PEOPLE).status_code == 403


def test_the_last_owner_stays(app: Flask, desk: Desk) -> None:
    desk.log_in()
    mine = id_of(app, "olga")
    for address, values in ((f"{PEOPLE}/{mine}/remove", {"sure": "y"}), (f"{PEOPLE}/{mine}/role", {"role": "viewer"})):
        desk.browser.read(PEOPLE)
        assert desk.press(address, **values).status_code == 400
        assert "Somebody has to own the site" in desk.browser.last.text
    assert role_of(app, "olga") == "owner"


def test_an_owner_of_one_campaign_sees_and_changes_that_one_only(
    app: Flask, desk: Desk, site: Site, keyring: Keyring, now: datetime
) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug="another")
        for login, role in (("cora", "owner"), ("carl", "viewer"), ("nina", "")):
            added = add_organizer(session, login=login, password=PASSWORD, role=None, now=now)
            if role:
                give_role(session, added, campaign_id=site.campaign.id, role=role)
    cora = Desk(browse(app))
    cora.log_in("cora")
    page = cora.browser.read(THEIRS)
    assert "carl" in page.text
    assert "nina" not in page.text, "who else has an account is none of their business"
    assert cora.browser.get("/organize/campaigns/another/people").status_code == 404
    assert cora.browser.get(PEOPLE).status_code == 403
    cora.browser.read(THEIRS)
    assert cora.press(f"{THEIRS}/{id_of(app, 'carl')}/role", role="editor").status_code == 303
    with app.app_context():
        carl = db.session.scalars(select(Organizer.id).where(Organizer.login == "carl")).one()
        found = account(db.session(), carl)
    assert found is not None
    assert found.role_in(site.campaign.id) == "editor"
    token = cora.browser.read(THEIRS).form("email", "role").values["csrf_token"]
    address = f"{THEIRS}/{id_of(app, 'nina')}/role"
    assert cora.browser.post(address, data={"csrf_token": token, "role": "owner"}).status_code == 404
    assert invite(cora, THEIRS, "dana@example.org", "moderator") == 303
    dana = Desk(browse(app))
    assert join(dana, mailed_token(app, keyring, "dana@example.org"), "dana") == 303
    show_factor(app, "dana")
    assert dana.browser.get(CAMPAIGN).status_code == 200
    assert dana.browser.get("/organize/campaigns/another/").status_code == 404
    assert ("changed_campaign_role", SLUG) in audited(app)
