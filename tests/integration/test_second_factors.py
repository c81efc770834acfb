"""Codes, recovery codes, invitations and sessions: each works once, whoever is quicker."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer, change_site_role, password_hash, remove_organizer
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
from campaign.organizers.invitations import (
    INVITATION_DAYS,
    accept,
    forget_old_invitations,
    invitation,
    invite,
    open_invitations,
    take_back,
)
from campaign.organizers.models import DeskSession, Organizer, RecoveryCode, TotpFactor
from campaign.organizers.queries import account
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
from tests.factories import Site
from tests.signers import letters, newest_letter

PASSWORD = "correct horse battery"


@pytest.fixture
def olga(any_app: Flask, now: datetime) -> uuid.UUID:
    with transaction() as session:
        return add_organizer(session, login="olga", password=PASSWORD, role="owner", now=now)


def at_once(app: Flask, number: int, do: Callable[[int], bool]) -> int:
    """How many of several threads were right that began at the same moment, each in a transaction of its own."""
    barrier, right = threading.Barrier(number), []

    def run(place: int) -> None:
        with app.app_context():
            barrier.wait()
            if do(place):
                right.append(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(right)


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


def mailed_invitation(keyring: Keyring, **changes: object) -> str:
    """Invite Ada; the token of her link."""
    with transaction() as session:
        invite(session, email="ada@example.org", key=keyring.waiting, language="en", inviter="olga", **changes)  # type: ignore[arg-type]
    return str(newest_letter(keyring, "ada@example.org").values["token"])


def test_an_invitation_makes_one_account(any_app: Flask, olga: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    token = mailed_invitation(keyring, role="viewer", campaign_id=None, invited_by=olga, now=now)
    stored = password_hash(PASSWORD)

    def join(place: int) -> bool:
        try:
            with transaction() as session:
                accept(session, token, login=f"ada{place}", stored_password=stored, now=now)
        except NotFound:
            return False
        return True

    assert at_once(any_app, 4, join) == 1
    assert db.session.scalar(select(func.count()).where(Organizer.login.like("ada%"))) == 1
    with pytest.raises(NotFound):
        invitation(db.session(), token, now=now)


def test_two_who_choose_the_same_login_at_once(
    any_app: Flask, olga: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    for _ in range(4):
        mailed_invitation(keyring, role="viewer", campaign_id=None, invited_by=olga, now=now)
    tokens = [str(letter.values["token"]) for letter in letters(keyring)]
    db.session.rollback()
    stored = password_hash(PASSWORD)

    def join(place: int) -> bool:
        try:
            with transaction() as session:
                accept(session, tokens[place], login="ada", stored_password=stored, now=now)
        except Refused:
            return False
        return True

    assert at_once(any_app, 4, join) == 1
    assert len(open_invitations(db.session(), campaign_id=None, now=now)) == 3, "the others' links are still good"


def test_a_login_that_is_taken_leaves_the_invitation_good(olga: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    token = mailed_invitation(keyring, role="editor", campaign_id=None, invited_by=olga, now=now)
    stored = password_hash(PASSWORD)
    with pytest.raises(Refused), transaction() as session:
        accept(session, token, login="olga", stored_password=stored, now=now)
    with transaction() as session:
        made = accept(session, token, login="ada", stored_password=stored, now=now)
    found = account(db.session(), made)
    assert found is not None
    assert found.role == "editor"


def test_an_invitation_to_a_campaign_gives_a_role_there_and_nowhere_else(
    olga: uuid.UUID, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    campaign_id = any_site.campaign.id
    token = mailed_invitation(keyring, role="moderator", campaign_id=campaign_id, invited_by=olga, now=now)
    with transaction() as session:
        made = accept(session, token, login="ada", stored_password=password_hash(PASSWORD), now=now)
    found = account(db.session(), made)
    assert found is not None
    assert (found.role, found.role_in(campaign_id), found.role_in(uuid.uuid4())) == (None, "moderator", None)


def test_an_invitation_ends_by_itself_or_when_it_is_taken_back(
    olga: uuid.UUID, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    token = mailed_invitation(keyring, role="owner", campaign_id=None, invited_by=olga, now=now)
    late = now + timedelta(days=INVITATION_DAYS)
    invitation(db.session(), token, now=late - timedelta(seconds=1))
    with pytest.raises(NotFound):
        invitation(db.session(), token, now=late)
    with pytest.raises(NotFound), transaction() as session:
        accept(session, token, login="ada", stored_password=password_hash(PASSWORD), now=late)
    (waiting,) = open_invitations(db.session(), campaign_id=None, now=now)
    with transaction() as session:
        assert not take_back(session, waiting.id, campaign_id=any_site.campaign.id), "it is to the site"
        assert take_back(session, waiting.id, campaign_id=None)
    with pytest.raises(NotFound):
        invitation(db.session(), token, now=now)
    mailed_invitation(keyring, role="owner", campaign_id=None, invited_by=olga, now=now)
    with transaction() as session:
        forget_old_invitations(session, now=late)
    assert open_invitations(db.session(), campaign_id=None, now=now) == []


def test_two_owners_cannot_take_the_site_from_each_other_at_once(
    any_app: Flask, olga: uuid.UUID, now: datetime
) -> None:
    with transaction() as session:
        other = add_organizer(session, login="zoe", password=PASSWORD, role="owner", now=now)

    def demote(place: int) -> bool:
        try:
            with transaction() as session:
                change_site_role(session, (olga, other)[place], "viewer")
        except Refused:
            return False
        return True

    assert at_once(any_app, 2, demote) == 1
    (owner,) = db.session.scalars(select(Organizer.id).where(Organizer.role == "owner")).all()
    db.session.rollback()
    with pytest.raises(Refused), transaction() as session:
        remove_organizer(session, owner)


def test_whoever_is_removed_takes_sessions_and_factors_along(olga: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        ada = add_organizer(session, login="ada", password=PASSWORD, role="owner", now=now)
        token = start_session(session, ada, now=now)
        add_totp(session, ada, secret=new_secret(), step=0, key=keyring.waiting, now=now)
        new_recovery_codes(session, ada)
    with transaction() as session:
        remove_organizer(session, ada)
    assert open_session(db.session(), token, now=now) is None
    for table in (DeskSession, TotpFactor, RecoveryCode):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    with pytest.raises(NotFound), transaction() as session:
        remove_organizer(session, ada)
