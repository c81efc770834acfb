"""One's own account: password, second factors, recovery codes, sessions."""

import uuid

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import CampaignError
from campaign.core.text_rules import BadText
from campaign.core.typesetting import qr_svg
from campaign.organizers.actions import change_password, password_hash
from campaign.organizers.factors import (
    add_totp,
    factors_of,
    matching_step,
    new_recovery_codes,
    new_secret,
    otpauth_uri,
    remove_totp,
)
from campaign.organizers.passkeys import add_passkey, ask_to_make, load_webauthn, passkeys_of, remove_passkey
from campaign.organizers.sessions import (
    end_session,
    end_sessions,
    note_factor,
    sessions_of,
    set_challenge,
    take_challenge,
)
from campaign.web.i18n import current_site_name
from campaign.web.organize.factor import is_own_password, relying_party, require_try_left
from campaign.web.organize.forms import AppForm, EmptyForm, PasskeyForm, PasswordForm, mistakes
from campaign.web.organize.rules import for_any_organizer, this_account, this_session
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services


@for_any_organizer()
def account() -> ResponseReturnValue:
    """Everything about one's own account."""
    return _account_page(PasswordForm(formdata=None))


@for_any_organizer(before_factor=True)
def set_up() -> ResponseReturnValue:
    """The first second factor: which one."""
    return render_template("organize/set_up.html")


@for_any_organizer(before_factor=True)
def app() -> ResponseReturnValue:
    """Set up an authenticator app: it reads a QR code, and shows by its first code that it has."""
    _only_first_or_fresh()
    form, errors = AppForm(typed_in()), []
    if request.method == "POST" and form.validate_on_submit():
        now, secret = utc_now(), form.secret.data or ""
        step = matching_step(secret, form.code.data or "", now=now)
        if step is not None:
            with transaction() as session:
                add_totp(session, this_account().id, secret=secret, step=step, key=services().keyring.waiting, now=now)
                note_factor(session, this_session().id, now=now)
                _record(session, "added_totp")
            return _codes_if_none()
        wrong = gettext("This is not the code of this moment. Is the clock of the device right?")
        errors = [FormError(form.code.id, wrong)]
    errors += mistakes(form)
    is_kept = request.method == "POST" and not form.secret.errors
    secret = str(form.secret.data) if is_kept else new_secret()
    uri = otpauth_uri(secret, login=this_account().login, site=current_site_name())
    qr = Markup(qr_svg(uri))  # noqa: S704 - made of squares only
    return render_template("organize/app.html", form=form, errors=errors, secret=secret, qr=qr), 400 if errors else 200


@for_any_organizer(before_factor=True)
def passkey() -> ResponseReturnValue:
    """Make a passkey in the browser or on a device."""
    _only_first_or_fresh()
    db.session.rollback()
    load_webauthn()
    form, errors = PasskeyForm(typed_in()), []
    if request.method == "POST" and form.validate_on_submit():
        with transaction() as session:
            challenge = take_challenge(session, this_session().id)
        if challenge is not None and _keep_passkey(form, challenge):
            return _codes_if_none()
        wrong = gettext("The passkey was not accepted. Give it a plain name and try again, or use another one.")
        errors = [FormError(form.name.id, wrong)]
    errors += mistakes(form) if request.method == "POST" else []
    asked = ask_to_make(db.session(), this_account().id, login=this_account().login, party=relying_party())
    with transaction() as session:
        set_challenge(session, this_session().id, asked.challenge)
    page = render_template("organize/passkey.html", form=form, errors=errors, options=asked.options)
    return page, 400 if errors else 200


@for_any_organizer(step_up=True)
def remove_app() -> ResponseReturnValue:
    """Take the authenticator app away, unless nothing would be left."""
    _require_button()
    if not factors_of(db.session(), this_account().id).passkeys:
        return _account_page(PasswordForm(formdata=None), _last_factor("app"))
    with transaction() as session:
        remove_totp(session, this_account().id)
        _record(session, "removed_totp")
    return redirect(url_for("organize.account"), 303)


