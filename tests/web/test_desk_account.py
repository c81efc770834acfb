"""One's own account: the factors that stay, and its sessions."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.factors import factors_of
from campaign.organizers.models import DeskSession, Organizer, Passkey
from tests.pages import browse
from tests.web.desk import PASSWORD, Desk, audited, show_factor
from tests.web.factors import ACCOUNT, FACTOR, give_app


def test_the_last_factor_stays(app: Flask, desk: Desk, keyring: Keyring, now: datetime) -> None:
    give_app(app, keyring, now)
    desk.log_in()
    desk.browser.read(ACCOUNT)
    assert desk.press("/organize/account/app/remove").status_code == 400
    assert "only second factor" in desk.browser.last.text
    with app.app_context(), transaction() as session:
        mine = session.scalars(select(Organizer.id).where(Organizer.login == "olga")).one()
        session.add(
            Passkey(organizer_id=mine, credential_id=b"c", public_key=b"p", sign_count=0, name="Key", added_at=now)
        )
    desk.browser.read(ACCOUNT)
    assert desk.press("/organize/account/app/remove").status_code == 303
    with app.app_context():
        known = factors_of(db.session(), mine)
    assert (known.has_totp, known.passkeys) == (False, 1)


@pytest.mark.parametrize(
    "answer", ["", "x", "{}", "[]", '{"rawId": 7}', '{"rawId": "AAAA"}', "null", '{"id": "\\ud800"}']
)
def test_what_is_no_passkey_is_refused(app: Flask, desk: Desk, keyring: Keyring, now: datetime, answer: str) -> None:
    give_app(app, keyring, now)
    with app.app_context(), transaction() as session:
        mine = session.scalars(select(Organizer.id).where(Organizer.login == "olga")).one()
        session.add(
            Passkey(organizer_id=mine, credential_id=b"c", public_key=b"p", sign_count=0, name="Key", added_at=now)
        )
    desk.log_in(with_factor=False)
    form = desk.browser.read(FACTOR).form("passkey")
    assert desk.browser.post(FACTOR, data={**form.values, "passkey": answer, "code": ""}).status_code == 400
    show_factor(app, "olga")
    form = desk.browser.read("/organize/account/passkey").form("passkey", "name")
    data = {**form.values, "passkey": answer, "name": "Key"}
    assert desk.browser.post("/organize/account/passkey", data=data).status_code == 400
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Passkey)) == 1


def test_sessions_are_listed_and_can_be_ended(app: Flask, desk: Desk) -> None:
    desk.log_in()
    other = Desk(browse(app))
    other.log_in()
    assert other.browser.get("/organize/").status_code == 200
    page = desk.browser.read(ACCOUNT)
    assert page.text.count("last used") == 2
    (ending,) = [form.action for form in page.forms() if re.search("sessions/[0-9a-f-]{36}/end", form.action or "")]
    assert desk.press(ending or "").status_code == 303
    assert other.browser.get("/organize/").location == "/organize/login"
    assert desk.browser.get("/organize/").status_code == 200
    for _ in range(2):
        Desk(browse(app)).log_in()
    desk.browser.read(ACCOUNT)
    assert desk.press("/organize/account/sessions/end").status_code == 303
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(DeskSession)) == 1


def test_nobody_ends_the_session_of_somebody_else(app: Flask, desk: Desk) -> None:
    desk.log_in("vera")
    other = Desk(browse(app))
    other.log_in("olga")
    with app.app_context():
        (theirs,) = db.session.scalars(
            select(DeskSession.id)
            .join(Organizer, Organizer.id == DeskSession.organizer_id)
            .where(Organizer.login == "olga")
        )
    token = desk.browser.read(ACCOUNT).form("password").values["csrf_token"]
    response = desk.browser.post(f"{ACCOUNT}/sessions/{theirs}/end", data={"csrf_token": token})
    assert response.status_code == 404
    assert other.browser.get("/organize/").status_code == 200


def test_a_new_password_ends_every_other_session(app: Flask, desk: Desk) -> None:
    desk.log_in()
    other = Desk(browse(app))
    other.log_in()

    def change(old: str, new: str) -> int:
        form = desk.browser.read(ACCOUNT).form("password", "new_password")
        data = {**form.values, "password": old, "new_password": new}
        return desk.browser.post(f"{ACCOUNT}/password", data=data).status_code

    assert change("not the password", "another long password") == 400
    assert change(PASSWORD, "short") == 400
    assert other.browser.get("/organize/").status_code == 200
    assert change(PASSWORD, "another long password") == 303
    assert other.browser.get("/organize/").status_code == 303
    assert desk.browser.get("/organize/").status_code == 200
    assert Desk(browse(app)).log_in(password=PASSWORD).status_code == 400
    assert audited(app) == [("changed_password", "olga")]


def test_a_session_is_noted_as_seen_to_the_hour(app: Flask, desk: Desk, clock: time_machine.Traveller) -> None:
    desk.log_in()
    clock.shift(timedelta(hours=3))
    desk.browser.read("/organize/")
    with app.app_context():
        (seen,) = db.session.scalars(select(DeskSession.seen_at))
    assert (seen.minute, seen.second) == (0, 0)
    assert utc_now() - seen < timedelta(hours=1)


def test_whoever_is_not_known_any_more_is_logged_out(app: Flask, desk: Desk) -> None:
    desk.log_in("vera")
    with app.app_context(), transaction() as session:
        session.execute(update(DeskSession).values(token_digest=b"x" * 32))
    assert desk.browser.get("/organize/").location == "/organize/login"
