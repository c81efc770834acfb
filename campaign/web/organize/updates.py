"""News at the desk: what was posted, and the form."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.editing.queries import draft_of
from campaign.seeding.objections import KEY
from campaign.updates.actions import hide_update, show_update
from campaign.updates.queries import updates_at_desk
from campaign.web.i18n import current_language
from campaign.web.organize.content_words import REVISION_STATES
from campaign.web.organize.letter_forms import UpdateForm
from campaign.web.organize.part_saving import Saved, do_at_once, drafts_of, fill, is_taken, save, sent_form
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import GRADES


@allowed("moderator")
def updates(slug: str) -> ResponseReturnValue:
    """All news of a campaign."""
    return _list()


@allowed("editor")
def new_update(slug: str) -> ResponseReturnValue:
    """Post news."""
    return _edit(None)


@allowed("editor")
def edit_update(slug: str, key: str) -> ResponseReturnValue:
    """Change news; the form holds the open draft if there is one."""
    return _edit(key)


@allowed("moderator")
def hide_one_update(slug: str, key: str) -> ResponseReturnValue:
    """Take news off the site at once."""
    return _at_once(key, "hid_update")


@allowed("editor")
def show_one_update(slug: str, key: str) -> ResponseReturnValue:
    """Bring back what was taken off."""
    return _at_once(key, "showed_update")


def _at_once(key: str, action: str) -> ResponseReturnValue:
    form = sent_form(UpdateForm)
    campaign_id, now = this_campaign().id, utc_now()
    change = hide_update if action == "hid_update" else show_update
    problem = do_at_once(
        lambda session: change(session, campaign_id=campaign_id, key=key, now=now),
        action=action,
        what=f"update:{key}",
        typed=form.reason.data or "",
    )
    return _list(key, problem) if problem else redirect(url_for("organize.updates", slug=this_campaign().slug), 303)


def _list(wrong: str = "", problem: str = "") -> ResponseReturnValue:
    view = this_campaign()
    rows, drafts = updates_at_desk(db.session(), view.id, current_language()), drafts_of("update")
    known = {row.key for row in rows}
    page = render_template(
        "organize/updates.html",
        campaign=view,
        rows=rows,
        drafts=drafts,
        new=[key for key in drafts if key not in known],
        errors=[FormError(f"why-{wrong}", problem)] if problem else [],
        states=REVISION_STATES,
        may_write=may("editor"),
    )
    return page, 400 if problem else 200


def _edit(key: str | None) -> ResponseReturnValue:
    if request.method == "GET":
        form = UpdateForm(None)
        if key is None:
            form.fill({"date": utc_now().date().isoformat()})
        else:
            fill(form, f"update:{key}")
        return _form_page(form, key)
    form, do = sent_form(UpdateForm), typed_in().get("do")
    if do == "source":
        form.add_source()
    if do in ("source", "preview"):
        return _form_page(form, key, is_preview=do == "preview")
    name = key or f"{(form.date.data or '').strip()}-{(form.name.data or '').strip()}"
    if key is None and (problem := _unfit_name(name)):
        form.name.errors = [problem]
        return _form_page(form, key, Saved(status=400))
    saved = save(form, f"update:{name}", is_ready=do == "review")
    if saved.revision_id is None:
        return _form_page(form, key, saved)
    return redirect(url_for("organize.revision", slug=this_campaign().slug, revision_id=saved.revision_id), 303)


def _unfit_name(name: str) -> str:
    if not KEY.fullmatch(name):
        return str(gettext("Use small latin letters, digits and hyphens, and write the day as 2026-11-30."))
    if is_taken(f"update:{name}"):
        return str(gettext("There is news of this day and name. Change that, or choose another name."))
    return ""


def _form_page(
    form: UpdateForm, key: str | None, saved: Saved | None = None, *, is_preview: bool = False
) -> ResponseReturnValue:
    view = this_campaign()
    draft = draft_of(db.session(), view.id, f"update:{key}") if key else None
    page = render_template(
        "organize/update.html",
        campaign=view,
        key=key,
        form=form,
        errors=form.errors_shown(),
        problem=saved.problem if saved else "",
        draft=draft,
        is_own=draft is not None and draft.author_id == this_account().id,
        grades=GRADES,
        preview=form.content()["texts"] if is_preview else {},
    )
    return page, saved.status if saved else 200
