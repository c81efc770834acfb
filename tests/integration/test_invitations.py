"""Invitations make one account each, whoever is quicker, and owners cannot lock everybody out."""

import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer, change_site_role, password_hash, remove_organizer
from campaign.organizers.factors import (
    add_totp,
    new_recovery_codes,
    new_secret,
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
    open_session,
    start_session,
)
from tests.at_once import at_once
from tests.factories import Site
from tests.integration.conftest import PASSWORD
from tests.signers import letters, newest_letter


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
