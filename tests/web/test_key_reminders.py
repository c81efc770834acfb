"""Where a holder of the key is reminded, as owners say at the desk: kept sealed, never shown, ended with a button."""

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.core.db import db
from campaign.sealing.models import WrappedKey
from tests.web.desk import Desk, audited

KEYS = "/organize/keys"


def page_of(app: Flask) -> str:
    with app.app_context():
        return f"{KEYS}/holders/{db.session.scalars(select(WrappedKey.id)).one().hex}/reminder"


def kept(app: Flask) -> bytes | None:
    with app.app_context():
        return db.session.scalars(select(WrappedKey.reminder)).one()


def set_address(desk: Desk, page: str, email: str) -> int:
    form = desk.browser.read(page).form("email")
    return desk.browser.post(page, data={**form.values, "email": email}).status_code


def test_an_owner_says_where_and_the_desk_does_not_show_it_again(app: Flask, desk: Desk) -> None:
    desk.log_in()
    page = page_of(app)
    assert page in desk.browser.read(KEYS).links().values()
    assert set_address(desk, page, "keeper@example.org") == 303
    assert "reminded by mail once a month" in desk.browser.read(f"{KEYS}?done=reminded").text
    for address in (KEYS, page, "/organize/audit"):
        assert "keeper" not in desk.browser.read(address).text
    desk.browser.read(page)
    assert desk.press(f"{page}/end").status_code == 303
    assert kept(app) is None
    assert audited(app) == [("set_key_reminder", "site"), ("ended_key_reminder", "site")]


@pytest.mark.parametrize("email", ["", "keeper", "keeper@example", "a@b.example\r\nBcc: c@d.example", "a" * 400])
def test_what_is_no_address_is_said_and_kept_in_the_form(app: Flask, desk: Desk, email: str) -> None:
    desk.log_in()
    assert set_address(desk, page_of(app), email) == 400
    assert desk.browser.last.mistakes()
    assert kept(app) is None
    assert audited(app) == []


def test_only_owners_and_only_with_a_token(app: Flask, desk: Desk) -> None:
    page = page_of(app)
    desk.log_in("edda")
    assert desk.browser.get(page).status_code == 403
    desk.log_in()
    for address in (page, f"{page}/end"):
        assert desk.browser.post(address, data={"email": "keeper@example.org"}).status_code == 400
    assert desk.browser.get(page.replace(page.split("/")[4], "0" * 32)).status_code == 404
    assert kept(app) is None
