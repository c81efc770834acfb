"""Inviting somebody to the desk, and joining by the link that was mailed."""

from flask import Flask

from campaign.core.keyring import Keyring
from tests.signers import letters
from tests.web.desk import PASSWORD, Desk

PEOPLE = "/organize/people"


def invite(desk: Desk, page: str, email: str, role: str = "viewer") -> int:
    form = desk.browser.read(page).form("email", "role")
    return desk.browser.post(form.action or "", data={**form.values, "email": email, "role": role}).status_code


def mailed_token(app: Flask, keyring: Keyring, email: str) -> str:
    with app.app_context():
        return [str(one.values["token"]) for one in letters(keyring) if one.to == email][-1]


def join(desk: Desk, token: str, login: str, password: str = PASSWORD) -> int:
    form = desk.browser.read(f"/organize/join/{token}").form("login", "password")
    data = {**form.values, "login": login, "password": password}
    return desk.browser.post(f"/organize/join/{token}", data=data).status_code
