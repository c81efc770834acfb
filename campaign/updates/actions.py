"""Hides news at once, and shows it again. What it says is changed by `editing`."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from campaign.core.errors import NotFound
from campaign.updates.models import CampaignUpdate


def hide_update(session: Session, *, campaign_id: uuid.UUID, key: str, now: datetime) -> None:
    """Show it nowhere from now on: not on pages, not in feeds. Raises NotFound."""
    row = _update(session, campaign_id, key)
    row.retired_at = row.edited_at = now


def show_update(session: Session, *, campaign_id: uuid.UUID, key: str, now: datetime) -> None:
    """Show a hidden one again. Raises NotFound."""
    row = _update(session, campaign_id, key)
    row.retired_at, row.edited_at = None, now


def _update(session: Session, campaign_id: uuid.UUID, key: str) -> CampaignUpdate:
    found = session.get(CampaignUpdate, (campaign_id, key))
    if found is None:
        raise NotFound("no such update")
    return found
