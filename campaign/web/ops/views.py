"""Addresses for those who run the site, and for programs that look around."""

import hmac
from typing import Any

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from campaign.campaigns.queries import open_campaigns
from campaign.core.clock import utc_now
from campaign.core.database_version import database_version
from campaign.core.db import db
from campaign.sealing.queries import current_epoch
from campaign.updates.queries import updates_of
from campaign.web.editions import published
from campaign.web.i18n import current_site
from campaign.web.key_changes import is_pinned
from campaign.web.ops.meter import EXTENSION, NO_ROUTE, ROUTE, Meter
from campaign.web.ops.metrics import exposition
from campaign.web.services import services

blueprint = Blueprint("ops", __name__)
_OTHER_KEY = "nobody can sign: the database's key is not the one pinned in keys/; run `campaign doctor`"


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """This process reaches its database, the tables are those it needs and the key is the pinned one; 503 if not.

    A database that does not answer is the error handler's; one that was not migrated is told here.
    """
    version = database_version(db.session())
    if version.is_behind:
        return {"status": f"{version}: run `campaign migrate`"}, 503, {"Retry-After": "30"}
    epoch = current_epoch(db.session(), is_demo=services().config.is_demo)
    if epoch is not None and not is_pinned(epoch.public_key):
        return {"status": _OTHER_KEY}, 503, {"Retry-After": "30"}
    return {"status": "ok"}


@blueprint.app_url_value_preprocessor
def _note_route(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Tell the meter, which stands outside, what kind of page this request is for."""
    if (found := request.environ.get(ROUTE)) is not None:
        found.append(request.url_rule.rule if request.url_rule else NO_ROUTE)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Numbers for Prometheus, for whoever has the token; for anybody else there is nothing here."""
    token, said = services().config.metrics_token, request.headers.get("Authorization", "")
    if token is None or not hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        abort(404)
    meter: Meter | None = current_app.extensions.get(EXTENSION)
    page = exposition(
        db.session(), requests=meter.totals() if meter else {}, mails=services().mails.totals(), now=utc_now()
    )
    return Response(page, content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Names, links and the desk are not for search engines."""
    lines = [
        "User-agent: *",
        "Disallow: /organize/",
        "Disallow: /*/confirm/",
        "Disallow: /*/manage/",
        "Disallow: /*/search",
    ]
    lines.append(f"Sitemap: {url_for('ops.sitemap', _external=True)}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Every open campaign and its news, in every language."""
    languages = current_site().languages
    pages = [url_for("public.home", lang=code, _external=True) for code in languages]
    for view in published(open_campaigns, languages[0]):
        has_news = published(updates_of, view.id, languages[0], limit=1)
        for endpoint in ("public.campaign", *(("public.updates",) if has_news else ())):
            pages += [url_for(endpoint, lang=code, slug=view.slug, _external=True) for code in languages]
    body = "".join(f"<url><loc>{page}</loc></url>" for page in pages)
    xml = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>'
    return Response(xml, mimetype="application/xml")
