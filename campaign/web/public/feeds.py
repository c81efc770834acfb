"""A campaign's feeds, Atom (RFC 4287) and JSON Feed 1.1: its news and the newest events, in one language each.

An entry keeps its id whatever is changed in it, so that a reader does not see it twice.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from campaign.campaigns.queries import CampaignView, EventView, campaign_by_slug, campaign_events
from campaign.updates.queries import UpdateView, updates_of
from campaign.web.editions import published
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language, current_site_name, localized_partial_date
from campaign.web.public.updates import blueprint as blueprint
from campaign.web.services import services
from campaign.web.words import EVENT_KINDS

MOST_ENTRIES = 30
# What XML 1.0 cannot hold at all, not even escaped. Compiled when first needed, for that takes as long as ten modules.
_NOT_XML = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


@dataclass(frozen=True, slots=True)
class Entry:
    """`html` is safe to show. `updated` is never before `published`."""

    id: str
    url: str
    language: str
    title: str
    html: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """`entries` are the newest, newest first."""

    id: str
    title: str
    home: str
    address: str
    language: str
    site_name: str
    updated: datetime
    entries: tuple[Entry, ...]


@blueprint.get("/<language:lang>/<slug:slug>/feed.atom")
@cacheable
def feed_atom(slug: str) -> Response:
    """News and events for feed readers."""
    return _for_all(atom(_feed(slug, "public.feed_atom")), "application/atom+xml; charset=utf-8")


@blueprint.get("/<language:lang>/<slug:slug>/feed.json")
@cacheable
def feed_json(slug: str) -> Response:
    """The same for programs that prefer JSON."""
    return _for_all(json_feed(_feed(slug, "public.feed_json")), "application/feed+json")


def atom(feed: Feed) -> str:
    """The feed as an Atom document."""
    xml = _xml()
    root = xml.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated.isoformat())
    _text(xml.SubElement(root, "author"), "name", feed.site_name)
    xml.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.address})
    xml.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    for entry in feed.entries:
        node = xml.SubElement(root, "entry", {"xml:lang": entry.language})
        _text(node, "id", entry.id)
        _text(node, "title", entry.title)
        _text(node, "published", entry.published.isoformat())
        _text(node, "updated", entry.updated.isoformat())
        xml.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        _text(node, "content", entry.html, type="html")
    written: str = xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def json_feed(feed: Feed) -> str:
    """The feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    body: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "language": feed.language,
        "authors": [{"name": feed.site_name}],
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "content_html": entry.html,
                "date_published": entry.published.isoformat(),
                "date_modified": entry.updated.isoformat(),
                "language": entry.language,
            }
            for entry in feed.entries
        ],
    }
    # As the API: whoever pastes it into a page's script must not let a word in it close that script.
    return json.dumps(body, ensure_ascii=False).replace("<", "\\u003c")


def _feed(slug: str, endpoint: str) -> Feed:
    language = current_language()
    view = published(campaign_by_slug, slug, language)
    news = published(updates_of, view.id, language, limit=MOST_ENTRIES)
    events = published(campaign_events, view.id, language)
    entries = [_of_update(view, update) for update in news] + [_of_event(view, event) for event in events]
    newest = sorted(entries, key=lambda entry: (entry.published, entry.id), reverse=True)[:MOST_ENTRIES]
    return Feed(
        id=_id(view, ""),
        title=view.title,
        home=url_for("public.campaign", lang=language, slug=slug, _external=True),
        address=url_for(endpoint, lang=language, slug=slug, _external=True),
        language=language,
        site_name=current_site_name(),
        updated=max([view.written_at, *(entry.updated for entry in newest)]),
        entries=tuple(newest),
    )


def _of_update(view: CampaignView, update: UpdateView) -> Entry:
    page = url_for("public.updates", lang=current_language(), slug=view.slug, _external=True)
    begun = _midnight(update.day)
    return Entry(
        id=_id(view, f"/updates/{update.key}"),
        url=f"{page}#update-{update.key}",
        language=update.language,
        title=update.title,
        html=render_template("public/_feed_update.html", update=update),
        published=begun,
        updated=max(begun, update.changed_at),
    )


def _of_event(view: CampaignView, event: EventView) -> Entry:
    page = url_for("public.campaign", lang=current_language(), slug=view.slug, _external=True)
    day = _midnight(event.when.first_day)
    return Entry(
        id=_id(view, f"/events/{event.key}"),
        url=f"{page}#event-{event.key}",
        language=current_language(),
        title=_("%(date)s: %(kind)s", date=localized_partial_date(event.when), kind=EVENT_KINDS[event.kind]),
        html=render_template("public/_feed_event.html", event=event),
        published=day,
        updated=day,
    )


def _id(view: CampaignView, what: str) -> str:
    """A tag URI (RFC 4151): it names the host as it was when this feed began, and is no address."""
    host = urlsplit(services().config.base_url).hostname or "localhost"
    return f"tag:{host},2026:{view.slug}/{current_language()}{what}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _text(parent: Any, name: str, text: str, **attributes: str) -> None:
    _xml().SubElement(parent, name, attributes).text = re.sub(_NOT_XML, "\ufffd", text)


@cache
def _xml() -> Any:
    # By name, when first needed: a server need not have it to answer.
    return import_module("xml.etree.ElementTree")


def _for_all(body: str, kind: str) -> Response:
    response = Response(body, content_type=kind)
    # A page of any other site may read what anybody may read.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
