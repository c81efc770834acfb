"""The desk as an organizer uses it. Olga owns the site, Edda edits, Mona moderates, Vera may look."""

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from campaign.audit.models import AuditEntry
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.organizers.models import DeskSession, Organizer
from tests.factories import SLUG
from tests.pages import Browser, browse

PASSWORD = "correct horse battery"
PURPOSE = "Delivery to the ministry"
CAMPAIGN = f"/organize/campaigns/{SLUG}/"
LISTS, OPEN_LIST = f"{CAMPAIGN}lists", f"{CAMPAIGN}open-list"


def logged_in(app: Flask, login: str) -> "Desk":
    """A browser of its own, in which they have logged in."""
    made = Desk(browse(app))
    assert made.log_in(login).status_code == 303
    return made


class Desk:
    """One browser at the desk."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def log_in(self, login: str = "olga", password: str = PASSWORD, *, with_factor: bool = True) -> TestResponse:
        """Fill in the login form as it came; the second factor has tests of its own, and is taken for shown."""
        form = self.browser.read("/organize/login").form("login", "password")
        data = {**form.values, "login": login, "password": password}
        response = self.browser.post(form.action or "/organize/login", data=data)
        if with_factor and response.status_code == 303:
            show_factor(self.browser.application, login.strip().lower())
        return response

    def press(self, action: str, **values: str) -> TestResponse:
        """Press the button of a form on the page last read."""
        (form,) = [form for form in self.browser.last.forms() if form.action == action]
        return self.browser.post(action, data={**form.values, **values})

    def ask(self, page: str, form: str, **fields: str) -> str:
        """Fill in the form of this page that gives a list; the address of the download."""
        filled = self.browser.read(page).form("purpose")
        values = {name: value for name, value in filled.values.items() if value is not None}
        response = self.browser.post(filled.action or page, data={**values, "form": form, "purpose": PURPOSE, **fields})
        assert response.status_code == 303, self.browser.last.mistakes()
        return response.location

    def public_names(self, form: str = "csv", **fields: str) -> TestResponse:
        return self.browser.get(self.ask(f"{CAMPAIGN}lists", form, **fields))

    def sealed_list(self, **fields: str) -> TestResponse:
        return self.browser.get(self.ask(f"{CAMPAIGN}open-list", "sealed", **fields))


def show_factor(app: Flask, login: str) -> None:
    """As if this organizer had shown a second factor in each of their sessions just now."""
    with app.app_context(), transaction() as session:
        mine = select(Organizer.id).where(Organizer.login == login)
        session.execute(update(DeskSession).where(DeskSession.organizer_id.in_(mine)).values(factor_at=utc_now()))


def audited(app: Flask) -> list[tuple[str, str]]:
    """What the audit log says was done, to what."""
    with app.app_context():
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.action, entry.subject) for entry in entries]
