"""Erases the signatures of a campaign some months after it can be signed no more, and lets them go on counting.

A confirmed signature keeps its row with the hour, the language and where the form stood, so every sum stays what it is;
box, tag, links, public name and the wish for updates go. One that counts nowhere is deleted. Nobody could tell a
returning signatory from a new one afterwards, so such a campaign is never opened again (`refuse_opening`).

It goes in small steps, each a transaction of its own, because on SQLite others cannot sign meanwhile. What is done is
in the database: whoever is killed half-way loses nothing, and two at once do each step once.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import new_edition
from campaign.campaigns.retention import WARNING_DAYS, months_after
from campaign.core.clock_mark import may_erase_by_age
from campaign.core.db import insert_if_new
from campaign.core.errors import Refused
from campaign.signing.erasures import HOLDS_SOMEBODY, PURGED, UNCOUNTED, rows_changed
from campaign.signing.models import Purge, Signature, in_state
from campaign.signing.purged import is_purged

# Each row changes pages of its own, in the table and for its tag: others wait ten milliseconds for as many.
ROWS_A_STEP = 100


@dataclass(frozen=True, slots=True)
class Retention:
    """Until when a campaign's signatures are kept. `until` is None while it is open; `purged` None before a purge
    begins, else how many rows were erased so far, all of them if `ended_at` is there."""

    campaign_id: uuid.UUID
    slug: str
    state: str
    months: int
    closed_at: datetime | None
    until: datetime | None
    purged: int | None
    ended_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether its signatures are to go now."""
        return self.ended_at is None and self.until is not None and self.until <= now

    def until_with(self, months: int, *, now: datetime) -> datetime | None:
        """When they would go if they were kept for so many months: now, where that is over. None while it is open, and
        once a purge has begun."""
        if self.closed_at is None or self.purged is not None:
            return None
        return max(months_after(self.closed_at, months), now)

    def is_near(self, now: datetime) -> bool:
        """Whether they go within `WARNING_DAYS`."""
        return self.purged is None and self.until is not None and self.until <= now + timedelta(days=WARNING_DAYS)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step erased. `is_last`: nothing was left, and the purge has ended."""

    rows: int
    is_last: bool


def retentions(session: Session) -> list[Retention]:
    """Of every campaign, those first whose signatures go first."""
    rows = session.execute(select(Campaign, Purge).outerjoin(Purge).order_by(Campaign.position, Campaign.slug))
    found = [_retention(campaign, purge) for campaign, purge in rows]
    return sorted(found, key=lambda each: (each.until is None, each.until.timestamp() if each.until else 0))


def retention_of(session: Session, campaign_id: uuid.UUID) -> Retention:
    """Of one campaign. Raises NoResultFound if there is none."""
    found = session.execute(select(Campaign, Purge).outerjoin(Purge).where(Campaign.id == campaign_id)).one()
    return _retention(found[0], found[1])


def rows_to_erase(session: Session, campaign_id: uuid.UUID) -> int:
    """How many rows a purge would find. Walks over all of them."""
    kinds = (HOLDS_SOMEBODY, *map(in_state, UNCOUNTED))
    return sum(
        session.scalar(select(func.count()).where(Signature.campaign_id == campaign_id, kind)) or 0 for kind in kinds
    )


def purges_to_begin(session: Session, *, now: datetime) -> list[Retention]:
    """The campaigns whose time is over; none while the clock is in doubt. May walk over all signatures of one."""
    if not may_erase_by_age(session):
        return []
    due = [each for each in retentions(session) if each.is_due(now) and each.purged is None]
    return [each for each in due if not was_signed_since(session, each, now=now)]


def was_signed_since(session: Session, retention: Retention, *, now: datetime) -> bool:
    """Whether somebody confirmed too lately for the months to be over: then it was closed under a clock far behind."""
    newest = session.scalar(
        select(func.max(Signature.confirmed_hour)).where(Signature.campaign_id == retention.campaign_id, HOLDS_SOMEBODY)
    )
    return newest is not None and months_after(newest, retention.months) > now


def begin_purge(session: Session, campaign_id: uuid.UUID) -> None:
    """From now on the campaign cannot be signed, and `purge_step` finds it. Another worker may have begun it."""
    insert_if_new(session, Purge, {"campaign_id": campaign_id, "signatures": 0})


def unfinished_purges(session: Session) -> list[uuid.UUID]:
    """The campaigns that are being purged; none while the clock is in doubt."""
    found = list(session.scalars(select(Purge.campaign_id).where(Purge.ended_at.is_(None)).order_by(Purge.campaign_id)))
    return found if found and may_erase_by_age(session) else []


def purge_step(session: Session, campaign_id: uuid.UUID, *, now: datetime) -> Step:
    """Erase the next `ROWS_A_STEP` rows; with the last step the purge has ended and stands in the audit log."""
    purge = session.get_one(Purge, campaign_id, with_for_update=True, populate_existing=True)
    if purge.ended_at is not None:
        return Step(0, is_last=True)
    erased = _erase_uncounted(session, purge) or _erase_next(session, purge)
    purge.signatures += erased
    if not erased:
        purge.ended_at = now
        _note(session, purge, now)
    return Step(erased, is_last=not erased)


def was_signed(session: Session, campaign_id: uuid.UUID) -> bool:
    """Whether it has signatures, in whatever state."""
    return session.scalar(select(Signature.id).where(Signature.campaign_id == campaign_id).limit(1)) is not None


def note_change(session: Session, campaign: Campaign, *, now: datetime) -> None:
    """The months of a draft run from its last change: what somebody is still writing does not run out.

    Not those of one that was signed and is a draft again: what it holds of people is kept no longer for being edited.
    """
    if campaign.state == "draft" and not was_signed(session, campaign.id):
        campaign.closed_at = now


def refuse_opening(session: Session, campaign: Campaign) -> None:
    """Raise Refused if a campaign is to be open whose signatures were purged."""
    if campaign.is_open and is_purged(session, campaign.id):
        raise Refused(
            f"{campaign.slug} cannot be opened again: its signatures were erased some months after it had closed, so "
            "nobody can tell who has signed already; give a new campaign a name of its own"
        )


def _retention(campaign: Campaign, purge: Purge | None) -> Retention:
    closed_at = None if campaign.is_open else campaign.closed_at
    return Retention(
        campaign_id=campaign.id,
        slug=campaign.slug,
        state=campaign.state,
        months=campaign.retention_months,
        closed_at=closed_at,
        until=months_after(closed_at, campaign.retention_months) if closed_at else None,
        purged=purge.signatures if purge else None,
        ended_at=purge.ended_at if purge else None,
    )


def _erase_uncounted(session: Session, purge: Purge) -> int:
    """Those first that could still come to count."""
    if purge.reached is not None:
        return 0
    for state in UNCOUNTED:
        rows = _locked(session, purge, in_state(state))
        if rows:
            return rows_changed(session, delete(Signature).where(Signature.id.in_([row.id for row in rows])))
    return 0


def _erase_next(session: Session, purge: Purge) -> int:
    rows = _locked(session, purge, HOLDS_SOMEBODY)
    if not rows:
        return 0
    ids = [row.id for row in rows]
    purge.reached = ids[-1]
    if any(row.has_name for row in rows):
        new_edition(session)
    return rows_changed(session, update(Signature).where(Signature.id.in_(ids)).values(**PURGED))


def _locked(session: Session, purge: Purge, kind: ColumnElement[bool]) -> Sequence[Row[uuid.UUID, bool]]:
    """The next rows of that kind, in the order of ids: whoever changes many at once locks them so too."""
    query = select(Signature.id, Signature.public_name.is_not(None).label("has_name")).where(
        Signature.campaign_id == purge.campaign_id, kind
    )
    if purge.reached is not None:
        query = query.where(Signature.id > purge.reached)
    return session.execute(query.order_by(Signature.id).limit(ROWS_A_STEP).with_for_update()).all()


def _note(session: Session, purge: Purge, now: datetime) -> None:
    campaign = session.get_one(Campaign, purge.campaign_id)
    since = f" after {campaign.closed_at:%Y-%m-%d}" if campaign.closed_at else ""
    record(
        session,
        organizer_id=None,
        action="purged_signatures",
        subject=campaign.slug,
        why=f"{purge.signatures} signatures, {campaign.retention_months} months{since}",
        now=now,
    )
