"""Letters and news as they are typed at the desk and let out."""

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.editing.actions import publish
from campaign.editing.checklist import QUESTIONS
from campaign.editing.models import Revision
from campaign.organizers.models import Organizer
from tests.factories import LETTER, Site, make_letter, make_update
from tests.page import Page
from tests.web.conftest import NOW
from tests.web.desk import CAMPAIGN, Desk

LETTERS, UPDATES = f"{CAMPAIGN}letters", f"{CAMPAIGN}updates"
DAY = date(2026, 11, 20)
RIGHT = {
    "key": LETTER,
    "office-0-name": "Labour office",
    "address": "Labour office\r\n12 Mill Street",
    "email": "office@example.org",
    "reads": "en fa",
    "texts-0-subject": "The mill",
    "texts-0-body": "To whom it may concern,\r\n\r\nopen the mill.",
    "texts-1-subject": "کارخانه",
    "texts-1-body": "کارخانه را باز کنید.",
    "sources-0-publisher": "The Paper",
    "sources-0-title": "Who decides",
    "sources-0-url": "https://example.org/office",
    "sources-0-date": "2026-02",
    "reason": "Supporters asked for one",
}
NEWS = {
    "date": str(DAY),
    "name": "open",
    "texts-0-title": "It is open",
    "texts-0-body": "The mill is **open**.",
    "reason": "It happened",
}


def fill_in(desk: Desk, place: str, do: str = "review", /, **typed: str) -> int:
    """Send the form of that page as it came, with this typed into it; the status of the answer."""
    form = desk.browser.read(place).form("seen", "reason")
    values = {name: value for name, value in form.values.items() if value is not None}
    return desk.browser.post(place, data={**values, **typed, "do": do}).status_code


def published(app: Flask, part: str) -> None:
    """Olga has read it and lets it out."""
    with app.app_context(), transaction() as session:
        revision = session.scalars(select(Revision).where(Revision.part == part, Revision.state == "in_review")).one()
        olga = session.scalars(select(Organizer.id).where(Organizer.login == "olga")).one()
        publish(session, revision_id=revision.id, reviewer_id=olga, answers=dict(QUESTIONS), now=NOW)


def revisions(app: Flask) -> list[tuple[str, str, Any]]:
    with app.app_context():
        rows = db.session.scalars(select(Revision).order_by(Revision.written_at, Revision.number))
        return [(row.part, row.state, row.content) for row in rows]


def planted(app: Flask, site: Site, **changes: object) -> None:
    with app.app_context(), transaction() as session:
        make_letter(session, site.campaign.id, **changes)  # type: ignore[arg-type]
        make_update(session, site.campaign.id, DAY)


def mistakes_of(page: Page) -> dict[str, str]:
    assert page.title.startswith("Error:")
    return page.mistakes()
