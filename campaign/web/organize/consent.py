"""The consent record of a campaign: added to by editors, opened in their own browser, shown to nobody else."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import AnyOf, ValidationError

from campaign.audit.actions import record
from campaign.campaigns.queries import CampaignView
from campaign.cases.consent import (
    BASES,
    LONGEST_REVIEW_DAYS,
    USUAL_REVIEW_DAYS,
    Consent,
    ConsentDue,
    consent_records,
    consents_due,
    record_consent,
    sealed_consents,
)
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.text_rules import BadText, check_message
from campaign.exports.sealed_list import written_box, written_epoch
from campaign.organizers.queries import logins
from campaign.organizers.roles import is_at_least
from campaign.sealing.queries import epoch_keys
from campaign.web.headers import allow
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.contexts import open_epoch
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import CONSENT_BASES

FORMAT = "campaign-consent/1"


class ConsentForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What is known now. `today` is the day before the first that can be chosen for the review."""

    basis = StringField(_l("On what basis is this person spoken of?"), [AnyOf(BASES, message=_l("Choose one."))])
    note = TextAreaField(_l("Note"))
    review_on = StringField(_l("Ask again on"))

    today: date
    clean_note = ""
    clean_day: date

    def validate_note(self, field: Field) -> None:
        try:
            self.clean_note = check_message(field.data or "")
        except BadText:
            raise ValidationError(gettext("Use at most 1000 plain letters, digits and signs.")) from None

    def validate_review_on(self, field: Field) -> None:
        try:
            self.clean_day = date.fromisoformat((field.data or "").strip())
        except ValueError:
            raise ValidationError(gettext("Write the day as year, month, day: 2026-11-30.")) from None
        if not self.today < self.clean_day <= self.today + timedelta(days=LONGEST_REVIEW_DAYS):
            raise ValidationError(gettext("Choose a day after today, and at most a year away."))


@allowed("editor")
def consent(slug: str) -> ResponseReturnValue:
    """The versions of the record, and the form that adds one."""
    form = _form()
    if request.method == "GET":
        return _page(form)
    if not form.csrf_token.validate(form):
        abort(400)
    if not form.validate():
        return _page(form), 400
    try:
        with transaction() as session:
            record_consent(
                session,
                this_campaign().id,
                Consent(form.basis.data or "", form.clean_note, form.clean_day),
                organizer_id=this_account().id,
                epoch=open_epoch(),
                now=utc_now(),
            )
    except Refused:
        return _page(form, gettext("There is no key to seal to yet, so nothing can be recorded.")), 409
    return redirect(url_for("organize.consent", slug=slug), 303)


@allowed("editor", step_up=True)
def open_consent(slug: str) -> ResponseReturnValue:
    """Opens the record in the organizer's own browser. The page may fetch that record and nothing else."""
    allow(
        connect_src=url_for("organize.sealed_consent", slug=slug, _external=True),
        script_src="'self' 'wasm-unsafe-eval'",
    )
    return render_template("organize/consent_open.html", campaign=this_campaign(), bases=CONSENT_BASES)


@allowed("editor", step_up=True)
def sealed_consent(slug: str) -> Response:
    """All versions as ciphertext, and the wrapped keys that open them."""
    with transaction() as session:
        record(
            session,
            organizer_id=this_account().id,
            action="opened_consent",
            subject=slug,
            now=utc_now(),
        )
    found = sealed_consents(db.session(), this_campaign().id)
    return jsonify(
        format=FORMAT,
        campaign=slug,
        epochs=[written_epoch(epoch) for epoch in epoch_keys(db.session(), {row.epoch_id for row in found})],
        records=[{"id": row.id.hex, "number": row.number, **written_box(row.epoch_id, row.sealed)} for row in found],
    )


def consent_reminders(views: Sequence[CampaignView]) -> list[tuple[CampaignView, ConsentDue]]:
    """Records that this organizer could write, and that are missing or to be looked at again."""
    account, campaigns = this_account(), {view.id: view for view in views}
    return [
        (campaigns[due.campaign_id], due)
        for due in consents_due(db.session(), today=utc_now().date())
        if is_at_least(account.role_in(due.campaign_id), "editor")
    ]


def _form() -> ConsentForm:
    form = ConsentForm(typed_in() if request.method == "POST" else None)
    form.today = utc_now().date()
    if request.method == "GET":
        form.review_on.data = (form.today + timedelta(days=USUAL_REVIEW_DAYS)).isoformat()
    return form


def _page(form: ConsentForm, problem: str = "") -> str:
    names, epoch = logins(db.session()), open_epoch()
    rows = [
        {
            "number": found.number,
            "at": found.recorded_at,
            "who": names.get(found.recorded_by),
            "review_on": found.review_on,
            "is_of_other_key": epoch is not None and found.epoch_id != epoch.id,
        }
        for found in consent_records(db.session(), this_campaign().id)
    ]
    return render_template(
        "organize/consent.html",
        campaign=this_campaign(),
        form=form,
        bases=CONSENT_BASES,
        errors=[FormError(field.id, str(message)) for field in form for message in field.errors],
        problem=problem,
        rows=rows,
        is_due=bool(rows) and rows[0]["review_on"] <= form.today,  # type: ignore[operator]  # a date
        today=form.today,
    )
