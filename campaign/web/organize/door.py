"""The door of the desk: whose request it is, and what the rule of the view it asks for says of them."""

from datetime import timedelta

from flask import Flask, Request, abort, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from campaign.core.clock import hour_of, utc_now
from campaign.core.db import db, unseen_transaction
from campaign.organizers.factors import factors_of
from campaign.organizers.queries import Account, account
from campaign.organizers.sessions import SESSION_HOURS, OpenSession, note_seen, open_session
from campaign.web.i18n import preferred_language, use_language
from campaign.web.organize.routes import blueprint
from campaign.web.organize.rules import desk_places, require_role, rule_of, this_account, this_session
from campaign.web.organize.way_back import way_back


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
    manager.user_loader(load_login)
    app.jinja_env.globals["desk_places"] = desk_places


def load_login(token: str) -> LoggedIn | None:
    """Whoever the token of a session lets in, if it is still open."""
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
        if request.method != "GET" and not was_logged_in():
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


def was_logged_in() -> bool:
    """Whether this browser still has the cookie of a session that has ended: an open tab of somebody removed, say."""
    return "_user_id" in session and not current_user.is_authenticated


def _note_seen() -> None:
    now = utc_now()
    if this_session().seen_at < hour_of(now):
        with unseen_transaction() as changes:
            note_seen(changes, this_session().id, now=now)
