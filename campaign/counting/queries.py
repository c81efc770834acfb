"""Reads of counts: exact totals, days for a chart, community shares coarse enough to name nobody."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Row, bindparam, case, func, literal, literal_column, select, union_all
from sqlalchemy.orm import Session

from campaign.core.clock import hour_of
from campaign.counting.models import CampaignCount, CommunityCount, CountryCount, HourlyCount, OriginCount
from campaign.paper.models import SOURCE, PaperBatch
from campaign.signing.models import Signature, SignatureDelta, in_state

SMALLEST_PUBLISHED = 10
ROUNDED_TO = 5
_EVER = datetime(1, 1, 1, tzinfo=UTC)


# Summed and waiting in one statement: between two, a roll-up could move a delta and it would be counted twice or not
# at all. Made once, because every process asks many times a second (see web/editions.py).
_BOTH = union_all(
    select(CampaignCount.campaign_id, CampaignCount.signatures.label("number")),
    select(SignatureDelta.campaign_id, SignatureDelta.change.label("number")),
).subquery()
_COUNT_OF_ONE = select(func.sum(_BOTH.c.number)).where(_BOTH.c.campaign_id == bindparam("campaign_id"))
# The same, and of which on paper: signatures whose source says so, and lines of sheets, which are no signatures.
_ZERO: ColumnElement[int] = literal_column("0", Integer)
_COUNTS_LINES = (PaperBatch.state == "approved", PaperBatch.kind == "sheets")
_ALL = union_all(
    select(CampaignCount.campaign_id, CampaignCount.signatures.label("number"), _ZERO.label("on_paper")),
    select(
        SignatureDelta.campaign_id,
        SignatureDelta.change.label("number"),
        case((SignatureDelta.source == SOURCE, SignatureDelta.change), else_=_ZERO).label("on_paper"),
    ),
    select(OriginCount.campaign_id, _ZERO.label("number"), OriginCount.signatures.label("on_paper")).where(
        OriginCount.source == SOURCE
    ),
    select(PaperBatch.campaign_id, PaperBatch.lines.label("number"), PaperBatch.lines.label("on_paper")).where(
        *_COUNTS_LINES
    ),
).subquery()
_COUNTS = select(_ALL.c.campaign_id, func.sum(_ALL.c.number), func.sum(_ALL.c.on_paper)).group_by(_ALL.c.campaign_id)
_ALL_OF_ONE = _COUNTS.where(_ALL.c.campaign_id == bindparam("campaign_id"))


class Count(NamedTuple):
    """Who has signed a campaign: all of them, and how many of these on paper."""

    total: int = 0
    on_paper: int = 0

    @property
    def online(self) -> int:
        return self.total - self.on_paper


class Counts(dict[uuid.UUID, Count]):
    """Counts by campaign. One that nobody signed has none of its own, and counts 0."""

    def __missing__(self, campaign_id: uuid.UUID) -> Count:
        return Count()


@dataclass(frozen=True, slots=True)
class DayCount:
    """Signatures confirmed, and lines of sheets approved, on a day (UTC) that still stand, and all until then."""

    day: date
    signatures: int
    total: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """Signatures confirmed, and lines of sheets approved, in an hour (UTC) that still stand."""

    hour: datetime
    signatures: int


@dataclass(frozen=True, slots=True)
class Origins:
    """Confirmed signatures by language, and by where the form stood (`signing` says how that is written).

    Both have the most frequent first and add up to all.
    """

    languages: list[tuple[str, int]]
    sources: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class CommunityShare:
    """`people` is rounded to `ROUNDED_TO` and never below `SMALLEST_PUBLISHED`."""

    community: str
    people: int


def signature_count(session: Session, campaign_id: uuid.UUID) -> int:
    """How many confirmed signatures stand, exactly: what is added up plus what is waiting to be.

    These are the rows of lists. Lines of sheets are not among them; `count_of` has both.
    """
    return int(session.scalar(_COUNT_OF_ONE, {"campaign_id": campaign_id}) or 0)


def count_of(session: Session, campaign_id: uuid.UUID) -> Count:
    """How many have signed, online and on paper, exactly."""
    row = session.execute(_ALL_OF_ONE, {"campaign_id": campaign_id}).one_or_none()
    return Count(int(row[1]), int(row[2])) if row else Count()


def signature_counts(session: Session) -> Counts:
    """The same for all campaigns."""
    return Counts({row[0]: Count(int(row[1]), int(row[2])) for row in session.execute(_COUNTS)})


def days(session: Session, campaign_id: uuid.UUID, *, today: date) -> list[DayCount]:
    """Every day from the first signature to `today`, days without one included; empty before the first."""
    by_day: Counter[date] = Counter()
    for hour, number in _by_hour(session, campaign_id):
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


def hours(session: Session, campaign_id: uuid.UUID, *, now: datetime, number: int = 48) -> list[HourCount]:
    """The last hours, the one that `now` is in included, those without a signature too; the newest last."""
    newest = hour_of(now)
    first = newest - timedelta(hours=number - 1)
    by_hour: Counter[datetime] = Counter()
    for hour, change in _by_hour(session, campaign_id, since=first):
        by_hour[hour] += change
    return [HourCount(hour, by_hour[hour]) for hour in (first + timedelta(hours=step) for step in range(number))]


def first_hour(session: Session, campaign_id: uuid.UUID) -> datetime | None:
    """The hour of the first signature that stands, on paper or not; None if there is none."""
    return min((row.hour for row in _by_hour(session, campaign_id)), default=None)


def origins(session: Session, campaign_id: uuid.UUID) -> Origins:
    """In which languages and on which pages a campaign was signed."""
    summed = select(OriginCount.language, OriginCount.source, OriginCount.signatures.label("number")).where(
        OriginCount.campaign_id == campaign_id
    )
    waiting = select(SignatureDelta.language, SignatureDelta.source, SignatureDelta.change.label("number")).where(
        SignatureDelta.campaign_id == campaign_id, SignatureDelta.language != ""
    )
    lines = select(PaperBatch.language, literal(SOURCE).label("source"), PaperBatch.lines.label("number")).where(
        PaperBatch.campaign_id == campaign_id, *_COUNTS_LINES
    )
    both = union_all(summed, waiting, lines).subquery()
    languages: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for language, source, number in session.execute(select(both.c.language, both.c.source, both.c.number)):
        languages[language] += number
        sources[source] += number
    return Origins(_most_first(languages), _most_first(sources))


def country_shares(session: Session, campaign_id: uuid.UUID) -> list[tuple[str, int]]:
    """Countries that enough people named, as communities are: rounded, the most named first."""
    rows = session.execute(
        select(CountryCount.country, CountryCount.people)
        .where(CountryCount.campaign_id == campaign_id, CountryCount.people >= SMALLEST_PUBLISHED)
        .order_by(CountryCount.people.desc(), CountryCount.country)
    )
    return [(country, ROUNDED_TO * round(people / ROUNDED_TO)) for country, people in rows]


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


def _most_first(counted: Counter[str]) -> list[tuple[str, int]]:
    return [(key, number) for key, number in sorted(counted.items(), key=lambda one: (-one[1], one[0])) if number]


def _by_hour(session: Session, campaign_id: uuid.UUID, *, since: datetime = _EVER) -> Iterable[Row[datetime, int]]:
    """Hours with changes of the number in them; an hour may come more than once."""
    summed = select(HourlyCount.hour, HourlyCount.signatures.label("number")).where(
        HourlyCount.campaign_id == campaign_id, HourlyCount.hour >= since
    )
    waiting = select(SignatureDelta.hour, SignatureDelta.change.label("number")).where(
        SignatureDelta.campaign_id == campaign_id, SignatureDelta.hour >= since
    )
    lines = select(PaperBatch.approved_hour.label("hour"), PaperBatch.lines.label("number")).where(
        PaperBatch.campaign_id == campaign_id, PaperBatch.approved_hour >= since, *_COUNTS_LINES
    )
    both = union_all(summed, waiting, lines).subquery()
    return session.execute(select(both.c.hour, both.c.number))
