"""Where a holder of the key in use is reminded by mail, once a month, that their phrase wants to be tried."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import ValidationError

from campaign.core.db import transaction
from campaign.sealing.queries import Holder
from campaign.sealing.reminders import Reminder, end_reminder, set_reminder
from campaign.web.i18n import current_language
from campaign.web.organize.forms import EmptyForm, mistakes
from campaign.web.organize.key_forms import ReminderForm
from campaign.web.organize.keys import id_or_404, note, site_keys
from campaign.web.organize.rules import allowed
from campaign.web.public.forms import FormError, checked_email, typed_in
from campaign.web.services import services


@allowed("owner", step_up=True)
def remind_holder(share_id: str) -> ResponseReturnValue:
    """Say where; the letter is in the language of this page."""
    form = ReminderForm(typed_in() if request.method == "POST" else None)
    is_right = form.validate_on_submit()
    if "csrf_token" in form.errors:
        abort(400)
    held = _holder_or_404(share_id)
    if request.method == "GET":
        return _page(form, held, [])
    if not is_right:
        return _page(form, held, mistakes(form))
    try:
        email = checked_email(form.email.data)
    except ValidationError as wrong:
        form.email.errors = [str(wrong)]
        return _page(form, held, [FormError(form.email.id, str(wrong))])
    with transaction() as session:
        set_reminder(session, held.id, Reminder(email.typed, current_language()), key=services().keyring.waiting)
        note(session, "set_key_reminder")
    return redirect(url_for("organize.keys", done="reminded"), 303)


@allowed("owner", step_up=True)
def end_holder_reminder(share_id: str) -> ResponseReturnValue:
    """Write to them no more, and forget where."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    held = _holder_or_404(share_id)
    with transaction() as session:
        end_reminder(session, held.id)
        note(session, "ended_key_reminder")
    return redirect(url_for("organize.keys", done="unreminded"), 303)


def _holder_or_404(share_id: str) -> Holder:
    """A holder of the key in use."""
    wanted = id_or_404(share_id)
    held = [holder for key in site_keys() if key.retired_at is None for holder in key.holders]
    return next((holder for holder in held if holder.id == wanted), None) or abort(404)


def _page(form: ReminderForm, held: Holder, errors: list[FormError]) -> ResponseReturnValue:
    page = render_template("organize/remind_holder.html", form=form, held=held, errors=errors)
    return page, 400 if errors else 200
