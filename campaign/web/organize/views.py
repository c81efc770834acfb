"""The desk: campaigns with their numbers, and what happened to them."""

from flask import render_template
from flask.typing import ResponseReturnValue

from campaign.audit.queries import downloads_of
from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.conversation.queue import waiting_counts
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.counting.queries import DayCount, count_of, days
from campaign.organizers.queries import logins, members
from campaign.organizers.roles import is_at_least
from campaign.sealing.queries import current_epoch
from campaign.web.i18n import current_language
from campaign.web.organize.cases import cases_to_look_after
from campaign.web.organize.consent import consent_reminders
from campaign.web.organize.content import waiting_here
from campaign.web.organize.figures import charts, confirming, mail, parts
from campaign.web.organize.first_steps import first_steps
from campaign.web.organize.hiding import HideForm
from campaign.web.organize.key_reminders import key_reminders
from campaign.web.organize.letters import due_letters
from campaign.web.organize.retention import ending_soon
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.services import services
from campaign.web.words import AUDIT_ACTIONS


@allowed("viewer", anywhere=True)
def home() -> ResponseReturnValue:
    """All campaigns with what happened lately, and on a new site what is to be done next."""
    is_demo, views = services().config.is_demo, all_campaigns(db.session(), current_language())
    is_owner = may("owner")
    return render_template(
        "organize/home.html",
        rows=[_row(view) for view in views if this_account().role_in(view.id) is not None],
        steps=first_steps(views) if is_owner and not is_demo else [],
        mail=mail(now=utc_now()) if is_owner else None,
        has_key=current_epoch(db.session(), is_demo=is_demo) is not None,
        key_is_demo=is_demo,
        near=ending_soon(utc_now()),
        cases_due=cases_to_look_after(),
        waiting=waiting_here(),
        may_begin=may("editor"),
        due_letters=due_letters(),
        consent_due=consent_reminders(views),
        is_owner=is_owner,
        **key_reminders(),
    )


@allowed("viewer")
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: its count over time, where it is signed, its lists, who took them, who is here."""
    view, now = this_campaign(), utc_now()
    series = days(db.session(), view.id, today=now.date())
    by_day, by_hour = charts(view, now=now)
    names = logins(db.session())
    lines = downloads_of(db.session(), slug)
    return render_template(
        "organize/campaign.html",
        campaign=view,
        **_numbers(view, series),
        confirming=confirming(view, now=now),
        chart=by_day,
        by_hour=by_hour,
        parts=parts(view),
        members=members(db.session(), view.id),
        rows=series[::-1],
        may_open=may("editor"),
        may_moderate=may("moderator"),
        hide_form=HideForm(None) if may("moderator") else None,
        is_owner=may("owner"),
        sent_in=waiting_counts(db.session(), [view.id]).get(view.id, 0) if may("moderator") else None,
        downloads=[
            {
                "at": line.at,
                "who": names.get(line.organizer_id) if line.organizer_id else None,
                "what": str(AUDIT_ACTIONS.get(line.action, line.action)),
            }
            for line in lines
        ],
    )


def _row(view: CampaignView) -> dict[str, object]:
    series = days(db.session(), view.id, today=utc_now().date())
    may_open = is_at_least(this_account().role_in(view.id), "editor")
    state = "hidden" if view.is_hidden else view.state
    shown = {"slug": view.slug, "title": view.title, "kind": view.kind, "state": state, "may_open": may_open}
    return {**shown, **_numbers(view, series)}


def _numbers(view: CampaignView, series: list[DayCount]) -> dict[str, int]:
    count = count_of(db.session(), view.id)
    return {
        "count": count.total,
        "on_paper": count.on_paper,
        "today": series[-1].signatures if series else 0,
        "last7": sum(day.signatures for day in series[-7:]),
    }
