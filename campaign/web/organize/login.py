"""Logging in and out of the desk."""

import uuid

from flask import abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import TooManyRequests

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.defence.networks import network_of
from campaign.defence.rate_limits import LOGIN_BY_ACCOUNT, LOGIN_BY_BOTH, LOGIN_BY_NETWORK
from campaign.organizers.actions import note_login
from campaign.organizers.factors import factors_of
from campaign.organizers.passwords import is_right
from campaign.organizers.queries import account, credentials, has_organizer
from campaign.organizers.sessions import (
    end_session,
    start_session,
)
from campaign.web.i18n import current_site
from campaign.web.organize.door import load_login, was_logged_in
from campaign.web.organize.forms import EmptyForm, LoginForm
from campaign.web.organize.rules import for_anybody, this_account, this_session
from campaign.web.organize.way_back import next_page
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services


@for_anybody
def login() -> ResponseReturnValue:
    """Ask for login and password, few times per account and per network."""
    form = LoginForm(typed_in())
    if request.method == "GET" or not form.validate_on_submit():
        errors = [FormError(field.id, str(message)) for field in form for message in field.errors]
        return _login_page(form, errors)
    name = (form.login.data or "").strip().lower()
    limits, now = services().rate_limits, utc_now()
    network = network_of(request.remote_addr or "")
    for limit, *what in ((LOGIN_BY_BOTH, name, network), (LOGIN_BY_NETWORK, network), (LOGIN_BY_ACCOUNT, name)):
        if not limits.allows(limit, *what, now=now):
            raise TooManyRequests(retry_after=limits.seconds_to_wait(limit, now=now))
    known = credentials(db.session(), name)
    # An open read would keep others from signing for as long as the password takes to check.
    db.session.rollback()
    is_theirs = is_right(form.password.data or "", known[1] if known else None)
    found = account(db.session(), known[0]) if known and is_theirs else None
    if found is None:
        errors = [FormError(form.login.id, gettext("Login or password is wrong. Check both and try again."))]
        return _login_page(form, errors)
    begin_session(found.id)
    return redirect(next_page(), 303)


def begin_session(organizer_id: uuid.UUID) -> None:
    """Log somebody in who has shown their password, or has just chosen it."""
    now = utc_now()
    has_none = not factors_of(db.session(), organizer_id).any
    with transaction() as changes:
        note_login(changes, organizer_id, now=now)
        # The demo is for looking around; whoever sets up a factor there is asked for it like everywhere.
        token = start_session(changes, organizer_id, now=now, has_shown_factor=services().config.is_demo and has_none)
    language = session.get("language")
    session.clear()
    session.permanent = True
    if language:
        session["language"] = language
    login_user(load_login(token))


@for_anybody
def logout() -> ResponseReturnValue:
    """End this session, here and wherever its cookie may have been copied to."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    if current_user.is_authenticated:
        with transaction() as changes:
            end_session(changes, this_session().id, of=this_account().id)
    logout_user()
    session.clear()
    return redirect(url_for("organize.login"), 303)


@for_anybody
def language() -> ResponseReturnValue:
    """Choose the language of the desk."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    if request.form.get("lang") in current_site().languages:
        session["language"] = request.form["lang"]
    return redirect(url_for("organize.home"), 303)


def _login_page(form: LoginForm, errors: list[FormError]) -> ResponseReturnValue:
    known = has_organizer(db.session())
    page = render_template(
        "organize/login.html", form=form, errors=errors, has_organizer=known, has_ended=was_logged_in()
    )
    return page, 400 if errors else 200
