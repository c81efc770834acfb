"""News at the desk: what was posted, and the form with its preview."""

from typing import Any

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.updates.queries import updates_at_desk
from campaign.web.headers import allow
from campaign.web.i18n import current_language
from campaign.web.organize.letter_forms import UpdateForm
from campaign.web.organize.part_pages import PartPages
from campaign.web.organize.rules import allowed, this_campaign
from campaign.web.public.forms import typed_in


def _more(form: UpdateForm) -> dict[str, Any]:
    preview = url_for("organize.preview_update", slug=this_campaign().slug)
    allow(connect_src=request.host_url.rstrip("/") + preview)
    is_asked = typed_in().get("do") == "preview"
    return {"preview": preview, "shown": form.content()["texts"] if is_asked else {}}


PAGES = PartPages(
    kind="update",
    form=UpdateForm,
    rows=lambda: updates_at_desk(db.session(), this_campaign().id, current_language()),
    first=lambda: {"date": utc_now().date().isoformat()},
    name=lambda form: f"{(form.date.data or '').strip()}-{(form.name.data or '').strip()}",
    name_field="name",
    bad_name=_l("Use small latin letters, digits and hyphens, and write the day as 2026-11-30."),
    taken_name=_l("There is news of this day and name. Change that, or choose another name."),
    more=_more,
)


@allowed("moderator")
def updates(slug: str) -> ResponseReturnValue:
    """All news of a campaign."""
    return PAGES.listed()


@allowed("editor")
def new_update(slug: str) -> ResponseReturnValue:
    """Post news."""
    return PAGES.edited(None)


@allowed("editor")
def edit_update(slug: str, key: str) -> ResponseReturnValue:
    """Change news; the form holds the open draft if there is one."""
    return PAGES.edited(key)


@allowed("editor")
def preview_update(slug: str) -> ResponseReturnValue:
    """What the page would show, for the script that shows it while somebody types."""
    shown = PAGES.sent().content()["texts"]
    return jsonify(html=render_template("organize/_update_preview.html", shown=shown))


@allowed("moderator")
def hide_one_update(slug: str, key: str) -> ResponseReturnValue:
    """Take news off the site at once."""
    return PAGES.shown_at_once(key, is_shown=False)


@allowed("editor")
def show_one_update(slug: str, key: str) -> ResponseReturnValue:
    """Bring back what was taken off."""
    return PAGES.shown_at_once(key, is_shown=True)
