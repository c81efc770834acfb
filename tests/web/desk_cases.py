"""The record of a case as it is typed at the desk and published by a second person."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign.cases.models import Case
from campaign.core.db import db, transaction
from tests.case_files import make_case
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.desk import CAMPAIGN, Desk

CASE, EVENTS, NEW = f"{CAMPAIGN}case", f"{CAMPAIGN}events", f"{CAMPAIGN}events/new"
STRIKE = f"{EVENTS}/2026-02-strike"
GOOD = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
TYPED = {
    "date": "2026-03-04",
    "kind": "arrest",
    "summary-en": "She was taken from the mill.",
    "summary-fa": "او را از کارخانه بردند.",
    "sources-0-publisher": "The Loom",
    "sources-0-title": "Taken",
    "sources-0-url": "https://loom.example/2",
    "sources-0-date": "2026-03",
    "sources-0-grade": "movement",
    "reason": "Reported by the union",
}


def make_ada(app: Flask, now: datetime) -> None:
    """Make the campaign the one of a case, looked after three days ago."""
    with app.app_context(), transaction() as session:
        make_case(session, SLUG, checked_on=now.date() - timedelta(days=3), born="1990")


def form_values(browser: Browser, path: str) -> dict[str, Any]:
    """The form as it came, every ticked box with its value."""
    page = browser.read(path)
    boxes: dict[str, list[str]] = {}
    for element in page.tagged("input"):
        if element.get("type") == "checkbox" and "checked" in element.attrib:
            boxes.setdefault(element.get("name", ""), []).append(element.get("value", ""))
    return {**{name: value or "" for name, value in page.form("reason").values.items()}, **boxes}


def send(desk: Desk, path: str, do: str = "review", **changes: Any) -> TestResponse:
    """Fill in the form as it came, and press a button."""
    values = {**form_values(desk.browser, path), **changes}
    return desk.browser.post(
        path, data={name: value for name, value in values.items() if value is not None} | {"do": do}
    )


def publish(desk: Desk, address: str) -> TestResponse:
    desk.browser.read(address)
    return desk.press(f"{address}/publish", **GOOD)


def row(app: Flask) -> Case:
    with app.app_context():
        return db.session.scalars(select(Case)).one()
