"""Adds up what signing left behind. Signers never touch a sum, so they never wait for each other here."""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from campaign.core.db import Base, add_to_sum
from campaign.core.errors import SealingError
from campaign.core.waiting_seal import open_waiting
from campaign.counting.models import CampaignCount, CommunityCount, CountryCount, HourlyCount, OriginCount
from campaign.signing.actions import COUNTRY_ON_BALLOT
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
        .returning(
            SignatureDelta.campaign_id,
            SignatureDelta.hour,
            SignatureDelta.language,
            SignatureDelta.source,
            SignatureDelta.change,
        )
    ).all()
    hours: Counter[tuple[uuid.UUID, datetime]] = Counter()
    origins: Counter[tuple[uuid.UUID, str, str]] = Counter()
    totals: Counter[uuid.UUID] = Counter()
    for campaign_id, hour, language, source, change in taken:
        hours[campaign_id, hour] += change
        # One that an older release wrote does not say; `reconcile` counts it.
        if language:
            origins[campaign_id, language, source] += change
        totals[campaign_id] += change
    # Sorted, so that two aggregators meet the same rows in the same order and cannot deadlock.
    for (campaign_id, hour), change in sorted(hours.items()):
        add_to_sum(session, HourlyCount, {"campaign_id": campaign_id, "hour": hour}, "signatures", change)
    for (campaign_id, language, source), change in sorted(origins.items()):
        key = {"campaign_id": campaign_id, "language": language, "source": source}
        add_to_sum(session, OriginCount, key, "signatures", change)
    for campaign_id, change in sorted(totals.items()):
        add_to_sum(session, CampaignCount, {"campaign_id": campaign_id}, "signatures", change)
    return len(taken)


def count_ballots(session: Session, *, key: bytes) -> None:
    """Open ballots in batches of `SMALLEST_BATCH` or more and add them up; smaller ones wait."""
    _lock_ballots(session)
    batches = session.scalars(
        select(CommunityBallot.campaign_id).group_by(CommunityBallot.campaign_id).having(func.count() >= SMALLEST_BATCH)
    ).all()
    for campaign_id in batches:
        ballots = session.scalars(
            delete(CommunityBallot).where(CommunityBallot.campaign_id == campaign_id).returning(CommunityBallot.sealed)
        ).all()
        people = Counter(named for sealed in ballots for named in _opened(key, sealed))
        for named, number in sorted(people.items()):
            country = named.removeprefix(COUNTRY_ON_BALLOT)
            if country == named:
                add_to_sum(session, CommunityCount, {"campaign_id": campaign_id, "community": named}, "people", number)
            else:
                add_to_sum(session, CountryCount, {"campaign_id": campaign_id, "country": country}, "people", number)


def reconcile(session: Session) -> int:
    """Count all signatures again and replace the sums; by how much they had drifted, summed over campaigns."""
    _lock_signatures(session)
    before = _totals(session)
    for table in (SignatureDelta, HourlyCount, OriginCount, CampaignCount):
        session.execute(delete(table))
    _count_again(session, HourlyCount, {"campaign_id": Signature.campaign_id, "hour": Signature.confirmed_hour})
    origin = {"language": Signature.language, "source": Signature.source}
    _count_again(session, OriginCount, {"campaign_id": Signature.campaign_id, **origin})
    sums = select(HourlyCount.campaign_id, func.sum(HourlyCount.signatures)).group_by(HourlyCount.campaign_id)
    session.execute(insert(CampaignCount).from_select(["campaign_id", "signatures"], sums))
    after = _totals(session)
    return sum(abs(after[key] - before[key]) for key in before.keys() | after.keys())


def _count_again(session: Session, model: type[Base], key: Mapping[str, InstrumentedAttribute[Any]]) -> None:
    standing = select(*key.values(), func.count()).where(Signature.state == "confirmed").group_by(*key.values())
    session.execute(insert(model).from_select([*key, "signatures"], standing))


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
