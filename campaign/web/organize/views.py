"""The desk: campaigns with their numbers, and the lists organizers download."""

from collections.abc import Iterator

from flask import Response, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from campaign.audit.actions import record
from campaign.audit.queries import entries_about
from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.counting.queries import DayCount, count_of, days, signature_count
from campaign.exports.sealed_list import sealed_list_lines
from campaign.exports.spreadsheet import public_names_csv
from campaign.organizers.queries import logins, members
from campaign.organizers.roles import is_at_least
from campaign.sealing.queries import current_epoch
from campaign.web.headers import allow
from campaign.web.i18n import current_language
from campaign.web.organize.blueprint import blueprint
from campaign.web.organize.figures import charts, confirming, mail, parts
from campaign.web.organize.first_steps import first_steps
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.services import services
from campaign.web.words import AUDIT_ACTIONS


@blueprint.get("/")
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
    )


@blueprint.get("/campaigns/<slug:slug>/")
@allowed("viewer")
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: its count over time, where it is signed, its lists, who took them, who is here."""
    view, now = this_campaign(), utc_now()
    series = days(db.session(), view.id, today=now.date())
    by_day, by_hour = charts(view, now=now)
    names = logins(db.session())
    lines = entries_about(db.session(), slug)
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
        downloads=[
            {
                "at": line.at,
                "who": names.get(line.organizer_id) if line.organizer_id else None,
                "what": str(AUDIT_ACTIONS.get(line.action, line.action)),
            }
            for line in lines
        ],
    )


@blueprint.get("/campaigns/<slug:slug>/open-list")
@allowed("editor", step_up=True)
def open_list(slug: str) -> ResponseReturnValue:
    """Opens the signature list in the organizer's own browser. The page may talk to that list and nobody else."""
    view = this_campaign()
    address = url_for("organize.sealed_list", slug=slug, _external=True)
    allow(connect_src=address, script_src="'self' 'wasm-unsafe-eval'")
    return render_template("organize/open_list.html", campaign=view, count=signature_count(db.session(), view.id))


@blueprint.get("/campaigns/<slug:slug>/signatures.sealed")
@allowed("editor", step_up=True)
def sealed_list(slug: str) -> Response:
    """The signature list as ciphertext. Who took it is written down before the first byte leaves."""
    view = this_campaign()
    _note_download("downloaded_sealed_list", slug)
    # Before the lines: an open read would keep others from signing while the list is sent.
    count = signature_count(db.session(), view.id)
    lines = sealed_list_lines(db.session(), view.id, now=utc_now())
    response = _attachment(lines, f"{slug}.sealed", "application/jsonl")
    response.headers["X-Signature-Count"] = str(count)
    return response


@blueprint.get("/campaigns/<slug:slug>/public-names.csv")
@allowed("viewer")
def public_names(slug: str) -> Response:
    """Names their owners made public, as CSV."""
    view = this_campaign()
    _note_download("downloaded_public_names", slug)
    rows = (line.encode() for line in public_names_csv(db.session(), view.id))
    return _attachment(rows, f"{slug}-public-names.csv", "text/csv")


def _attachment(chunks: Iterator[bytes], name: str, mimetype: str) -> Response:
    response = Response(stream_with_context(chunks), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _note_download(action: str, slug: str) -> None:
    with transaction() as session:
        record(session, organizer_id=this_account().id, action=action, subject=slug, now=utc_now())


def _row(view: CampaignView) -> dict[str, object]:
    series = days(db.session(), view.id, today=utc_now().date())
    may_open = is_at_least(this_account().role_in(view.id), "editor")
    shown = {"slug": view.slug, "title": view.title, "kind": view.kind, "state": view.state, "may_open": may_open}
    return {**shown, **_numbers(view, series)}


def _numbers(view: CampaignView, series: list[DayCount]) -> dict[str, int]:
    count = count_of(db.session(), view.id)
    return {
        "count": count.total,
        "on_paper": count.on_paper,
        "today": series[-1].signatures if series else 0,
        "last7": sum(day.signatures for day in series[-7:]),
    }
