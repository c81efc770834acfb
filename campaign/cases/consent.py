"""What is known of whether somebody wants to be spoken of: a record per campaign that only ever grows, sealed.

Who agreed, and that anybody did, is proof of contact with this site; in the wrong hands that can be held against them.
So the basis and the note are sealed as signatures are. What stays readable is when the record was written and by whom,
and when it is to be looked at again.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.cases.models import Case, ConsentRecord
from campaign.core.errors import Invalid, Refused
from campaign.core.text_rules import check_message
from campaign.sealing.boxes import seal
from campaign.sealing.queries import OpenEpoch

# Who agreed: the person, their family, their lawyer. `public`: nobody was asked, and the page holds only what they or
# theirs have made public to be spoken of. `none`: there is no consent, or it was taken back.
BASES = ("person", "family", "lawyer", "public", "none")
LONGEST_REVIEW_DAYS = 366
USUAL_REVIEW_DAYS = 180


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    """What somebody learned: one of `BASES`, a plain text of at most 1000 characters, and the day to ask again, within
    the next `LONGEST_REVIEW_DAYS`. It has no repr, for it must stand in no log."""

    basis: str
    note: str
    review_on: date


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One version of the record, without what is sealed in it."""

    id: uuid.UUID
    number: int
    recorded_by: uuid.UUID
    recorded_at: datetime
    review_on: date
    epoch_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class SealedConsent:
    """One version as it is opened elsewhere."""

    id: uuid.UUID
    number: int
    epoch_id: uuid.UUID
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ConsentDue:
    """A case whose record is to be looked at again since `review_on`; None where there is no record at all."""

    campaign_id: uuid.UUID
    review_on: date | None


def record_consent(
    session: Session,
    campaign_id: uuid.UUID,
    known: Consent,
    *,
    organizer_id: uuid.UUID,
    epoch: OpenEpoch | None,
    now: datetime,
) -> int:
    """Add a version to the record; its number. Earlier ones stay as they are.

    Raises Invalid for what `known` cannot be, and Refused if there is no key to seal to.
    """
    known = _checked(known, now.date())
    if epoch is None:
        raise Refused("there is no key to seal to")
    # Whoever else is adding one waits here, so that each gets a number of its own.
    campaign = session.get_one(Campaign, campaign_id, with_for_update={"key_share": True})
    number, row_id = (_newest_number(session, campaign_id) or 0) + 1, uuid.uuid4()
    fields = {"campaign": campaign.slug, "signature": row_id.hex, "basis": known.basis, "note": known.note}
    row = ConsentRecord(id=row_id, campaign_id=campaign_id, number=number, review_on=known.review_on)
    row.recorded_by, row.recorded_at = organizer_id, now
    row.epoch_id, row.sealed = epoch.id, seal(epoch.public_key, fields)
    session.add(row)
    why = f"#{number}"
    record(session, organizer_id=organizer_id, action="recorded_consent", subject=campaign.slug, why=why, now=now)
    return number


def _checked(known: Consent, today: date) -> Consent:
    if known.basis not in BASES:
        raise Invalid("there is no such basis", field="basis")
    if not timedelta(0) < known.review_on - today <= timedelta(days=LONGEST_REVIEW_DAYS):
        raise Invalid("the day of review lies within the coming year", field="review_on")
    return replace(known, note=check_message(known.note))


def consent_records(session: Session, campaign_id: uuid.UUID) -> list[ConsentView]:
    """All versions of a campaign's record, the newest first."""
    columns = (
        ConsentRecord.id,
        ConsentRecord.number,
        ConsentRecord.recorded_by,
        ConsentRecord.recorded_at,
        ConsentRecord.review_on,
        ConsentRecord.epoch_id,
    )
    rows = session.execute(
        select(*columns).where(ConsentRecord.campaign_id == campaign_id).order_by(ConsentRecord.number.desc())
    )
    return [ConsentView(*row) for row in rows]


def sealed_consents(session: Session, campaign_id: uuid.UUID) -> list[SealedConsent]:
    """The same with what is sealed, for whoever has the phrase."""
    rows = session.scalars(
        select(ConsentRecord).where(ConsentRecord.campaign_id == campaign_id).order_by(ConsentRecord.number.desc())
    )
    return [SealedConsent(row.id, row.number, row.epoch_id, row.sealed) for row in rows]


def consents_due(session: Session, *, today: date) -> list[ConsentDue]:
    """Cases anybody can read whose record is missing or to be looked at again, in the order of campaigns."""
    newest = (
        select(ConsentRecord.campaign_id, func.max(ConsentRecord.number).label("number"))
        .group_by(ConsentRecord.campaign_id)
        .subquery()
    )
    rows = session.execute(
        select(Campaign.id, ConsentRecord.review_on)
        .join(Case, Case.campaign_id == Campaign.id)
        .outerjoin(newest, newest.c.campaign_id == Campaign.id)
        .outerjoin(
            ConsentRecord,
            (ConsentRecord.campaign_id == newest.c.campaign_id) & (ConsentRecord.number == newest.c.number),
        )
        .where(Campaign.state != "draft", Campaign.hidden_at.is_(None))
        .order_by(Campaign.position, Campaign.slug)
    )
    return [ConsentDue(*row) for row in rows if row.review_on is None or row.review_on <= today]


def _newest_number(session: Session, campaign_id: uuid.UUID) -> int | None:
    return session.scalar(select(func.max(ConsentRecord.number)).where(ConsentRecord.campaign_id == campaign_id))
