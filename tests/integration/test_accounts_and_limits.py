"""Organizers' accounts, and limits that several processes share."""

from datetime import datetime

import pytest
from flask import Flask
from limits import parse
from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.defence.models import RateCounter
from campaign.defence.rate_limits import RateLimits, network_of
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


def test_two_processes_share_one_limit(any_app: Flask) -> None:
    limit, first, second = parse("5 per hour"), RateLimits(b"k" * 32), RateLimits(b"k" * 32)
    allowed = [side.allows(limit, "login", "olga") for _ in range(5) for side in (first, second)]
    assert allowed == [True] * 5 + [False] * 5
    assert first.allows(limit, "login", "somebody else")


def test_a_limit_stores_no_name(any_app: Flask) -> None:
    RateLimits(b"k" * 32).allows(parse("5 per hour"), "login", "olga")
    row = db.session.scalars(select(RateCounter)).one()
    assert b"olga" not in row.tag
    assert len(row.tag) == 32


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_a_network_is_what_one_household_has(address: str, network: str) -> None:
    assert network_of(address) == network
