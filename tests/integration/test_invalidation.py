"""Signatures that are not genuine leave the count once and come back as they were, whoever is quicker."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, NotFound
from campaign.core.keyring import Keyring
from campaign.counting.actions import roll_up
from campaign.counting.queries import days
from campaign.exports.public_names import public_names_csv
from campaign.signing.actions import confirm
from campaign.signing.invalidation import Outcome, invalidate
from campaign.signing.models import Signature, SignatureDelta
from campaign.signing.queries import public_names
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.integration.invalidating import BOB, count, drift, ids, put_back, row, take_out
from tests.signers import newest_letter, sign, sign_and_confirm


@pytest.mark.parametrize("is_rolled_up", [True, False])
def test_an_invalidated_signature_leaves_the_hour_it_was_confirmed_in(
    any_site: Site, keyring: Keyring, now: datetime, is_rolled_up: bool
) -> None:
    sign_and_confirm(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now + timedelta(days=1), BOB)
    if is_rolled_up:
        with transaction() as session:
            roll_up(session)
    first = db.session.scalars(select(Signature.id).order_by(Signature.confirmed_hour)).first()
    assert first
    assert take_out(any_site, first) == Outcome(confirmed=1, pending=0, left=0)
    series = days(db.session(), any_site.campaign.id, today=(now + timedelta(days=1)).date())
    assert [(day.signatures, day.total) for day in series] == [(1, 1)]
    assert count(any_site) == 1
    assert drift() == 0


def test_reinstating_brings_back_the_state_and_the_hour(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now, BOB)
    before = {each.id: (each.state, each.confirmed_hour) for each in db.session.scalars(select(Signature))}
    assert take_out(any_site, *before) == Outcome(confirmed=1, pending=1, left=0)
    assert count(any_site) == 0
    assert put_back(any_site, *before) == Outcome(confirmed=1, pending=1, left=0)
    after = list(db.session.scalars(select(Signature)))
    assert {each.id: (each.state, each.confirmed_hour) for each in after} == before
    assert {(each.invalidated_reason, each.invalidated_confirmed_hour) for each in after} == {(None, None)}
    assert public_names(db.session(), any_site.campaign.id, after=None).names == ("Alice",)
    assert count(any_site) == 1
    assert drift() == 0


def test_doing_it_again_changes_nothing(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now, BOB)
    take_out(any_site, *ids())
    assert take_out(any_site, *ids(), reason="duplicate") == Outcome(confirmed=0, pending=0, left=2)
    assert {each.invalidated_reason for each in db.session.scalars(select(Signature))} == {"forged"}
    assert count(any_site) == 0
    put_back(any_site, *ids())
    assert put_back(any_site, *ids()) == Outcome(confirmed=0, pending=0, left=2)
    assert count(any_site) == 2


def test_who_withdrew_is_not_brought_back(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    with transaction() as session:
        withdraw(session, token=newest_letter(keyring).values["manage_token"], now=now)
    nothing = Outcome(confirmed=0, pending=0, left=1)
    assert (take_out(any_site, *ids()), put_back(any_site, *ids())) == (nothing, nothing)
    assert row().state == "withdrawn"


def test_an_id_of_no_signature_of_the_campaign_stops_all(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    here, alice = any_site.campaign.id, ids()
    for campaign_id, chosen in ((here, [*alice, uuid4()]), (uuid4(), alice)):
        with pytest.raises(NotFound, match="1 ids are no signatures"), transaction() as session:
            invalidate(session, campaign_id=campaign_id, signature_ids=chosen, reason="forged")
    assert (count(any_site), row().state) == (1, "confirmed")


def test_more_ids_than_one_statement_takes(any_site: Site, now: datetime) -> None:
    many = [uuid4() for _ in range(1201)]
    with transaction() as session:
        for each in many:
            values = {"language": "en", "text_version": 1, "source": "site", "wants_updates": False}
            hours = {"signed_hour": now, "confirmed_hour": now}
            session.add(Signature(id=each, campaign_id=any_site.campaign.id, state="confirmed", **hours, **values))
            session.add(SignatureDelta(campaign_id=any_site.campaign.id, hour=now, change=1))
    seen: list[int] = []
    with transaction() as session:
        invalidate(
            session, campaign_id=any_site.campaign.id, signature_ids=many, reason="automated", progress=seen.append
        )
    assert seen == [500, 1000, 1201]
    assert count(any_site) == 0
    assert drift() == 0


def test_a_reason_is_one_of_a_few_words(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    with pytest.raises(Invalid):
        take_out(any_site, *ids(), reason="Alice is not her name")
    assert row().state == "confirmed"


def test_an_invalidated_name_is_in_no_list(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    take_out(any_site, *ids())
    assert public_names(db.session(), any_site.campaign.id, after=None).names == ()
    assert "Alice" not in "".join(public_names_csv(db.session(), any_site.campaign.id))


def together(app: Flask, *actions: Callable[[], object]) -> None:
    """Each on a thread of its own, let go at once. One that finds nothing to do is in order."""
    barrier, wrong = threading.Barrier(len(actions)), list[BaseException]()

    def run(action: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                action()
            except NotFound:
                pass
            except BaseException as error:  # noqa: BLE001 - the test reports it
                wrong.append(error)

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_two_organizers_and_owners_at_once_never_count_twice(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """Whoever comes first, each signature leaves the count once; two organizers with the same ids do not deadlock."""
    people = [f"signer{number}@example.org" for number in range(24)]
    for place, person in enumerate(people):
        (sign_and_confirm if place % 3 else sign)(any_site, keyring, now, person)
    links = {person: newest_letter(keyring, person).values for person in people}
    chosen = ids()

    def withdraw_some() -> None:
        for person in people[::2]:
            with transaction() as session:
                withdraw(session, token=links[person]["manage_token"], now=now)

    def confirm_some() -> None:
        for person in people[::3]:
            try:
                with transaction() as session:
                    token = links[person]["confirm_token"]
                    confirm(session, token=token, communities=(), keyring=keyring, now=now)
            except NotFound:
                pass

    def organize(*order: UUID) -> Callable[[], None]:
        def back_and_forth() -> None:
            for _ in range(3):
                take_out(any_site, *order)
                put_back(any_site, *order)
            take_out(any_site, *order)

        return back_and_forth

    together(any_app, organize(*chosen), organize(*chosen[::-1]), withdraw_some, confirm_some)
    take_out(any_site, *chosen)
    assert count(any_site) == 0
    assert drift() == 0
    put_back(any_site, *chosen)
    standing = db.session.scalars(select(Signature.id).where(Signature.state == "confirmed")).all()
    assert count(any_site) == len(standing)
    assert drift() == 0
