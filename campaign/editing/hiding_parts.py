"""Hides a letter or news at once, and shows it again. What they say changes by draft and review only."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaign.core.errors import NotFound
from campaign.letters.models import ModelLetter
from campaign.updates.models import CampaignUpdate

_MODELS: dict[str, type[Any]] = {"letter": ModelLetter, "update": CampaignUpdate}


def show_part(session: Session, *, kind: str, campaign_id: uuid.UUID, key: str, is_shown: bool, now: datetime) -> None:
    """Show it nowhere from now on, neither on pages nor in feeds; or again where it was. Raises NotFound."""
    row = session.get(_MODELS[kind], (campaign_id, key))
    if row is None:
        raise NotFound(f"no such {kind}")
    row.retired_at, row.edited_at = None if is_shown else now, now
