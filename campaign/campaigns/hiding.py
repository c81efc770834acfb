"""Hides a campaign everywhere at once, and shows it again.

Whoever moderates may hide, at once and alone, for it can save somebody and hurts nobody. Showing it again can put
somebody in danger, so that takes an editor who did not hide it; only a slip of the hand may be undone by who made it.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import note_state
from campaign.core.errors import Refused

# For the audit log, which is not sealed. That somebody asked for it would be proof of contact, so none of these says
# it: `wishes` is also right where nobody was reached. The words are in `web/words.py`.
REASONS = ("danger", "wishes", "mistake", "other")
UNDO_MINUTES = 10


class OwnHiding(Refused):
    """Who hid a campaign cannot show it again alone."""


def hide(
    session: Session, campaign_id: uuid.UUID, *, organizer_id: uuid.UUID | None, why: str, now: datetime
) -> Campaign:
    """Hide the campaign; one that is hidden stays as it is. `organizer_id` is None for the command line."""
    # One statement: of two who press at once, one has hidden it, and it stands in the log once.
    hidden = session.connection().execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.hidden_at.is_(None))
        .values(hidden_at=now, hidden_by=organizer_id)
    )
    campaign = _campaign(session, campaign_id)
    if hidden.rowcount:
        note_state(campaign, now=now)
        record(session, organizer_id=organizer_id, action="hid_campaign", subject=campaign.slug, why=why, now=now)
    return campaign


def take_back_hiding(session: Session, campaign_id: uuid.UUID, *, organizer_id: uuid.UUID, now: datetime) -> Campaign:
    """Undo one's own hiding of some minutes ago. Raises Refused if it is another's, or older."""
    campaign = _campaign(session, campaign_id)
    if not may_take_back(campaign.hidden_at, campaign.hidden_by, organizer_id, now=now):
        raise Refused("this hiding can be taken back no more")
    return _shown(session, campaign, organizer_id, "took_back_hiding", "", now)


def show_again(
    session: Session, campaign_id: uuid.UUID, *, organizer_id: uuid.UUID | None, why: str, now: datetime
) -> Campaign:
    """Show a hidden campaign as it was before. Raises OwnHiding for who hid it, Refused if it is not hidden.

    `organizer_id` is None for the command line. The caller refuses one whose signatures were erased meanwhile (see
    `signing.purging.refuse_opening`).
    """
    campaign = _campaign(session, campaign_id)
    if campaign.hidden_at is None:
        raise Refused("this campaign is not hidden")
    if organizer_id is not None and campaign.hidden_by == organizer_id:
        raise OwnHiding("who hid a campaign does not show it again alone")
    return _shown(session, campaign, organizer_id, "showed_campaign", why, now)


def may_take_back(
    hidden_at: datetime | None, hidden_by: uuid.UUID | None, organizer_id: uuid.UUID, *, now: datetime
) -> bool:
    """Whether this is one's own slip of the hand, just made."""
    is_new = hidden_at is not None and now - hidden_at <= timedelta(minutes=UNDO_MINUTES)
    return is_new and hidden_by == organizer_id


def _campaign(session: Session, campaign_id: uuid.UUID) -> Campaign:
    # Of a kind that those who sign do not wait for, nor are waited for.
    return session.get_one(Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True)


def _shown(
    session: Session, campaign: Campaign, organizer_id: uuid.UUID | None, action: str, why: str, now: datetime
) -> Campaign:
    campaign.hidden_at = campaign.hidden_by = None
    note_state(campaign, now=now)
    record(session, organizer_id=organizer_id, action=action, subject=campaign.slug, why=why, now=now)
    return campaign
