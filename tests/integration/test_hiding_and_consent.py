"""The consent record on both databases: versions in order whoever adds them at once, and nothing that cannot be."""

import threading
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from campaign.audit.models import AuditEntry
from campaign.campaigns.hiding import hide
from campaign.campaigns.models import Campaign
from campaign.cases.consent import Consent, record_consent
from campaign.cases.models import ConsentRecord
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from tests.factories import Site, make_site

NOTE = "Asked through the union."


def at_once(app: Flask, do: Callable[[Session], object], times: int = 4) -> list[object]:
    """What each of so many threads got in a transaction of its own."""
    gate, got = threading.Barrier(times), list[object]()

    def one() -> None:
        with app.app_context():
            gate.wait()
            with transaction() as session:
                got.append(do(session))

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return got


def test_those_who_record_at_once_get_a_version_each(any_site: Site, any_app: Flask, now: datetime) -> None:
    known = Consent("person", NOTE, now.date() + timedelta(days=90))
    got = at_once(any_app, lambda session: recorded(session, any_site, known, now))
    assert sorted(map(str, got)) == ["1", "2", "3", "4"]


def test_hiding_does_not_wait_for_those_who_are_signing(
    postgresql_app: Flask, postgresql_url: str, now: datetime
) -> None:
    """A signature holds its campaign with FOR KEY SHARE until it is written; on a busy day somebody always does."""
    site = make_site(now)
    signer = create_engine(postgresql_url)
    with signer.connect() as signing:
        held = signing.execute(text("SELECT 1 FROM campaign WHERE id = :id FOR KEY SHARE"), {"id": site.campaign.id})
        assert held.all()
        with transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            hide(session, site.campaign.id, organizer_id=None, why="danger", now=now)
            known = Consent("public", NOTE, now.date() + timedelta(days=90))
            recorded(session, site, known, now)
    signer.dispose()


def test_of_those_who_hide_at_once_one_has_done_it(any_site: Site, any_app: Flask, now: datetime) -> None:
    everybody = [uuid.uuid4() for _ in range(4)]

    def press(session: Session) -> None:
        hide(session, any_site.campaign.id, organizer_id=everybody.pop(), why="danger", now=now)

    at_once(any_app, press)
    (entry,) = db.session.scalars(select(AuditEntry))
    assert entry.organizer_id == db.session.scalars(select(Campaign.hidden_by)).one()


def recorded(session: Session, site: Site, known: Consent, now: datetime) -> int:
    return record_consent(session, site.campaign.id, known, organizer_id=uuid.uuid4(), epoch=site.epoch, now=now)


@pytest.mark.parametrize(
    "known",
    [
        Consent("rumour", "", date(2027, 1, 1)),
        Consent("person", "x" * 1001, date(2027, 1, 1)),
        Consent("person", "", date(2026, 11, 22)),
        Consent("person", "", date(2027, 11, 24)),
    ],
)
def test_what_cannot_be_is_refused(any_site: Site, now: datetime, known: Consent) -> None:
    with pytest.raises(Invalid), transaction() as session:
        recorded(session, any_site, known, now)
    assert not db.session.scalars(select(ConsentRecord)).all()


def test_without_a_key_nothing_is_written(any_site: Site, now: datetime) -> None:
    known = Consent("person", NOTE, date(2027, 1, 1))
    with pytest.raises(Refused), transaction() as session:
        record_consent(session, any_site.campaign.id, known, organizer_id=uuid.uuid4(), epoch=None, now=now)
    assert not db.session.scalars(select(ConsentRecord)).all()


def test_a_consent_stands_in_no_log_by_accident() -> None:
    assert NOTE not in repr(Consent("person", NOTE, date(2027, 1, 1)))
