"""Addresses for those who run the site, and for programs that look around."""

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from campaign.campaigns.queries import open_campaigns
from campaign.core.db import db
from campaign.web.i18n import current_site

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """This process reaches its database; 503 (from the error handler) if not."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ok"}


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Names, links and the desk are not for search engines."""
    lines = ["User-agent: *", "Disallow: /organize/", "Disallow: /*/confirm/", "Disallow: /*/manage/"]
    lines.append(f"Sitemap: {url_for('ops.sitemap', _external=True)}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Every open campaign in every language."""
    languages = current_site().languages
    pages = [url_for("public.home", lang=code, _external=True) for code in languages]
    for view in open_campaigns(db.session(), languages[0]):
        pages += [url_for("public.campaign", lang=code, slug=view.slug, _external=True) for code in languages]
    body = "".join(f"<url><loc>{page}</loc></url>" for page in pages)
    xml = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>'
    return Response(xml, mimetype="application/xml")
