"""Batches of paper for tests: entered by Mona, brought as rows, decided by Edda or Olga; and that no number drifts."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile, roll_up
from campaign.counting.queries import Count, count_of, days, hours, origins
from campaign.paper.actions import Deed, Sheets, enter_sheets
from campaign.paper.importing import TypedRow, add_rows, end_import, start_import
from campaign.sealing.boxes import seal
from campaign.signing.canonical_email import read_email
from tests.factories import Site

MONA, EDDA, OLGA = (uuid.UUID(int=number) for number in (1, 2, 3))
DAY = date(2026, 11, 20)


def deed(site: Site, who: uuid.UUID, now: datetime) -> Deed:
    return Deed(site.campaign, who, now)


def sheets(lines: int) -> Sheets:
    return Sheets(DAY, lines, "en", 1, "The square", "Collette")


def enter(site: Site, now: datetime, lines: int = 30) -> int:
    with transaction() as session:
        return enter_sheets(session, deed(site, MONA, now), sheets(lines), epoch=site.epoch)


def typed(site: Site, email: str, **changes: Any) -> TypedRow:
    """A row as the browser seals it."""
    row_id = uuid.uuid4()
    fields = {"campaign": site.campaign.slug, "signature": row_id.hex, "name": "On Paper", "email": email}
    values = {"public_name": None, "wants_updates": False, **changes}
    return TypedRow(row_id, seal(site.epoch.public_key, fields), read_email(email), **values)


def bring(site: Site, keyring: Keyring, now: datetime, *emails: str, **changes: Any) -> int:
    """Import a file of these addresses; the number of its batch."""
    rows = [typed(site, email, **changes) for email in emails]
    by_mona = deed(site, MONA, now)
    with transaction() as session:
        number = start_import(session, by_mona, sheets(len(rows)), epoch=site.epoch).number
    for row in rows:
        with transaction() as session:
            add_rows(session, by_mona, number, [row], epoch=site.epoch, keyring=keyring)
    with transaction() as session:
        end_import(session, by_mona, number)
    return number


def count(site: Site) -> Count:
    found = count_of(db.session(), site.campaign.id)
    db.session.rollback()
    return found


def do(change: Callable[..., None], site: Site, who: uuid.UUID, now: datetime, number: int, **more: Any) -> None:
    with transaction() as session:
        change(session, deed(site, who, now), number, **more)


def nothing_drifts(site: Site, now: datetime) -> None:
    """Added up or not, counted again or not, by day, by hour or by place: it is one number."""
    before = count(site)
    for step in (lambda session: roll_up(session), lambda session: reconcile(session)):
        with transaction() as session:
            drift = step(session)
        assert count(site) == before
    assert drift == 0
    session = db.session()
    series = days(session, site.campaign.id, today=now.date())
    assert (series[-1].total if series else 0) == before.total
    assert sum(hour.signatures for hour in hours(session, site.campaign.id, now=now)) == before.total
    assert dict(origins(session, site.campaign.id).sources).get("paper", 0) == before.on_paper
    session.rollback()
