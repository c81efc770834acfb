"""How long each campaign's signatures are kept, and when they go."""

from datetime import datetime

from flask import render_template
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.campaigns.retention import WARNING_DAYS
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.counting.queries import signature_counts
from campaign.signing.purging import Retention, retentions
from campaign.web.i18n import current_language
from campaign.web.organize.rules import allowed, this_account


@allowed("viewer", anywhere=True)
def retention() -> ResponseReturnValue:
    """Until when signatures are kept, by campaign; those first that go first."""
    counts = signature_counts(db.session())
    rows = [{"campaign": view, "kept": kept, "count": counts[view.id].total} for view, kept in _mine()]
    return render_template("organize/retention.html", rows=rows, near=ending_soon(utc_now()), days=WARNING_DAYS)


def ending_soon(now: datetime) -> list[tuple[CampaignView, Retention]]:
    """This organizer's campaigns whose signatures are erased within `WARNING_DAYS`."""
    return [(view, kept) for view, kept in _mine() if kept.is_near(now)]


def _mine() -> list[tuple[CampaignView, Retention]]:
    views = {view.id: view for view in all_campaigns(db.session(), current_language())}
    return [
        (views[kept.campaign_id], kept)
        for kept in retentions(db.session())
        if kept.campaign_id in views and this_account().role_in(kept.campaign_id) is not None
    ]
