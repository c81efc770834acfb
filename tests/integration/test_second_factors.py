"""Codes, recovery codes and sessions: each works once, whoever is quicker."""

import uuid
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.factors import (
    RECOVERY_CODES,
    accept_recovery_code,
    accept_totp,
    add_totp,
    factors_of,
    matching_step,
    new_recovery_codes,
    new_secret,
    reset_factors,
)
from campaign.organizers.models import DeskSession, RecoveryCode, TotpFactor
from campaign.organizers.sessions import (
    SESSION_HOURS,
    end_session,
    end_sessions,
    forget_ended,
    open_session,
    set_challenge,
    start_session,
    take_challenge,
)
from tests.at_once import at_once


def test_a_code_is_good_for_its_half_minute_and_the_one_around_it(now: datetime) -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(now)
    step = matching_step(secret, code, now=now)
    assert step is not None
    assert matching_step(secret, f" {code[:3]} {code[3:]} ", now=now) == step
    assert matching_step(secret, code, now=now + timedelta(seconds=30)) == step
    assert matching_step(secret, code, now=now + timedelta(seconds=90)) is None
    for wrong in ("", "000000x", code[:5], code + "0", "٠١٢٣٤٥", "\0", "\ud800"):
        assert matching_step(secret, wrong, now=now) is None


@pytest.mark.parametrize("digits", ["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])
def test_a_code_counts_in_the_digits_of_any_keyboard(now: datetime, digits: str) -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(now)
    assert matching_step(secret, code.translate(str.maketrans("0123456789", digits)), now=now) is not None


def test_a_code_works_once_and_the_one_that_set_it_up_not_again(
    any_app: Flask, olga: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    secret, key = new_secret(), keyring.waiting
    first = pyotp.TOTP(secret).at(now)
    step = matching_step(secret, first, now=now)
    assert step is not None
    with transaction() as session:
        add_totp(session, olga, secret=secret, step=step, key=key, now=now)
    later = now + timedelta(seconds=30)
    code = pyotp.TOTP(secret).at(later)

    def show(typed: str, at: datetime) -> bool:
        with transaction() as session:
            return accept_totp(session, olga, typed, key=key, now=at)

    assert not show(first, now)
    assert at_once(any_app, 4, lambda _: show(code, later)) == 1
    assert not show(code, later)
    assert not show(first, later), "an older step, though still within its time"
    assert show(pyotp.TOTP(secret).at(later + timedelta(seconds=30)), later + timedelta(seconds=30))


def test_the_secret_is_sealed_in_the_database(olga: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    secret = new_secret()
    with transaction() as session:
        add_totp(session, olga, secret=secret, step=0, key=keyring.waiting, now=now)
    sealed = db.session.scalars(select(TotpFactor.sealed)).one()
    assert secret.encode() not in sealed
    with transaction() as session:
        assert not accept_totp(session, olga, pyotp.TOTP(secret).at(now), key=bytes(32), now=now)


def test_a_recovery_code_works_once_however_it_is_typed(any_app: Flask, olga: uuid.UUID) -> None:
    with transaction() as session:
        codes = new_recovery_codes(session, olga)
    assert len(set(codes)) == RECOVERY_CODES

    def use(code: str) -> bool:
        with transaction() as session:
            return accept_recovery_code(session, olga, code)

    assert not use("aaaa-aaaa-aaaa-aaaa")
    assert use(f" {codes[0].upper().replace('-', ' ')} ")
    assert not use(codes[0])
    assert at_once(any_app, 4, lambda _: use(codes[1])) == 1
    with transaction() as session:
        new_recovery_codes(session, olga)
    assert not use(codes[2]), "new codes take the place of the old"
    stored = b"".join(db.session.scalars(select(RecoveryCode.digest)))
    assert not [code for code in codes if code.replace("-", "").encode() in stored]


def test_factors_can_be_reset_for_whoever_lost_them(olga: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        add_totp(session, olga, secret=new_secret(), step=0, key=keyring.waiting, now=now)
        new_recovery_codes(session, olga)
    assert factors_of(db.session(), olga).any
    with transaction() as session:
        reset_factors(session, olga)
    found = factors_of(db.session(), olga)
    assert (found.any, found.recovery_codes) == (False, 0)


def test_a_session_is_known_by_its_token_until_it_ends(olga: uuid.UUID, now: datetime) -> None:
    with transaction() as session:
        token, other = start_session(session, olga, now=now), start_session(session, olga, now=now)
    opened = open_session(db.session(), token, now=now)
    assert opened is not None
    assert not opened.is_fresh(now)
    assert token.encode() not in b"".join(db.session.scalars(select(DeskSession.token_digest)))
    assert open_session(db.session(), token, now=now + timedelta(hours=SESSION_HOURS)) is None
    assert open_session(db.session(), "", now=now) is None
    with transaction() as session:
        assert not end_session(session, opened.id, of=uuid.uuid4()), "not somebody else's"
        end_sessions(session, olga, but=opened.id)
    assert open_session(db.session(), token, now=now) is not None
    assert open_session(db.session(), other, now=now) is None
    with transaction() as session:
        forget_ended(session, now=now + timedelta(hours=SESSION_HOURS))
    assert db.session.scalar(select(func.count()).select_from(DeskSession)) == 0


def test_a_factor_counts_for_ten_minutes_and_not_from_the_future(olga: uuid.UUID, now: datetime) -> None:
    with transaction() as session:
        token = start_session(session, olga, now=now, has_shown_factor=True)
    opened = open_session(db.session(), token, now=now)
    assert opened is not None
    assert opened.is_fresh(now + timedelta(minutes=9, seconds=59))
    assert not opened.is_fresh(now + timedelta(minutes=10))
    assert not opened.is_fresh(now - timedelta(seconds=1))


def test_a_challenge_is_good_for_one_try(any_app: Flask, olga: uuid.UUID, now: datetime) -> None:
    with transaction() as session:
        token = start_session(session, olga, now=now)
        opened = open_session(session, token, now=now)
        assert opened is not None
        set_challenge(session, opened.id, b"x" * 64)

    def take(_place: int) -> bool:
        with transaction() as session:
            return take_challenge(session, opened.id) is not None

    assert at_once(any_app, 4, take) == 1
