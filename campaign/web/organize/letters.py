"""Model letters at the desk: what there is, what a change of status has taken from the page, and the form."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.campaigns.queries import all_campaigns
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.editing.queries import draft_of
from campaign.letters.actions import hide_letter, show_letter
from campaign.letters.queries import letters_at_desk, letters_due
from campaign.organizers.roles import is_at_least
from campaign.seeding.objections import KEY
from campaign.web.i18n import current_language
from campaign.web.organize.content_words import REVISION_STATES
from campaign.web.organize.letter_forms import LetterForm
from campaign.web.organize.part_saving import Saved, do_at_once, drafts_of, fill, is_taken, save, sent_form
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import GRADES, STATUSES


@allowed("moderator")
def letters(slug: str) -> ResponseReturnValue:
    """All letters of a campaign."""
    return _list()


@allowed("editor")
def new_letter(slug: str) -> ResponseReturnValue:
    """Write to an office that has no letter yet."""
    return _edit(None)


@allowed("editor")
def edit_letter(slug: str, key: str) -> ResponseReturnValue:
    """Change a letter; the form holds the open draft if there is one."""
    return _edit(key)


@allowed("moderator")
def hide_one_letter(slug: str, key: str) -> ResponseReturnValue:
    """Take a letter off the site at once."""
    return _at_once(key, "hid_letter")


@allowed("editor")
def show_one_letter(slug: str, key: str) -> ResponseReturnValue:
    """Bring back one that was taken off."""
    return _at_once(key, "showed_letter")


def due_letters() -> list[tuple[str, str, list[str]]]:
    """Address of the desk's page, campaign and offices, where this organizer is asked for new letters."""
    due = letters_due(db.session(), current_language())
    return [
        (url_for("organize.letters", slug=view.slug), view.title, due[view.id])
        for view in (all_campaigns(db.session(), current_language()) if due else [])
        if view.id in due and is_at_least(this_account().role_in(view.id), "editor")
    ]


def _at_once(key: str, action: str) -> ResponseReturnValue:
    form = sent_form(LetterForm)
    campaign_id, now = this_campaign().id, utc_now()
    change = hide_letter if action == "hid_letter" else show_letter
    problem = do_at_once(
        lambda session: change(session, campaign_id=campaign_id, key=key, now=now),
        action=action,
        what=f"letter:{key}",
        typed=form.reason.data or "",
    )
    return _list(key, problem) if problem else redirect(url_for("organize.letters", slug=this_campaign().slug), 303)


def _list(wrong: str = "", problem: str = "") -> ResponseReturnValue:
    view = this_campaign()
    rows, drafts = letters_at_desk(db.session(), view.id, current_language()), drafts_of("letter")
    known = {row.key for row in rows}
    page = render_template(
        "organize/letters.html",
        campaign=view,
        rows=rows,
        drafts=drafts,
        new=[key for key in drafts if key not in known],
        statuses=STATUSES,
        errors=[FormError(f"why-{wrong}", problem)] if problem else [],
        states=REVISION_STATES,
        may_write=may("editor"),
    )
    return page, 400 if problem else 200


def _edit(key: str | None) -> ResponseReturnValue:
    if request.method == "GET":
        form = LetterForm(None)
        if key is None:
            form.fill({})
        else:
            fill(form, f"letter:{key}")
        return _form_page(form, key)
    form, do = sent_form(LetterForm), typed_in().get("do")
    if do == "source":
        form.add_source()
        return _form_page(form, key)
    name = key or (form.key.data or "").strip()
    if key is None and (problem := _unfit_name(name)):
        form.key.errors = [problem]
        return _form_page(form, key, Saved(status=400))
    saved = save(form, f"letter:{name}", is_ready=do == "review")
    if saved.revision_id is None:
        return _form_page(form, key, saved)
    return redirect(url_for("organize.revision", slug=this_campaign().slug, revision_id=saved.revision_id), 303)


def _unfit_name(name: str) -> str:
    if not KEY.fullmatch(name):
        return str(gettext("Use small latin letters, digits and hyphens: labour-office."))
    if is_taken(f"letter:{name}"):
        return str(gettext("There is a letter of this name. Change that one, or choose another name."))
    return ""


def _form_page(form: LetterForm, key: str | None, saved: Saved | None = None) -> ResponseReturnValue:
    view = this_campaign()
    draft = draft_of(db.session(), view.id, f"letter:{key}") if key else None
    page = render_template(
        "organize/letter.html",
        campaign=view,
        key=key,
        form=form,
        errors=form.errors_shown(),
        problem=saved.problem if saved else "",
        draft=draft,
        is_own=draft is not None and draft.author_id == this_account().id,
        statuses=STATUSES,
        grades=GRADES,
    )
    return page, saved.status if saved else 200
