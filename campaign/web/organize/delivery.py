"""The delivery list: what a campaign asks, how many signed it, and who did so by name, as PDF to hand over."""

import threading
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from campaign.campaigns.queries import CampaignView
from campaign.core.db import db
from campaign.core.markdown import plain_paragraphs
from campaign.core.typesetting import typeset
from campaign.counting.queries import ROUNDED_TO, SMALLEST_PUBLISHED, signature_count
from campaign.web.i18n import current_language, direction, localized_day, localized_number
from campaign.web.organize.figures import Part, parts

# Ten thousand take half a second and 200 MB, fifty thousand three seconds and 900 MB.
MOST_NAMES = 10_000
# So a process sets one at a time; whoever asks meanwhile waits for a second.
_ONE_AT_A_TIME = threading.Lock()


def delivery_list(view: CampaignView, names: list[str], *, now: datetime) -> bytes:
    """The paper, in the desk's language; what the campaign says is in its own. Ends the session's transaction.

    Other threads go on meanwhile: typst works without Python's lock.
    """
    data = _data(view, names, now)
    # On SQLite an open read would keep others from signing.
    db.session.rollback()
    language = current_language()
    with _ONE_AT_A_TIME:
        return typeset("delivery", data, language=language, is_rtl=direction(language) == "rtl")


def _data(view: CampaignView, names: list[str], now: datetime) -> dict[str, Any]:
    shares = parts(view)
    tables = [
        (_("Languages"), _enough(shares.languages)),
        (_("Signed as"), shares.communities),
        (_("Countries"), shares.countries),
    ]
    return {
        "text": {
            "language": view.language,
            "direction": direction(view.language),
            "title": view.title,
            "ask": view.ask,
            "addressee": view.addressee,
            "paragraphs": plain_paragraphs(view.body),
        },
        "count": localized_number(signature_count(db.session(), view.id)),
        "tables": [
            {"title": title, "rows": [[part.label, localized_number(part.number)] for part in rows]}
            for title, rows in tables
            if rows
        ],
        "names": names,
        "words": {
            "to": _("To:"),
            "signatures": _("Signatures"),
            "as_of": _("As of %(day)s, UTC.", day=localized_day(now)),
            "about": _("About"),
            "breakdown": _("Who signed"),
            "rounded": _("Rounded to 5, from 10 upwards. Each table counts by itself."),
            "names": _("Signed with a public name"),
            "named": _("%(number)s of those who signed made their name public.", number=localized_number(len(names))),
            "none": _("Nobody on this list made a name public."),
        },
    }


def _enough(shares: list[Part]) -> list[Part]:
    """As communities and countries already are."""
    return [
        Part(part.label, ROUNDED_TO * round(part.number / ROUNDED_TO))
        for part in shares
        if part.number >= SMALLEST_PUBLISHED
    ]
