"""Organizers' accounts: login and password open them, together only."""

import subprocess
import sys
from datetime import datetime

import pytest
from flask import Flask

from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.organizers.actions import add_organizer
from campaign.organizers.passwords import is_right
from campaign.organizers.queries import credentials

PASSWORD = "correct horse battery"


def test_only_login_and_password_together_open_an_account(any_app: Flask, now: datetime) -> None:
    with transaction() as session:
        made = add_organizer(session, login="olga", password=PASSWORD, role="owner", now=now)
    known = credentials(db.session(), "olga")
    assert known is not None
    assert known[0] == made
    assert known[1].startswith("$argon2id$")
    assert is_right(PASSWORD, known[1])
    assert not is_right("wrong", known[1])
    assert credentials(db.session(), "oleg") is None
    assert not is_right("nobody has this password", None)


def test_a_guess_costs_what_rfc_9106_asks_for() -> None:
    """In a process of its own, for the other tests guess more cheaply."""
    said = "from campaign.organizers.passwords import hashed; print(hashed('correct horse battery'))"
    made = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("login", "password", "role"),
    [("Olga", PASSWORD, "owner"), ("o", PASSWORD, "owner"), ("olga", "short", "owner"), ("olga", PASSWORD, "king")],
)
def test_a_bad_account_is_refused(any_app: Flask, now: datetime, login: str, password: str, role: str) -> None:
    with pytest.raises(Invalid), transaction() as session:
        add_organizer(session, login=login, password=password, role=role, now=now)


def test_a_login_is_one_persons(any_app: Flask, now: datetime) -> None:
    with transaction() as session:
        add_organizer(session, login="olga", password=PASSWORD, role="owner", now=now)
        with pytest.raises(Refused):
            add_organizer(session, login="olga", password=PASSWORD, role="viewer", now=now)