@for_any_organizer(step_up=True)
def remove_one_passkey(passkey_id: uuid.UUID) -> ResponseReturnValue:
    """Take a passkey away, unless nothing would be left."""
    _require_button()
    known = factors_of(db.session(), this_account().id)
    if known.passkeys <= 1 and not known.has_totp:
        return _account_page(PasswordForm(formdata=None), _last_factor("passkeys"))
    with transaction() as session:
        if not remove_passkey(session, this_account().id, passkey_id):
            abort(404)
        _record(session, "removed_passkey")
    return redirect(url_for("organize.account"), 303)


@for_any_organizer(step_up=True)
def recovery_codes() -> ResponseReturnValue:
    """Show new codes, once."""
    _require_button()
    return _new_codes()


@for_any_organizer(step_up=True)
def password() -> ResponseReturnValue:
    """Change the password; all other sessions end."""
    form = PasswordForm(typed_in())
    if not form.validate_on_submit():
        return _account_page(form, mistakes(form))
    require_try_left()
    if not is_own_password(form.password.data or ""):
        return _account_page(form, [FormError(form.password.id, gettext("This is not your password until now."))])
    hashed = password_hash(form.new_password.data or "")
    with transaction() as session:
        change_password(session, this_account().id, stored_password=hashed)
        end_sessions(session, this_account().id, but=this_session().id)
        _record(session, "changed_password")
    return redirect(url_for("organize.account"), 303)


@for_any_organizer()
def end_other_sessions() -> ResponseReturnValue:
    """Log out everywhere else."""
    _require_button()
    with transaction() as session:
        end_sessions(session, this_account().id, but=this_session().id)
    return redirect(url_for("organize.account"), 303)


@for_any_organizer()
def end_one_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """Log out one other browser."""
    _require_button()
    with transaction() as session:
        if not end_session(session, session_id, of=this_account().id):
            abort(404)
    return redirect(url_for("organize.account"), 303)


def _keep_passkey(form: PasskeyForm, challenge: bytes) -> bool:
    now = utc_now()
    try:
        with transaction() as session:
            add_passkey(
                session,
                this_account().id,
                answer=form.passkey.data or "",
                challenge=challenge,
                name=form.name.data or "",
                party=relying_party(),
                now=now,
            )
            note_factor(session, this_session().id, now=now)
            _record(session, "added_passkey")
    except (BadText, CampaignError):
        return False
    return True


def _only_first_or_fresh() -> None:
    """Who has a factor shows it before adding another: else a stolen password would be enough."""
    if factors_of(db.session(), this_account().id).any and not this_session().is_fresh(utc_now()):
        abort(redirect(url_for("organize.factor", next=request.path), 303))


def _codes_if_none() -> ResponseReturnValue:
    """After the first factor: the codes for the day it is lost."""
    if factors_of(db.session(), this_account().id).recovery_codes:
        return redirect(url_for("organize.account"), 303)
    return _new_codes()


def _new_codes() -> ResponseReturnValue:
    with transaction() as session:
        codes = new_recovery_codes(session, this_account().id)
        _record(session, "made_recovery_codes")
    return make_response(render_template("organize/recovery_codes.html", codes=codes))


def _last_factor(field_id: str) -> list[FormError]:
    return [FormError(field_id, gettext("This is your only second factor. Add another one first, then remove it."))]


def _require_button() -> None:
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)


def _record(session: Session, action: str) -> None:
    mine = this_account()
    record(session, organizer_id=mine.id, action=action, subject=mine.login, now=utc_now())


def _account_page(form: FlaskForm, errors: list[FormError] | None = None) -> ResponseReturnValue:
    session, mine = db.session(), this_account().id
    page = render_template(
        "organize/account.html",
        form=form,
        errors=errors or [],
        account=this_account(),
        factors=factors_of(session, mine),
        passkeys=passkeys_of(session, mine),
        sessions=sessions_of(session, mine, now=utc_now()),
        this_session_id=this_session().id,
    )
    return page, 400 if errors else 200
