"""Counting off the write path: whatever is rolled up when, by however many, the numbers stay exact."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import SMALLEST_BATCH, count_ballots, reconcile, roll_up
from campaign.counting.models import CampaignCount, CommunityCount, HourlyCount
from campaign.counting.queries import community_shares, days, signature_count
from campaign.signing.models import CommunityBallot, SignatureDelta
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.signers import newest_letter, sign_and_confirm


def test_the_count_is_exact_before_and_after_a_roll_up(any_site: Site, keyring: Keyring, now: datetime) -> None:
    for name in ("alice", "bob"):
        sign_and_confirm(any_site, keyring, now, f"{name}@example.org")
    assert signature_count(db.session(), any_site.campaign.id) == 2
    with transaction() as session:
        assert roll_up(session) == 2
    assert signature_count(db.session(), any_site.campaign.id) == 2
    assert db.session.scalar(select(func.count()).select_from(SignatureDelta)) == 0


def test_two_aggregators_at_once_lose_nothing(any_app: Flask, any_site: Site, now: datetime) -> None:
    number = 200
    with transaction() as session:
        for place in range(number):
            hour = now.replace(minute=0, second=0) + timedelta(hours=place % 7)
            session.add(SignatureDelta(campaign_id=any_site.campaign.id, hour=hour, change=1))
    barrier = threading.Barrier(4)

    def aggregate() -> None:
        with any_app.app_context():
            barrier.wait()
            for _ in range(3):
                with transaction() as session:
                    roll_up(session)

    threads = [threading.Thread(target=aggregate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalar(select(CampaignCount.signatures)) == number
    assert db.session.scalar(select(func.sum(HourlyCount.signatures))) == number
    assert db.session.scalar(select(func.count()).select_from(SignatureDelta)) == 0


def test_days_without_a_signature_are_in_the_series(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    sign_and_confirm(any_site, keyring, now + timedelta(days=3), "bob@example.org")
    with transaction() as session:
        roll_up(session)
    series = days(db.session(), any_site.campaign.id, today=(now + timedelta(days=4)).date())
    assert [(day.signatures, day.total) for day in series] == [(1, 1), (0, 1), (0, 1), (1, 2), (0, 2)]


def test_reconcile_finds_and_mends_a_drift(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    with transaction() as session:
        roll_up(session)
        session.scalars(select(CampaignCount)).one().signatures = 40
    with transaction() as session:
        assert reconcile(session) == 39
    with transaction() as session:
        assert reconcile(session) == 0
    assert signature_count(db.session(), any_site.campaign.id) == 1


def test_a_withdrawal_leaves_the_hour_it_was_confirmed_in(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    with transaction() as session:
        roll_up(session)
    with transaction() as session:
        withdraw(session, token=newest_letter(keyring).values["manage_token"], now=now + timedelta(days=2))
    with transaction() as session:
        roll_up(session)
    assert db.session.scalars(select(HourlyCount.signatures)).all() == [0]
    assert days(db.session(), any_site.campaign.id, today=now.date()) == []


def test_ballots_are_opened_in_batches_of_ten_only(any_site: Site, keyring: Keyring, now: datetime) -> None:
    for place in range(SMALLEST_BATCH):
        with transaction() as session:
            count_ballots(session, key=keyring.waiting)
        assert db.session.scalars(select(CommunityCount)).all() == []
        named = ["women", "workers"] if place else []
        sign_and_confirm(any_site, keyring, now, f"signer{place}@example.org", communities=named)
    with transaction() as session:
        count_ballots(session, key=keyring.waiting)
    counts = {row.community: row.people for row in db.session.scalars(select(CommunityCount))}
    assert counts == {"women": 9, "workers": 9}
    assert db.session.scalar(select(func.count()).select_from(CommunityBallot)) == 0
    assert community_shares(db.session(), any_site.campaign.id) == []


@pytest.mark.parametrize(("people", "shown"), [(9, []), (10, [10]), (12, [10]), (13, [15]), (104, [105])])
def test_shares_are_rounded_and_small_ones_not_published(any_site: Site, people: int, shown: list[int]) -> None:
    with transaction() as session:
        session.add(CommunityCount(campaign_id=any_site.campaign.id, community="women", people=people))
    assert [share.people for share in community_shares(db.session(), any_site.campaign.id)] == shown


def test_every_ballot_has_the_same_size_whatever_it_says(any_site: Site, keyring: Keyring, now: datetime) -> None:
    for name, named in (("alice", []), ("bob", ["women"]), ("charlie", ["workers", "women", "youth"])):
        sign_and_confirm(any_site, keyring, now, f"{name}@example.org", communities=named)
    sizes = {len(row.sealed) for row in db.session.scalars(select(CommunityBallot))}
    assert len(sizes) == 1


def test_two_aggregators_never_open_a_small_batch(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    for place in range(SMALLEST_BATCH + SMALLEST_BATCH // 2):
        sign_and_confirm(any_site, keyring, now, f"signer{place}@example.org", communities=["women"])
    barrier = threading.Barrier(4)

    def aggregate() -> None:
        with any_app.app_context():
            barrier.wait()
            with transaction() as session:
                count_ballots(session, key=keyring.waiting)

    threads = [threading.Thread(target=aggregate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalars(select(CommunityCount.people)).all() == [15]
