"""Which case pages want looking after: news not looked for in time, demands that no longer fit."""

from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.cases.freshness import Freshness, freshness_of_all, note_nothing_new
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.organizers.roles import is_at_least
from campaign.web.i18n import current_language
from campaign.web.organize.forms import EmptyForm
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.forms import typed_in


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of this organizer's. `may_check`: they may say that there is nothing new; `is_outlived`: the text of the
    page was written for another status."""

    campaign: CampaignView
    case: Freshness
    may_check: bool

    @property
    def is_outlived(self) -> bool:
        return self.case.is_outlived(self.campaign.written_at)


@allowed("viewer", anywhere=True)
def cases() -> ResponseReturnValue:
    """Every case page, the one not looked after for longest first."""
    return render_template("organize/cases.html", rows=case_rows(), is_noted=request.args.get("done") == "checked")


@allowed("editor")
def nothing_new(slug: str) -> ResponseReturnValue:
    """Somebody has looked for news today, and there is none."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    campaign_id = this_campaign().id
    try:
        with transaction() as session:
            note_nothing_new(session, campaign_id, slug=slug, organizer_id=this_account().id, now=utc_now())
    except NotFound:
        # A petition has no case; whoever may see it is told so in other words than that it does not exist.
        abort(400)
    return redirect(url_for("organize.cases", done="checked"), 303)


def case_rows() -> list[CaseRow]:
    """The cases of campaigns in which this organizer has a role."""
    views = {view.id: view for view in all_campaigns(db.session(), current_language())}
    found = freshness_of_all(db.session(), today=utc_now().date())
    return [
        CaseRow(views[one.campaign_id], one, is_at_least(role, "editor"))
        for one in found
        if one.campaign_id in views and (role := this_account().role_in(one.campaign_id)) is not None
    ]


def cases_to_look_after() -> list[CaseRow]:
    """Those of them that want something done."""
    return [row for row in case_rows() if row.case.is_stale or not row.case.has_demand or row.is_outlived]
