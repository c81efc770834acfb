"""Who edits a case is told once in each period in which nobody has looked for news, by a letter that names nobody."""

import threading
import uuid
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.campaigns.models import Campaign
from campaign.cases.freshness import freshness_of_all, note_nothing_new
from campaign.cases.models import Case, CaseReminder
from campaign.core.clock_mark import look_at_clock
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.core.keyring import Keyring
from campaign.doctor.contents import examine_contents
from campaign.organizers.actions import add_organizer, give_role, remove_organizer
from campaign.organizers.models import ReminderAddress
from campaign.organizers.reminders import Address, forget_address, set_address, whom_to_remind
from campaign.outbox.transports import transport_for
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from campaign.worker import deliver_due, remind_editors
from tests.case_files import make_case
from tests.factories import SLUG, Site, make_campaign
from tests.signers import letters
from tests.smtp import Relay

ADDRESS = "edda@example.org"
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(any_site: Site, now: datetime) -> uuid.UUID:
    """A case checked today, and Edda, who edits it and is reminded."""
    with transaction() as session:
        return make_case(session, SLUG, checked_on=now.date())


@pytest.fixture
def edda(ada: uuid.UUID, keyring: Keyring, now: datetime) -> uuid.UUID:
    return organizer("edda", "editor", keyring, now)


def organizer(
    login: str, role: str | None, keyring: Keyring, now: datetime, *, only_in: uuid.UUID | None = None, lang: str = "en"
) -> uuid.UUID:
    with transaction() as session:
        on_site = None if only_in else role
        made = add_organizer(session, login=login, password=PASSWORD, role=on_site, now=now)
        if only_in:
            give_role(session, made, campaign_id=only_in, role=role or "")
        set_address(session, made, Address(f"{login}@example.org", lang), key=keyring.waiting)
    return made


def remind(app: Flask, now: datetime) -> None:
    """As a worker does with its housekeeping."""
    remind_editors(app.extensions["campaign"], now)


