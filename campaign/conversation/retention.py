"""Erases what was sent in and is of no use any more. What is public stays as long as its campaign keeps signatures."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from campaign.conversation.models import Submission
from campaign.core.clock import hour_of
from campaign.core.clock_mark import may_erase_by_age
from campaign.signing.models import Purge, Signature

UNVERIFIED_DAYS = 14
# For as long an organizer can change their mind.
DECLINED_DAYS = 30


def forget_old_submissions(session: Session, *, now: datetime) -> None:
    """Delete what nobody confirmed and what was declined some time ago, unless the clock is in doubt.

    And what is left of signatures that are gone, as a copy of two tables read at two moments can have it.
    """
    _delete(session, Submission.signature_id.is_not(None), _signature_is_gone())
    if not may_erase_by_age(session):
        return
    hour = hour_of(now)
    # What seems to be of the future was written while the clock was ahead; its days begin now.
    ahead = hour + timedelta(hours=1)
    session.execute(update(Submission).where(Submission.sent_hour > ahead).values(sent_hour=hour))
    session.execute(update(Submission).where(Submission.decided_hour > ahead).values(decided_hour=hour))
    is_old = or_(
        and_(Submission.state == "unverified", Submission.sent_hour < now - timedelta(days=UNVERIFIED_DAYS)),
        and_(Submission.state == "declined", Submission.decided_hour < now - timedelta(days=DECLINED_DAYS)),
    )
    _delete(session, is_old)
    forget_purged_contacts(session)


def forget_purged_contacts(session: Session) -> None:
    """Delete the endorsements that nobody approved, in campaigns that are purged: the people behind those are erased
    some months after the end, and so are contacts nobody has decided on."""
    _delete(session, _NOT_APPROVED, Submission.campaign_id.in_(select(Purge.campaign_id)))


def goes_with_signatures(session: Session, campaign_id: uuid.UUID) -> tuple[int, int]:
    """How many messages, and how many endorsements that nobody approved, are erased with a campaign's signatures."""
    of_campaign = select(func.count()).where(Submission.campaign_id == campaign_id)
    kinds = (Submission.kind == "message", _NOT_APPROVED)
    messages, endorsements = (session.scalar(of_campaign.where(kind)) or 0 for kind in kinds)
    return messages, endorsements


_NOT_APPROVED = and_(Submission.kind == "endorsement", Submission.state != "approved")


def _signature_is_gone() -> ColumnElement[bool]:
    kept = select(Signature.id).where(Signature.id == Submission.signature_id, Signature.sealed.is_not(None))
    return ~kept.exists()


def _delete(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(delete(Submission).where(*conditions), execution_options={"synchronize_session": False})
