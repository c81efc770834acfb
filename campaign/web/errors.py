"""Turns errors into pages: what happened, and what the reader can do next. Says nothing of who asked.

Below `/api` they are problems for programs instead (see `api/problems.py`).
"""

import logging
from typing import NamedTuple

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from campaign.core.db import db
from campaign.core.errors import CampaignError, NotFound, Refused, TakenDown
from campaign.logs import place_of
from campaign.web.api.problems import is_for_programs, problem

log = logging.getLogger("campaign.web")
_RETRY_SECONDS = "30"


class ErrorPage(NamedTuple):
    title: str
    sentence: str
    next_step: str


def init_errors(app: Flask) -> None:
    """Register the pages for HTTP errors, our own errors, and a database that is down."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NotFound, lambda _error: _answer(404))
    app.register_error_handler(TakenDown, lambda _error: _answer(410))
    app.register_error_handler(Refused, lambda _error: _answer(409))
    app.register_error_handler(CampaignError, lambda _error: _answer(400))
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(PoolTimeout, _database_error)
    app.register_error_handler(Exception, _unexpected)


def error_page(code: int) -> ErrorPage:
    """The words for a status code, in the reader's language."""
    pages = _our_faults() if code >= 500 else {**_mistakes(), **_refusals()}
    return pages.get(code) or (pages[500] if code >= 500 else pages[400])


def _mistakes() -> dict[int, ErrorPage]:
    back = _("Go back and try again, or start from the list of campaigns.")
    return {
        400: ErrorPage(_("That did not work"), _("The request could not be understood."), back),
        403: ErrorPage(
            _("That form came from another site"),
            _("To protect signatories, forms are only accepted from this site's own pages."),
            _("Open the campaign here and fill in its form."),
        ),
        404: ErrorPage(
            _("There is nothing here"),
            _("The address may be mistyped, or the page has been taken down."),
            _("All open campaigns are on the first page."),
        ),
        405: ErrorPage(
            _("This page cannot be used that way"),
            _("The address exists, but not for this kind of request."),
            back,
        ),
    }


def _refusals() -> dict[int, ErrorPage]:
    back = _("Go back and try again, or start from the list of campaigns.")
    return {
        409: ErrorPage(_("That is not possible now"), _("Things have changed since the page was opened."), back),
        410: ErrorPage(
            _("This campaign has been taken down"),
            _("It can no longer be signed or confirmed."),
            _("If you have signed it, the second link in the same mail still shows and erases what is stored."),
        ),
        413: ErrorPage(
            _("That is too much"),
            _("What was sent is larger than this form takes. Nothing was saved."),
            _("Shorten the text and send it again."),
        ),
        429: ErrorPage(
            _("Too many tries"), _("Somebody has tried this very often."), _("Wait a few minutes and try again.")
        ),
    }


def _our_faults() -> dict[int, ErrorPage]:
    return {
        500: ErrorPage(
            _("Something broke on our side"),
            _("It has been noted, without anything about you."),
            _("Go back and try again, or start from the list of campaigns."),
        ),
        503: ErrorPage(
            _("We cannot answer just now"),
            _("What you sent may not have been saved."),
            _("Try again in a minute. If you have just signed and saw no confirmation, sign again."),
        ),
    }


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError) and not is_for_programs(request.path):
        # A forged Host: no address can be built for it, so there is no page with links to show.
        return Response("This site does not answer to that host name.\n", 400, mimetype="text/plain")
    response = _answer(error.code or 500, error)
    # Allow on 405, Retry-After on 429: the exception knows them.
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _database_error(error: Exception) -> Response:
    # The driver's text can hold values of a row; the class alone says enough.
    log.error("database error", extra={"error": type(error).__name__, "where": place_of(error)})
    response = _answer(503)
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _unexpected(error: Exception) -> Response:
    # A traceback's last line can hold what somebody typed, so only its kind and where it happened are logged.
    log.error("unexpected error", extra={"error": type(error).__name__, "where": place_of(error)})
    return _answer(500)


def _answer(code: int, error: HTTPException | None = None) -> Response:
    db.session.rollback()
    if is_for_programs(request.path):
        return problem(code, error)
    if code == 410:
        # The address names whom the page was about; the links to other languages must not.
        g.page_elsewhere = "public.home"
    page = error_page(code)
    html = render_template("errors/error.html", code=code, **page._asdict())
    return make_response(html, code)
