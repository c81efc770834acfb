"""The audit log: an entry that is changed or missing shows."""

import uuid
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import delete, update

from campaign.audit.actions import record
from campaign.audit.models import AuditEntry
from campaign.audit.queries import entries_about, first_broken_entry
from campaign.core.db import db, transaction


@pytest.fixture
def three_entries(any_app: Flask, now: datetime) -> None:
    for action in ("one", "two", "three"):
        with transaction() as session:
            record(session, organizer_id=uuid.uuid4(), action=action, subject="mill", now=now)


@pytest.mark.usefixtures("three_entries")
def test_a_log_nobody_touched_is_whole() -> None:
    assert first_broken_entry(db.session()) is None
    assert [line.action for line in entries_about(db.session(), "mill")] == ["three", "two", "one"]


@pytest.mark.usefixtures("three_entries")
def test_an_altered_entry_shows() -> None:
    with transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.number == 2).values(action="nothing"))
    assert first_broken_entry(db.session()) == 2


@pytest.mark.usefixtures("three_entries")
def test_a_missing_entry_shows() -> None:
    with transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number == 1))
    assert first_broken_entry(db.session()) == 1