def test_a_letter_goes_once_in_each_period_until_somebody_looks(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    sent = []
    for day in range(120):
        if day == 70:
            with transaction() as session:
                note_nothing_new(session, ada, slug=SLUG, organizer_id=edda, now=now + timedelta(days=70))
        for _ in range(2):
            remind(any_app, now + timedelta(days=day))
        sent.append(len(letters(keyring)))
    assert [day for day in range(1, 120) if sent[day] > sent[day - 1]] == [31, 61, 101]
    assert {letter.to for letter in letters(keyring)} == {ADDRESS}
    assert len(db.session.scalars(select(CaseReminder)).all()) == 1, "those of checks that are over are gone"


def test_workers_that_remind_at_once_send_one_letter(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    with transaction() as session:
        make_campaign(session, now, slug="another")
        make_case(session, "another", checked_on=now.date())
    start, errors = threading.Barrier(4), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                remind(any_app, now + timedelta(days=40))
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [letter.values for letter in letters(keyring)] == [{"number": "2"}]


def test_a_worker_that_dies_before_its_letter_is_queued_has_told_nobody(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("campaign.worker.enqueue", broken)
        with pytest.raises(KeyboardInterrupt):
            remind(any_app, now + timedelta(days=40))
    remind(any_app, now + timedelta(days=40))
    assert len(letters(keyring)) == 1


def test_only_who_edits_that_campaign_is_told(any_app: Flask, ada: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    with transaction() as session:
        make_campaign(session, now, slug="another")
        other = session.scalars(select(Campaign.id).where(Campaign.slug == "another")).one()
    organizer("olga", "owner", keyring, now)
    organizer("mona", "moderator", keyring, now)
    organizer("emma", "editor", keyring, now, only_in=ada)
    organizer("erna", "editor", keyring, now, only_in=other)
    with transaction() as session:
        add_organizer(session, login="silent", password=PASSWORD, role="editor", now=now)
    remind(any_app, now + timedelta(days=40))
    assert {letter.to for letter in letters(keyring)} == {"olga@example.org", "emma@example.org"}


@pytest.mark.parametrize("day", [0, 30])
def test_a_page_checked_in_time_reminds_nobody(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime, day: int
) -> None:
    remind(any_app, now + timedelta(days=day))
    assert letters(keyring) == []


def test_a_draft_reminds_nobody(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state="draft"))
    remind(any_app, now + timedelta(days=400))
    assert letters(keyring) == []


def test_nobody_is_told_while_the_clock_is_in_doubt(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    for instant in (now, now + timedelta(days=400)):
        with transaction() as session:
            look_at_clock(session, now=instant)
    remind(any_app, now + timedelta(days=400))
    assert letters(keyring) == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_letter_names_neither_the_person_nor_the_campaign(
    any_app: Flask, ada: uuid.UUID, keyring: Keyring, now: datetime, relay: Relay, language: str
) -> None:
    organizer("edda", "editor", keyring, now, lang=language)
    later = now + timedelta(days=40)
    remind(any_app, later)
    transport = transport_for(relay.url, any_app.extensions["campaign"].config.instance)
    assert deliver_due(transport, any_app.extensions["campaign"], clock=lambda: later) == 1
    (message,) = relay.messages
    text = f"{message['Subject']}\n{message.get_content()}".lower()
    assert "/organize/cases" in text
    assert ("صفحه" in text) == (language == "fa")
    for word in ("ada", "loom", "bread", "roses", SLUG, "bail", "edda", "نان"):
        assert word not in text, word


def test_an_address_is_sealed_and_goes_when_they_want_or_leave(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    sealed = db.session.scalars(select(ReminderAddress.sealed)).one()
    assert b"edda" not in sealed
    assert ADDRESS not in repr(Address(ADDRESS, "en"))
    with transaction() as session:
        forget_address(session, edda)
    assert db.session.scalars(select(ReminderAddress)).all() == []
    with transaction() as session:
        set_address(session, edda, Address(ADDRESS, "en"), key=keyring.waiting)
        remove_organizer(session, edda)
    assert db.session.scalars(select(ReminderAddress)).all() == []


def test_an_address_under_a_lost_key_keeps_no_other_from_its_letter(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, keyring: Keyring, now: datetime
) -> None:
    organizer("emma", "editor", keyring, now)
    with transaction() as session:
        session.execute(update(ReminderAddress).where(ReminderAddress.organizer_id == edda).values(sealed=b"x" * 80))
        found = whom_to_remind(session, [ada], role="editor", key=keyring.waiting)
    assert [(address.email, number) for address, number in found] == [("emma@example.org", 1)]


def test_a_look_at_the_news_never_makes_a_page_older(
    any_app: Flask, ada: uuid.UUID, edda: uuid.UUID, now: datetime
) -> None:
    with transaction() as session:
        note_nothing_new(session, ada, slug=SLUG, organizer_id=edda, now=now - timedelta(days=5))
    assert db.session.get_one(Case, ada).checked_on == now.date()
    with pytest.raises(NotFound), transaction() as session:
        note_nothing_new(session, uuid.uuid4(), slug=SLUG, organizer_id=edda, now=now)


@pytest.mark.parametrize(
    ("days", "is_stale", "period"), [(0, False, 0), (30, False, 0), (31, True, 1), (60, True, 1), (61, True, 2)]
)
def test_a_page_is_old_from_the_day_after_its_period(
    any_app: Flask, ada: uuid.UUID, now: datetime, days: int, is_stale: bool, period: int
) -> None:
    (found,) = freshness_of_all(db.session(), today=now.date() + timedelta(days=days))
    assert (found.is_stale, found.period) == (is_stale, period)
    assert found.due_on == now.date() + timedelta(days=30)


def test_a_status_under_which_no_demand_is_true_is_noticed(any_app: Flask, ada: uuid.UUID, now: datetime) -> None:
    def has_demand() -> bool:
        return freshness_of_all(db.session(), today=date(2026, 11, 22))[0].has_demand

    assert has_demand()
    with transaction() as session:
        session.execute(update(Case).values(status="released"))
    assert not has_demand()


def test_doctor_says_what_nobody_has_looked_after(any_app: Flask, ada: uuid.UUID, now: datetime) -> None:
    def problems(days: int) -> list[str]:
        instance = any_app.extensions["campaign"].config.instance
        found = examine_contents(db.session(), instance=instance, is_demo=False, now=now + timedelta(days=days))
        return [finding.what for finding in found if not finding.is_well and "case pages" in finding.what]

    assert problems(30) == []
    assert problems(31) == ["case pages not checked against the news in time: 1 of 1"]
    with transaction() as session:
        session.execute(update(Case).values(status="died"))
    assert problems(0) == ["case pages without a demand that fits their status: 1"]


def test_seed_files_never_make_a_look_at_the_news_undone(any_app: Flask, now: datetime) -> None:
    seeds = read_seeds(SEEDS, today=now.date())
    with transaction() as session:
        plant(session, seeds, now=now)
        (campaign_id,) = session.scalars(select(Campaign.id).where(Campaign.slug == "nasrin-sotoudeh"))
        note_nothing_new(session, campaign_id, slug="nasrin-sotoudeh", organizer_id=uuid.uuid4(), now=now)
    with transaction() as session:
        report = plant(session, seeds, now=now)
    assert (report.written, report.edited) == (0, 0)
    assert db.session.get_one(Case, campaign_id).checked_on == now.date()
