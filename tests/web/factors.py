"""Second factors for tests of the desk: an app and its codes, a passkey, and showing one."""

import uuid
from datetime import datetime

import pyotp
from flask import Flask
from sqlalchemy import select

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.organizers.factors import add_totp, new_recovery_codes
from campaign.organizers.models import Organizer, Passkey
from tests.web.desk import CAMPAIGN, Desk

SEALED = f"{CAMPAIGN}open-list"
PEOPLE = "/organize/people"
FACTOR, ACCOUNT, APP = "/organize/factor", "/organize/account", "/organize/account/app"


def give_app(app: Flask, keyring: Keyring, now: datetime, login: str = "olga") -> tuple[str, list[str]]:
    """An app and recovery codes for an organizer; the app's secret and the codes."""
    secret = pyotp.random_base32()
    with app.app_context(), transaction() as session:
        mine = session.scalars(select(Organizer.id).where(Organizer.login == login)).one()
        add_totp(session, mine, secret=secret, step=0, key=keyring.waiting, now=now)
        return secret, new_recovery_codes(session, mine)


def passkey_of(organizer_id: uuid.UUID, now: datetime) -> Passkey:
    return Passkey(
        organizer_id=organizer_id, credential_id=b"c", public_key=b"p", sign_count=0, name="Key", added_at=now
    )


def show(desk: Desk, code: str, address: str = FACTOR) -> int:
    form = desk.browser.read(address).form("code")
    return desk.browser.post(address, data={**form.values, "code": code}).status_code


def code_of(secret: str) -> str:
    return str(pyotp.TOTP(secret).at(utc_now()))
