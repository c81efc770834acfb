"""Where this organizer is written to when a case of theirs wants looking after."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length, ValidationError

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.organizers.reminders import Address, forget_address, has_address, set_address
from campaign.web.i18n import current_language
from campaign.web.organize.forms import EmptyForm, mistakes
from campaign.web.organize.rules import for_any_organizer, this_account
from campaign.web.public.forms import FormError, checked_email, typed_in
from campaign.web.services import services


class ReminderForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """Where to write."""

    email = StringField(_l("E-mail address"), [Length(max=320)])


@for_any_organizer()
def reminders() -> ResponseReturnValue:
    """Say where; letters are in the language of this page."""
    form = ReminderForm(typed_in() if request.method == "POST" else None)
    if request.method == "GET":
        return _page(form, [])
    if not form.validate_on_submit():
        return _page(form, mistakes(form))
    try:
        email = checked_email(form.email.data)
    except ValidationError as wrong:
        form.email.errors = [str(wrong)]
        return _page(form, [FormError(form.email.id, str(wrong))])
    key, mine = services().keyring.waiting, this_account()
    with transaction() as session:
        set_address(session, mine.id, Address(email.typed, current_language()), key=key)
        record(session, organizer_id=mine.id, action="set_reminders", subject=mine.login, now=utc_now())
    return redirect(url_for("organize.reminders", done="set"), 303)


@for_any_organizer()
def end_reminders() -> ResponseReturnValue:
    """Write to them no more, and forget where."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    mine = this_account()
    with transaction() as session:
        forget_address(session, mine.id)
        record(session, organizer_id=mine.id, action="ended_reminders", subject=mine.login, now=utc_now())
    return redirect(url_for("organize.reminders"), 303)


def _page(form: ReminderForm, errors: list[FormError]) -> ResponseReturnValue:
    page = render_template(
        "organize/reminders.html",
        form=form,
        errors=errors,
        is_set=has_address(db.session(), this_account().id),
        is_new=request.args.get("done") == "set",
    )
    return page, 400 if errors else 200
