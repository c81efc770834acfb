"""What the public page would show of a case or an event that is being written."""

import uuid
from typing import Any

from campaign.campaigns.models import CampaignEvent
from campaign.campaigns.queries import event_view
from campaign.cases.models import Case
from campaign.cases.queries import case_view
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.editing.checking import checked
from campaign.seeding.files import CaseFile, EventFile
from campaign.seeding.rows import Content, case_values, event_values
from campaign.web.i18n import current_language, current_site


def case_preview(campaign_id: uuid.UUID, content: Content) -> dict[str, Any]:
    """The case of a checked content. Nothing is stored."""
    today = utc_now().date()
    case, sources = checked(CaseFile, {**content, "checked_on": today.isoformat()}, current_site().languages)
    row = Case(campaign_id=campaign_id, **case_values(case, sources))
    return {"case": case_view(db.session(), row, current_language(), today=today)}


def event_preview(campaign_id: uuid.UUID, content: Content) -> dict[str, Any]:
    """The event of a checked content. Nothing is stored."""
    event, sources = checked(EventFile, content, current_site().languages)
    row = CampaignEvent(campaign_id=campaign_id, key="preview", **event_values(event, sources))
    return {"event": event_view(row, current_language())}
