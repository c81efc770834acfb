"""Adds up what signing left behind. Signers never touch a sum, so they never wait for each other here."""

import uuid
from collections import Counter
from datetime import datetime

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from campaign.core.db import add_to_sum
from campaign.core.errors import SealingError
from campaign.core.waiting_seal import open_waiting
from campaign.counting.models import CampaignCount, CommunityCount, HourlyCount
from campaign.signing.models import CommunityBallot, Signature, SignatureDelta

DELTAS_AT_ONCE = 5000
# Fewer ballots than this are never opened: a sum that moves by one would tell what the last signer answered.
SMALLEST_BATCH = 10


def roll_up(session: Session) -> int:
    """Move waiting deltas into the sums; how many there were. Two at once each take other rows."""
    waiting = select(SignatureDelta.id).limit(DELTAS_AT_ONCE).with_for_update(skip_locked=True)
    taken = session.execute(
        delete(SignatureDelta)
        .where(SignatureDelta.id.in_(waiting))
        .returning(SignatureDelta.campaign_id, SignatureDelta.hour, SignatureDelta.change)
    ).all()
    hours: Counter[tuple[uuid.UUID, datetime]] = Counter()
    totals: Counter[uuid.UUID] = Counter()
    for campaign_id, hour, change in taken:
        hours[campaign_id, hour] += change
        totals[campaign_id] += change
    # Sorted, so that two aggregators meet the same rows in the same order and cannot deadlock.
    for (campaign_id, hour), change in sorted(hours.items()):
        add_to_sum(session, HourlyCount, {"campaign_id": campaign_id, "hour": hour}, "signatures", change)
    for campaign_id, change in sorted(totals.items()):
        add_to_sum(session, CampaignCount, {"campaign_id": campaign_id}, "signatures", change)
    return len(taken)


def count_ballots(session: Session, *, key: bytes) -> None:
    """Open community ballots in batches of `SMALLEST_BATCH` or more and add them up; smaller ones wait."""
    _lock_ballots(session)
    batches = session.scalars(
        select(CommunityBallot.campaign_id).group_by(CommunityBallot.campaign_id).having(func.count() >= SMALLEST_BATCH)
    ).all()
    for campaign_id in batches:
        ballots = session.scalars(
            delete(CommunityBallot).where(CommunityBallot.campaign_id == campaign_id).returning(CommunityBallot.sealed)
        ).all()
        people = Counter(community for sealed in ballots for community in _opened(key, sealed))
        for community, number in sorted(people.items()):
            add_to_sum(session, CommunityCount, {"campaign_id": campaign_id, "community": community}, "people", number)


def reconcile(session: Session) -> int:
    """Count all signatures again and replace the sums; by how much they had drifted, summed over campaigns."""
    _lock_signatures(session)
    before = _totals(session)
    for table in (SignatureDelta, HourlyCount, CampaignCount):
        session.execute(delete(table))
    standing = (
        select(Signature.campaign_id, Signature.confirmed_hour, func.count())
        .where(Signature.state == "confirmed")
        .group_by(Signature.campaign_id, Signature.confirmed_hour)
    )
    session.execute(insert(HourlyCount).from_select(["campaign_id", "hour", "signatures"], standing))
    sums = select(HourlyCount.campaign_id, func.sum(HourlyCount.signatures)).group_by(HourlyCount.campaign_id)
    session.execute(insert(CampaignCount).from_select(["campaign_id", "signatures"], sums))
    after = _totals(session)
    return sum(abs(after[key] - before[key]) for key in before.keys() | after.keys())


def _opened(key: bytes, sealed: bytes) -> list[str]:
    try:
        return [str(community) for community in open_waiting(key, sealed)]
    except SealingError:
        # Sealed under a key that is gone. Nobody can count it any more; it must not stop the others.
        return []


def _totals(session: Session) -> Counter[uuid.UUID]:
    totals: Counter[uuid.UUID] = Counter()
    for campaign_id, number in session.execute(select(CampaignCount.campaign_id, CampaignCount.signatures)):
        totals[campaign_id] += number
    deltas = select(SignatureDelta.campaign_id, func.sum(SignatureDelta.change)).group_by(SignatureDelta.campaign_id)
    for campaign_id, number in session.execute(deltas):
        totals[campaign_id] += int(number)
    return totals


def _lock_ballots(session: Session) -> None:
    # Before counting them: two aggregators could split a batch of ten into two smaller ones.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE community_ballot IN EXCLUSIVE MODE"))


def _lock_signatures(session: Session) -> None:
    # SQLite has one writer already; PostgreSQL must not see a signature confirmed between two of the statements above.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE signature, signature_delta IN SHARE ROW EXCLUSIVE MODE"))
