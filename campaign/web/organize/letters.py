"""Model letters at the desk: what there is, what a change of status has taken from the page, and the form."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from campaign.campaigns.queries import all_campaigns
from campaign.core.db import db
from campaign.letters.queries import letters_at_desk, letters_due
from campaign.organizers.roles import is_at_least
from campaign.web.i18n import current_language
from campaign.web.organize.letter_forms import LetterForm
from campaign.web.organize.part_pages import PartPages
from campaign.web.organize.rules import allowed, this_account, this_campaign

PAGES = PartPages(
    kind="letter",
    form=LetterForm,
    rows=lambda: letters_at_desk(db.session(), this_campaign().id, current_language()),
    first=dict,
    name=lambda form: (form.key.data or "").strip(),
    name_field="key",
    bad_name=_l("Use small latin letters, digits and hyphens: labour-office."),
    taken_name=_l("There is a letter of this name. Change that one, or choose another name."),
)


@allowed("moderator")
def letters(slug: str) -> ResponseReturnValue:
    """All letters of a campaign."""
    return PAGES.listed()


@allowed("editor")
def new_letter(slug: str) -> ResponseReturnValue:
    """Write to an office that has no letter yet."""
    return PAGES.edited(None)


@allowed("editor")
def edit_letter(slug: str, key: str) -> ResponseReturnValue:
    """Change a letter; the form holds the open draft if there is one."""
    return PAGES.edited(key)


@allowed("moderator")
def hide_one_letter(slug: str, key: str) -> ResponseReturnValue:
    """Take a letter off the site at once."""
    return PAGES.shown_at_once(key, is_shown=False)


@allowed("editor")
def show_one_letter(slug: str, key: str) -> ResponseReturnValue:
    """Bring back one that was taken off."""
    return PAGES.shown_at_once(key, is_shown=True)


def due_letters() -> list[tuple[str, str, list[str]]]:
    """Address of the desk's page, campaign and offices, where this organizer is asked for new letters."""
    due = letters_due(db.session(), current_language())
    return [
        (url_for("organize.letters", slug=view.slug), view.title, due[view.id])
        for view in (all_campaigns(db.session(), current_language()) if due else [])
        if view.id in due and is_at_least(this_account().role_in(view.id), "editor")
    ]
