"""Hide a campaign everywhere at once, and show it again."""

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import AnyOf, Length, ValidationError

from campaign.audit.queries import AuditLine, entries
from campaign.campaigns.hiding import REASONS, OwnHiding, hide, may_take_back, show_again, take_back_hiding
from campaign.cases.mentions import named_elsewhere
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.core.text_rules import check_message
from campaign.editing.checklist import written
from campaign.organizers.queries import logins
from campaign.signing.purging import refuse_opening
from campaign.web.i18n import current_language
from campaign.web.organize.checklist_form import ChecklistForm
from campaign.web.organize.forms import EmptyForm
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import HIDING_REASONS

MOST_WORDS = 150


class HideForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    reason = StringField(_l("Why"), [AnyOf(REASONS, message=_l("Choose why."))], id="hide-reason")
    words = StringField(_l("More about it, if it helps"), id="hide-words")

    reasons = HIDING_REASONS

    def validate_words(self, field: Field) -> None:
        field.data = _plain(field.data)

    def why(self) -> str:
        """The reason, and what was added to it, as the audit log keeps them."""
        return f"{self.reason.data}: {self.words.data}" if self.words.data else str(self.reason.data)


class ShowForm(ChecklistForm):
    why = StringField(
        _l("Why it can be shown again"), [Length(1, message=_l("Say in a few words what has changed."))], id="show-why"
    )

    def validate_why(self, field: Field) -> None:
        field.data = _plain(field.data)


@allowed("moderator")
def hiding(slug: str) -> ResponseReturnValue:
    """Whether the campaign is hidden, by whom and why, and what can be done about it."""
    return _page()


@allowed("moderator")
def hide_now(slug: str) -> ResponseReturnValue:
    """Hide it. Needs no second person and no second factor: every minute can count."""
    form = HideForm(typed_in())
    _require_token(form)
    if not form.validate():
        return _page(hide_form=form), 400
    with transaction() as session:
        hide(session, this_campaign().id, organizer_id=this_account().id, why=form.why(), now=utc_now())
    return _back(slug)


@allowed("moderator")
def undo_hiding(slug: str) -> ResponseReturnValue:
    """Take back what one has just hidden oneself."""
    if not EmptyForm(typed_in()).validate():
        abort(400)
    with transaction() as session:
        campaign = take_back_hiding(session, this_campaign().id, organizer_id=this_account().id, now=utc_now())
        refuse_opening(session, campaign)
    return _back(slug)


@allowed("editor", step_up=True)
def show_campaign(slug: str) -> ResponseReturnValue:
    """Show it again, by an editor who did not hide it and has answered the checklist."""
    form = ShowForm(typed_in())
    _require_token(form)
    if not form.validate():
        return _page(show_form=form), 400
    why = f"{form.why.data} ({written(form.answers())})"
    try:
        with transaction() as session:
            campaign = show_again(session, this_campaign().id, organizer_id=this_account().id, why=why, now=utc_now())
            refuse_opening(session, campaign)
    except OwnHiding:
        return _page(gettext("You have hidden it, so somebody else has to show it again."), show_form=form), 409
    except Refused:
        said = gettext("Nothing was changed: it is shown already, or its signatures were erased meanwhile.")
        return _page(said, show_form=form), 409
    return _back(slug)


def _page(problem: str = "", *, hide_form: HideForm | None = None, show_form: ShowForm | None = None) -> str:
    view, now, account = this_campaign(), utc_now(), this_account()
    found = entries(db.session(), action="hid_campaign", subject=view.slug, limit=1) if view.is_hidden else []
    line = found[0] if found else None
    hidden_by = line.organizer_id if line else None
    errors = [
        FormError(field.id, str(message))
        for form in (hide_form, show_form)
        for field in form or ()
        for message in field.errors
    ]
    return render_template(
        "organize/hiding.html",
        campaign=view,
        problem=problem,
        errors=errors,
        hidden=_hidden(line) if line else None,
        hide_form=hide_form or HideForm(None),
        show_form=show_form or ShowForm(None),
        may_undo=line is not None and may_take_back(line.at, hidden_by, account.id, now=now),
        may_show=may("editor") and hidden_by != account.id,
        named=named_elsewhere(db.session(), view, current_language()) if view.is_hidden else [],
    )


def _hidden(line: AuditLine) -> dict[str, object]:
    reason, _, words = line.why.partition(": ")
    return {
        "at": line.at,
        "who": logins(db.session()).get(line.organizer_id) if line.organizer_id else None,
        "reason": str(HIDING_REASONS.get(reason, reason)),
        "words": words,
    }


def _plain(typed: str | None) -> str:
    """What was typed, on one line. Raises ValidationError if it is no plain text, or too long."""
    try:
        line = " ".join(check_message(typed or "").split())
    except Invalid:
        raise ValidationError(gettext("Use plain letters, digits and signs.")) from None
    if len(line) > MOST_WORDS:
        raise ValidationError(gettext("Use fewer words."))
    return line


def _require_token(form: FlaskForm) -> None:
    if not form.csrf_token.validate(form):
        abort(400)


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("organize.hiding", slug=slug), 303)
