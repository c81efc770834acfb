"""Showing the second factor: after the password, and again before what could do harm."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import TooManyRequests

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.defence.rate_limits import FACTOR_BY_ACCOUNT
from campaign.organizers.factors import Factors, accept_recovery_code, accept_totp, factors_of
from campaign.organizers.passkeys import RelyingParty, accept_passkey, ask_to_show, load_webauthn
from campaign.organizers.passwords import is_right
from campaign.organizers.queries import stored_password
from campaign.organizers.sessions import note_factor, set_challenge, take_challenge
from campaign.web.i18n import current_site_name
from campaign.web.organize.forms import FactorForm, PasswordAgainForm, mistakes
from campaign.web.organize.rules import for_any_organizer, this_account, this_session
from campaign.web.organize.way_back import next_page
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services

_TOTP_DIGITS = 6


@for_any_organizer(before_factor=True)
def factor() -> ResponseReturnValue:
    """Ask for a passkey or a code, then go on to where they wanted to go."""
    known = factors_of(db.session(), this_account().id)
    if not known.any:
        # Only in the demo does somebody get further than the set-up without a factor.
        return _ask_for_password() if services().config.is_demo else redirect(url_for("organize.set_up"), 303)
    form = FactorForm(typed_in())
    if request.method == "POST" and not form.validate_on_submit():
        return _page(form, known, mistakes(form))
    if request.method == "GET":
        return _page(form, known, [])
    require_try_left()
    if not _is_shown(form):
        wrong = gettext("This was not accepted. A code works once and for half a minute; wait for the next one.")
        return _page(form, known, [FormError(form.code.id, wrong)])
    return redirect(next_page(), 303)


def require_try_left() -> None:
    """Refuse the request (429) if this account was tried too often: passwords and codes of whoever is logged in."""
    limits, now = services().rate_limits, utc_now()
    if not limits.allows(FACTOR_BY_ACCOUNT, this_account().login, now=now):
        raise TooManyRequests(retry_after=limits.seconds_to_wait(FACTOR_BY_ACCOUNT, now=now))


def is_own_password(password: str) -> bool:
    """Whether it is the password of whoever is logged in. Takes a tenth of a second; no read stays open meanwhile."""
    known = stored_password(db.session(), this_account().id)
    db.session.rollback()
    return is_right(password, known)


def relying_party() -> RelyingParty:
    """This site, as passkeys know it."""
    return RelyingParty(current_site_name(), services().config.base_url)


def _is_shown(form: FactorForm) -> bool:
    account, keyring, now = this_account(), services().keyring, utc_now()
    code, passkey = (form.code.data or "").strip(), form.passkey.data or ""
    if passkey:
        load_webauthn()
    # Two transactions: a challenge is used up by a wrong answer too.
    with transaction() as session:
        challenge = take_challenge(session, this_session().id) if passkey else None
    with transaction() as session:
        if passkey:
            is_shown = challenge is not None and accept_passkey(
                session, account.id, answer=passkey, challenge=challenge, party=relying_party()
            )
        elif len("".join(code.split())) == _TOTP_DIGITS:
            is_shown = accept_totp(session, account.id, code, key=keyring.waiting, now=now)
        else:
            is_shown = bool(code) and accept_recovery_code(session, account.id, code)
        if is_shown:
            note_factor(session, this_session().id, now=now)
    return is_shown


def _ask_for_password() -> ResponseReturnValue:
    form = PasswordAgainForm(typed_in())
    errors = mistakes(form) if request.method == "POST" and not form.validate_on_submit() else []
    if request.method == "POST" and not errors:
        require_try_left()
        if is_own_password(form.password.data or ""):
            with transaction() as session:
                note_factor(session, this_session().id, now=utc_now())
            return redirect(next_page(), 303)
        errors = [FormError(form.password.id, gettext("This is not your password. Try again."))]
    return render_template("organize/password_again.html", form=form, errors=errors), 400 if errors else 200


def _page(form: FactorForm, known: Factors, errors: list[FormError]) -> ResponseReturnValue:
    options = ""
    if known.passkeys:
        db.session.rollback()
        load_webauthn()
        asked = ask_to_show(db.session(), this_account().id, party=relying_party())
        with transaction() as session:
            set_challenge(session, this_session().id, asked.challenge)
        options = asked.options
    page = render_template(
        "organize/factor.html", form=form, factors=known, errors=errors, options=options, next=request.args.get("next")
    )
    return page, 400 if errors else 200
