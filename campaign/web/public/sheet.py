"""The sheet to collect signatures on paper: a PDF anybody may print, with what happens to what is written on it."""

from typing import Any

from flask import Response, abort, url_for
from flask_babel import gettext as _

from campaign.campaigns.queries import CampaignView, campaign_by_slug, in_language
from campaign.core.db import db
from campaign.core.typesetting import qr_svg, typeset
from campaign.web.editions import made_once, published
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language, current_site, direction, localized_day, localized_number
from campaign.web.public.manage import blueprint as blueprint

LINES = 14
# As high as lets a page hold them all under the longest text of the seeds.
_ROW_HEIGHT_MM = 11


@blueprint.get("/<language:lang>/<slug:slug>/sheet.pdf")
@cacheable
def sheet(slug: str) -> Response:
    """One page with fourteen lines to sign on. There is none for a campaign that is closed."""
    view, language = published(campaign_by_slug, slug, current_language()), current_language()
    if view.state != "open":
        abort(404)
    address = url_for("public.campaign", lang=language, slug=slug, _external=True)
    pdf = made_once(("sheet", language, slug, address), lambda: _pdf(view, address))
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{slug}-{language}.pdf"'
    # It is for printing, not for being found.
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _pdf(view: CampaignView, address: str) -> bytes:
    language = current_language()
    data = _data(view, address, url_for("public.manage_ask", lang=language, _external=True))
    # Setting takes long, and on SQLite an open read would keep others from signing meanwhile.
    db.session.rollback()
    return typeset("sheet", data, language=language, is_rtl=direction(language) == "rtl")


def _data(view: CampaignView, address: str, manage_address: str) -> dict[str, Any]:
    return {
        "text": {
            "language": view.language,
            "direction": direction(view.language),
            "title": view.title,
            "ask": view.ask,
            "addressee": view.addressee,
        },
        "address": address,
        "qr": qr_svg(address),
        "lines": [localized_number(number) for number in range(1, LINES + 1)],
        "row_height_mm": _ROW_HEIGHT_MM,
        "words": {
            "to": _("To:"),
            "qr_alt": _("QR code that leads to this campaign's page"),
            "sign_online": _("Sign online"),
            "address": _("Read it all, with sources, and sign online:"),
            "before": _("Before you sign"),
            "sentences": _sentences(manage_address),
            "columns": [
                *(_("No."), _("Name"), _("E-mail (optional), or town"), _("Signature")),
                *(_("I agree"), _("Send me news")),
            ],
            "organizers": [_("Batch no."), _("Date"), _("Collected by")],
            "version": _(
                "Version %(version)s of this text, %(date)s.",
                version=localized_number(view.version),
                date=localized_day(view.written_at),
            ),
        },
    }


def _sentences(manage_address: str) -> list[str]:
    name = in_language(current_site().name, current_language())
    return [
        _(
            "Signatures are collected for %(site_name)s. Tick “I agree” if you want to be counted and know what is "
            "written here.",
            site_name=_apart(name),
        ),
        _(
            "The site shows how many have signed, and no name from this sheet. An e-mail address lets organizers see "
            "that nobody is counted twice. If your line is entered, name and address are sealed before they are "
            "stored: only the organizers can open them, with a phrase that is not on the server. News comes only if "
            "you tick that box too."
        ),
        _(
            "To withdraw, go to %(address)s and enter your e-mail address; without one, tell whoever collects this "
            "sheet.",
            address=_apart(manage_address),
        ),
        _(
            "This sheet itself is not sealed: whoever holds it reads your name. If that could put you in danger, do "
            "not sign it. Signing online is safer."
        ),
    ]


def _apart(text: str) -> str:
    """Text of another direction keeps to itself, as `<bdi>` does on a page."""
    return f"\u2068{text}\u2069"
