"""The desk: campaigns with their numbers, and the lists organizers download."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, abort, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaign.audit.actions import record
from campaign.audit.queries import entries_about
from campaign.campaigns.queries import CampaignView, all_campaigns, campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.counting.queries import DayCount, days, pending_count, signature_count
from campaign.exports.sealed_list import sealed_list_lines
from campaign.exports.spreadsheet import public_names_csv
from campaign.organizers.queries import Account, logins
from campaign.sealing.queries import current_epoch
from campaign.signing.links import LINK_DAYS
from campaign.web.charts import signatures_chart
from campaign.web.headers import allow
from campaign.web.i18n import current_language
from campaign.web.services import services
from campaign.web.words import AUDIT_ACTIONS

blueprint = Blueprint("organize", __name__, url_prefix="/organize")


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """All campaigns with what happened lately."""
    is_demo = services().config.is_demo
    return render_template(
        "organize/home.html",
        rows=[_row(view) for view in all_campaigns(db.session(), current_language())],
        has_key=current_epoch(db.session(), is_demo=is_demo) is not None,
        key_is_demo=is_demo,
        may_open=_account().may_download_sealed,
    )


@blueprint.get("/campaigns/<slug:slug>/")
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: its count over time, its lists, who took them."""
    view = _campaign(slug)
    series = days(db.session(), view.id, today=utc_now().date())
    since = utc_now() - timedelta(days=LINK_DAYS)
    names = logins(db.session())
    lines = entries_about(db.session(), slug)
    return render_template(
        "organize/campaign.html",
        campaign=view,
        **_numbers(view, series),
        pending=pending_count(db.session(), view.id, since=since),
        chart=signatures_chart(series),
        rows=series[::-1],
        may_open=_account().may_download_sealed,
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
def open_list(slug: str) -> ResponseReturnValue:
    """Opens the signature list in the organizer's own browser. The page may talk to that list and nobody else."""
    view = _campaign(slug)
    _require_sealed_role()
    address = url_for("organize.sealed_list", slug=slug, _external=True)
    allow(connect_src=address, script_src="'self' 'wasm-unsafe-eval'")
    return render_template("organize/open_list.html", campaign=view, count=signature_count(db.session(), view.id))


@blueprint.get("/campaigns/<slug:slug>/signatures.sealed")
def sealed_list(slug: str) -> Response:
    """The signature list as ciphertext. Who took it is written down before the first byte leaves."""
    _require_sealed_role()
    view = _campaign(slug)
    _note_download("downloaded_sealed_list", slug)
    # Before the lines: an open read would keep others from signing while the list is sent.
    count = signature_count(db.session(), view.id)
    lines = sealed_list_lines(db.session(), view.id, now=utc_now())
    response = _attachment(lines, f"{slug}.sealed", "application/jsonl")
    response.headers["X-Signature-Count"] = str(count)
    return response


@blueprint.get("/campaigns/<slug:slug>/public-names.csv")
def public_names(slug: str) -> Response:
    """Names their owners made public, as CSV."""
    view = _campaign(slug)
    _note_download("downloaded_public_names", slug)
    rows = (line.encode() for line in public_names_csv(db.session(), view.id))
    return _attachment(rows, f"{slug}-public-names.csv", "text/csv")


def _attachment(chunks: Iterator[bytes], name: str, mimetype: str) -> Response:
    response = Response(stream_with_context(chunks), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _note_download(action: str, slug: str) -> None:
    with transaction() as session:
        record(session, organizer_id=_account().id, action=action, subject=slug, now=utc_now())


def _row(view: CampaignView) -> dict[str, object]:
    series = days(db.session(), view.id, today=utc_now().date())
    return {"slug": view.slug, "title": view.title, "kind": view.kind, "state": view.state, **_numbers(view, series)}


def _numbers(view: CampaignView, series: list[DayCount]) -> dict[str, int]:
    return {
        "count": signature_count(db.session(), view.id),
        "today": series[-1].signatures if series else 0,
        "last7": sum(day.signatures for day in series[-7:]),
    }


def _campaign(slug: str) -> CampaignView:
    return campaign_by_slug(db.session(), slug, current_language(), drafts=True)


def _require_sealed_role() -> None:
    if not _account().may_download_sealed:
        abort(404)


def _account() -> Account:
    found: Account = current_user.account
    return found
