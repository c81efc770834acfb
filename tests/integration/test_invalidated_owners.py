"""Whoever's signature was taken out: told nothing, free to withdraw, and erased in time as anybody is."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.core.keyring import Keyring
from campaign.signing.actions import ask_for_links, confirm
from campaign.signing.erasures import ErasureEntry, replay_erasures
from campaign.signing.models import Signature
from campaign.signing.queries import signature_to_confirm, signature_to_manage
from campaign.signing.self_service import leave_updates, set_public_name, withdraw
from campaign.signing.unconfirmed import PENDING_DAYS
from campaign.worker import erase_old_unconfirmed
from tests.factories import Site, entry
from tests.integration.invalidating import BOB, count, drift, ids, put_back, row, take_out
from tests.signers import letters, newest_letter, sign, sign_and_confirm


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_the_same_mailbox_gets_no_second_signature_and_no_mail(
    any_site: Site, keyring: Keyring, now: datetime, is_confirmed: bool
) -> None:
    (sign_and_confirm if is_confirmed else sign)(any_site, keyring, now)
    take_out(any_site, *ids())
    sent = len(letters(keyring))
    sign(any_site, keyring, now + timedelta(days=1), "Alice@example.org")
    assert len(letters(keyring)) == sent
    assert row().state == "invalidated"


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_its_confirm_link_is_a_bad_link(any_site: Site, keyring: Keyring, now: datetime, is_confirmed: bool) -> None:
    (sign_and_confirm if is_confirmed else sign)(any_site, keyring, now)
    token = newest_letter(keyring).values["confirm_token"]
    take_out(any_site, *ids())
    with pytest.raises(NotFound):
        signature_to_confirm(db.session(), token=token, now=now)
    with pytest.raises(NotFound), transaction() as session:
        confirm(session, token=token, communities=(), keyring=keyring, now=now)
    assert count(any_site) == 0


def test_a_pending_one_that_is_reinstated_can_be_confirmed(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    take_out(any_site, *ids())
    put_back(any_site, *ids())
    with transaction() as session:
        confirm(session, token=newest_letter(keyring).values["confirm_token"], communities=(), keyring=keyring, now=now)
    assert count(any_site) == 1


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_its_owner_may_see_and_withdraw_it(any_site: Site, keyring: Keyring, now: datetime, is_confirmed: bool) -> None:
    (sign_and_confirm if is_confirmed else sign)(any_site, keyring, now, public_name="Alice", wants_updates=True)
    confirmed_hour = row().confirmed_hour
    token = newest_letter(keyring).values["manage_token"]
    take_out(any_site, *ids())
    seen = signature_to_manage(db.session(), token=token, now=now)
    assert (seen.state, seen.confirmed_hour, seen.public_name) == ("invalidated", confirmed_hour, "Alice")
    with transaction() as session:
        set_public_name(session, token=token, public_name=None, now=now)
        leave_updates(session, token=token, now=now)
    assert (row().public_name, row().wants_updates, row().state) == (None, False, "invalidated")
    with transaction() as session:
        withdraw(session, token=token, now=now)
    kept = {"id", "campaign_id", "state", "signed_hour", "language", "text_version", "source"}
    left = row()
    assert {name for name in tuple(Signature.__table__.c.keys()) if getattr(left, name) not in (None, False, 0)} == kept
    assert put_back(any_site, *ids()).left == 1
    assert count(any_site) == 0
    assert drift() == 0


def test_its_owner_gets_a_new_link_when_the_old_one_has_run_out(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign_and_confirm(any_site, keyring, now)
    take_out(any_site, *ids())
    later = now + timedelta(days=9)
    asking = {"campaigns": [any_site.campaign], "email": entry().email, "language": "en"}
    with transaction() as session:
        ask_for_links(session, **asking, keyring=keyring, now=later)
    (link,) = newest_letter(keyring).values["links"]
    with transaction() as session:
        withdraw(session, token=link["manage_token"], now=later)
    assert row().state == "withdrawn"


def test_one_never_confirmed_is_erased_after_two_weeks_all_the_same(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now, BOB)
    take_out(any_site, *ids())
    for after, left in ((PENDING_DAYS - 1, 2), (PENDING_DAYS + 1, 1)):
        erase_old_unconfirmed(now + timedelta(days=after))
        assert len(ids()) == left
    assert row().invalidated_confirmed_hour is not None


def test_a_restored_database_erases_an_invalidated_one_too(any_site: Site, keyring: Keyring, now: datetime) -> None:
    """What the list of erasures says is stronger than what organizers said."""
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    take_out(any_site, *ids())
    with transaction() as session:
        assert replay_erasures(session, [ErasureEntry(uuid4(), each, "signature") for each in ids()]) == 1
    assert (row().state, row().sealed, row().invalidated_reason, row().invalidated_confirmed_hour) == (
        "withdrawn",
        None,
        None,
        None,
    )
