"""Reads of counts: exact totals, days for a chart, community shares coarse enough to name nobody."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, select, union_all
from sqlalchemy.orm import Session

from campaign.counting.models import CampaignCount, CommunityCount, HourlyCount
from campaign.signing.models import Signature, SignatureDelta, in_state

SMALLEST_PUBLISHED = 10
ROUNDED_TO = 5


# Summed and waiting in one statement: between two, a roll-up could move a delta and it would be counted twice or not
# at all. Made once, because every process asks many times a second (see web/editions.py).
_BOTH = union_all(
    select(CampaignCount.campaign_id, CampaignCount.signatures.label("number")),
    select(SignatureDelta.campaign_id, SignatureDelta.change.label("number")),
).subquery()
_COUNTS = select(_BOTH.c.campaign_id, func.sum(_BOTH.c.number)).group_by(_BOTH.c.campaign_id)
_COUNT_OF_ONE = select(func.sum(_BOTH.c.number)).where(_BOTH.c.campaign_id == bindparam("campaign_id"))


@dataclass(frozen=True, slots=True)
class DayCount:
    """Signatures confirmed on a day (UTC) that still stand, and all until then."""

    day: date
    signatures: int
    total: int


@dataclass(frozen=True, slots=True)
class CommunityShare:
    """`people` is rounded to `ROUNDED_TO` and never below `SMALLEST_PUBLISHED`."""

    community: str
    people: int


def signature_count(session: Session, campaign_id: uuid.UUID) -> int:
    """How many confirmed signatures stand, exactly: what is added up plus what is waiting to be."""
    return int(session.scalar(_COUNT_OF_ONE, {"campaign_id": campaign_id}) or 0)


def signature_counts(session: Session) -> Counter[uuid.UUID]:
    """The same for all campaigns; one that nobody signed counts 0."""
    return Counter({campaign_id: int(number) for campaign_id, number in session.execute(_COUNTS)})


def days(session: Session, campaign_id: uuid.UUID, *, today: date) -> list[DayCount]:
    """Every day from the first signature to `today`, days without one included; empty before the first."""
    summed = select(HourlyCount.hour, HourlyCount.signatures.label("number")).where(
        HourlyCount.campaign_id == campaign_id
    )
    waiting = select(SignatureDelta.hour, SignatureDelta.change.label("number")).where(
        SignatureDelta.campaign_id == campaign_id
    )
    both = union_all(summed, waiting).subquery()
    by_day: Counter[date] = Counter()
    for hour, number in session.execute(select(both.c.hour, both.c.number)):
        by_day[hour.date()] += number
    standing = [day for day, number in by_day.items() if number]
    if not standing:
        return []
    series, total, day, last = [], 0, min(standing), max(today, *standing)
    while day <= last:
        total += by_day[day]
        series.append(DayCount(day, by_day[day], total))
        day += timedelta(days=1)
    return series


def community_shares(session: Session, campaign_id: uuid.UUID) -> list[CommunityShare]:
    """Communities named by enough people, most named first."""
    rows = session.execute(
        select(CommunityCount.community, CommunityCount.people)
        .where(CommunityCount.campaign_id == campaign_id, CommunityCount.people >= SMALLEST_PUBLISHED)
        .order_by(CommunityCount.people.desc(), CommunityCount.community)
    )
    return [CommunityShare(community, ROUNDED_TO * round(people / ROUNDED_TO)) for community, people in rows]


def deltas_waiting(session: Session) -> int:
    """How many changes wait to be added up. A worker takes them every second, so there are few while one runs."""
    return session.scalar(select(func.count()).select_from(SignatureDelta)) or 0


def pending_count(session: Session, campaign_id: uuid.UUID, *, since: datetime) -> int:
    """Signatures made since then and not confirmed yet; for the desk only."""
    query = select(func.count()).where(
        Signature.campaign_id == campaign_id, in_state("pending"), Signature.signed_hour >= since
    )
    return session.scalar(query) or 0
