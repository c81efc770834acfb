"""Logging in and out of the desk."""

import uuid
from datetime import timedelta

from flask import Flask, Request, abort, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.exceptions import TooManyRequests

from campaign.core.clock import hour_of, utc_now
from campaign.core.db import db, transaction, unseen_transaction
from campaign.defence.networks import network_of
from campaign.defence.rate_limits import LOGIN_BY_ACCOUNT, LOGIN_BY_BOTH, LOGIN_BY_NETWORK
from campaign.organizers.actions import note_login
from campaign.organizers.factors import factors_of
from campaign.organizers.passwords import is_right
from campaign.organizers.queries import Account, account, credentials, has_organizer
from campaign.organizers.sessions import (
    SESSION_HOURS,
    OpenSession,
    end_session,
    note_seen,
    open_session,
    start_session,
)
from campaign.web.i18n import current_site, preferred_language, use_language
from campaign.web.organize.blueprint import blueprint
from campaign.web.organize.forms import EmptyForm, LoginForm
from campaign.web.organize.rules import desk_places, for_anybody, require_role, rule_of, this_account, this_session
from campaign.web.organize.way_back import next_page, way_back
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services


class LoggedIn(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """What Flask-Login keeps of an account, and the session it came with. `token` goes into the cookie."""

    def __init__(self, found: Account, opened: OpenSession, token: str) -> None:
        self.account, self.session, self._token = found, opened, token

    def get_id(self) -> str:
        return self._token


class DeskSessions(SecureCookieSessionInterface):
    """Sessions exist at the desk's addresses only. Elsewhere nothing can be put into one, so no cookie can be set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        desk = app.config["SESSION_COOKIE_PATH"]
        return super().open_session(app, request) if request.path.startswith(desk) else self.make_null_session(app)


def init_login(app: Flask) -> None:
    """Sessions live in one signed cookie that only the desk's addresses receive."""
    app.config.update(
        SESSION_COOKIE_NAME="desk",
        SESSION_COOKIE_PATH="/organize",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.extensions["campaign"].config.is_https,
        # From login on, not from the last click: a copied cookie must come to an end.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
    )
    app.session_interface = DeskSessions()
    # Its context processor would ask the database while a page is rendered that says the database is down.
    manager = LoginManager(app, add_context_processor=False)
    # The default keeps a hash of the address and browser of whoever logs in.
    manager.session_protection = None
    manager.login_view = "organize.login"
    manager.login_message = None
    manager.user_loader(_load)
    app.jinja_env.globals["desk_places"] = desk_places


def _load(token: str) -> LoggedIn | None:
    opened = open_session(db.session(), str(token), now=utc_now())
    found = account(db.session(), opened.organizer_id) if opened else None
    return LoggedIn(found, opened, token) if found and opened else None


@blueprint.before_request
def _keep_the_door() -> ResponseReturnValue | None:
    use_language(preferred_language())
    rule = rule_of(request.endpoint)
    if rule is None:
        abort(404)
    if rule.is_before_login:
        return None
    if not current_user.is_authenticated:
        if request.method != "GET":
            abort(403)
        return redirect(url_for("organize.login"), 303)
    if this_session().factor_at is None and not rule.is_before_factor:
        has_any = factors_of(db.session(), this_account().id).any
        return redirect(url_for("organize.factor" if has_any else "organize.set_up"), 303)
    require_role(rule)
    if rule.needs_factor and not this_session().is_fresh(utc_now()):
        return redirect(url_for("organize.factor", next=way_back()), 303)
    _note_seen()
    return None


def _note_seen() -> None:
    now = utc_now()
    if this_session().seen_at < hour_of(now):
        with unseen_transaction() as changes:
            note_seen(changes, this_session().id, now=now)


@blueprint.route("/login", methods=["GET", "POST"])
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
    login_user(_load(token))


@blueprint.post("/logout")
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


@blueprint.post("/language")
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
    page = render_template("organize/login.html", form=form, errors=errors, has_organizer=known)
    return page, 400 if errors else 200
