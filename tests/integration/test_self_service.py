"""What somebody can do with their own signature."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.core.keyring import Keyring
from campaign.counting.actions import roll_up
from campaign.counting.queries import signature_count
from campaign.signing.models import Signature
from campaign.signing.queries import public_names, signature_to_manage
from campaign.signing.self_service import leave_updates, set_public_name, withdraw
from campaign.worker import erase_old_unconfirmed
from tests.factories import Site
from tests.signers import newest_letter, sign, sign_and_confirm


def signature() -> Signature:
    return db.session.scalars(select(Signature)).one()


def test_hiding_a_public_name_erases_it(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    token = newest_letter(keyring).values["manage_token"]
    assert public_names(db.session(), any_site.campaign.id, after=None).names == ("Alice",)
    with transaction() as session:
        set_public_name(session, token=token, public_name=None, now=now)
    assert signature().public_name is None
    assert public_names(db.session(), any_site.campaign.id, after=None).names == ()


def test_leaving_updates_keeps_the_signature(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, wants_updates=True)
    with transaction() as session:
        leave_updates(session, token=newest_letter(keyring).values["manage_token"], now=now)
    assert (signature().wants_updates, signature().state) == (False, "confirmed")


@pytest.mark.parametrize("is_rolled_up", [True, False])
def test_withdrawing_erases_and_counts_back(
    any_site: Site, keyring: Keyring, now: datetime, is_rolled_up: bool
) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    token = newest_letter(keyring).values["manage_token"]
    if is_rolled_up:
        with transaction() as session:
            roll_up(session)
    with transaction() as session:
        withdraw(session, token=token, now=now + timedelta(hours=3))
    row = signature()
    kept = {"id", "campaign_id", "state", "signed_hour", "language", "text_version", "source"}
    left = {name for name in tuple(Signature.__table__.c.keys()) if getattr(row, name) not in (None, False)}
    assert left == kept
    assert signature_count(db.session(), any_site.campaign.id) == 0
    with pytest.raises(NotFound):
        signature_to_manage(db.session(), token=token, now=now)


def test_withdrawing_twice_counts_back_once(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now, "bob@example.org")
    token = newest_letter(keyring).values["manage_token"]
    with transaction() as session:
        withdraw(session, token=token, now=now)
    with pytest.raises(NotFound), transaction() as session:
        withdraw(session, token=token, now=now)
    assert signature_count(db.session(), any_site.campaign.id) == 1


def test_somebody_who_withdrew_may_sign_again(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    with transaction() as session:
        withdraw(session, token=newest_letter(keyring).values["manage_token"], now=now)
    sign_and_confirm(any_site, keyring, now + timedelta(minutes=1))
    assert signature_count(db.session(), any_site.campaign.id) == 1


def test_what_nobody_confirmed_is_erased_after_two_weeks(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now, "bob@example.org")
    for days, left in ((13, 2), (15, 1)):
        erase_old_unconfirmed(now + timedelta(days=days))
        assert len(db.session.scalars(select(Signature)).all()) == left
    assert signature().state == "confirmed"
