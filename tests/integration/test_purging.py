"""Some months after a campaign closed its signatures name nobody any more, and every number stays what it was."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after, note_states
from campaign.core.clock_mark import DOUBT_LASTS, ClockMark
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.counting.actions import count_ballots, reconcile, roll_up
from campaign.counting.queries import community_shares, days, signature_count
from campaign.exports.sealed_list import sealed_list_lines
from campaign.seeding.actions import plant
from campaign.seeding.files import CampaignFile, SiteFile
from campaign.seeding.reader import SeedCampaign, SeedSite
from campaign.signing import purging
from campaign.signing.actions import ask_for_links
from campaign.signing.invalidation import invalidate
from campaign.signing.models import Purge, Signature
from campaign.signing.purging import begin_purge, purge_step, retentions, rows_to_erase
from campaign.signing.queries import public_names
from campaign.signing.self_service import withdraw
from campaign.worker import keep_house, purge_some
from tests.factories import SLUG, Site, entry
from tests.signers import letters, newest_letter, sign, sign_and_confirm

BOB, CHARLIE, DORA = "bob@example.org", "charlie@example.org", "dora@example.org"
ERASED = (
    "dedupe_tag",
    "confirm_digest",
    "manage_digest",
    "manage_until",
    "mails_on",
    "epoch_id",
    "sealed",
    "public_name",
)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "ROWS_A_STEP", 2)


@pytest.fixture
def closed(any_site: Site, keyring: Keyring, now: datetime) -> Site:
    """Twelve people have confirmed, of whom Dora withdrew; Bob was invalidated, Charlie never confirmed. It closed a
    day later."""
    for number in range(10):
        confirm_as(any_site, keyring, now, f"signer{number}@example.org", number)
    for person in (BOB, DORA):
        confirm_as(any_site, keyring, now, person, 1)
    sign(any_site, keyring, now, CHARLIE)
    with transaction() as session:
        withdraw(session, token=newest_letter(keyring, DORA).values["manage_token"], now=now)
        bob = session.scalars(select(Signature.id).where(Signature.public_name == BOB)).one()
        invalidate(session, campaign_id=any_site.campaign.id, signature_ids=[bob], reason="forged")
    add_up(keyring)
    set_state("closed", now + timedelta(days=1))
    return any_site


def confirm_as(site: Site, keyring: Keyring, now: datetime, person: str, number: int) -> None:
    at = now + timedelta(hours=number % 3)
    sign_and_confirm(site, keyring, at, person, public_name=person, wants_updates=True, communities=("women",))


def add_up(keyring: Keyring) -> None:
    with transaction() as session:
        roll_up(session)
        count_ballots(session, key=keyring.waiting)


def set_state(state: str, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state=state))
        note_states(session, now=now)


def after(now: datetime, months: int = 6) -> datetime:
    """When the time of the closed campaign is over, with a clock that is known to be right."""
    over = months_after(now + timedelta(days=1), months)
    with transaction() as session:
        mark = session.get(ClockMark, 1) or ClockMark(id=1)
        mark.seen_at, mark.doubted_since, mark.first_seen_at = over - timedelta(hours=1), None, None
        session.add(mark)
    return over


def sweep(now: datetime) -> int:
    """As workers do; how many steps it took."""
    keep_house(now)
    steps = 0
    while purge_some(now) is not None:
        steps += 1
    return steps


def numbers(site: Site, now: datetime) -> tuple[object, ...]:
    """All that is counted."""
    db.session.rollback()
    session = db.session()
    return (
        signature_count(session, site.campaign.id),
        days(session, site.campaign.id, today=now.date()),
        community_shares(session, site.campaign.id),
    )


def rows(state: str) -> list[Signature]:
    db.session.rollback()
    return list(db.session.scalars(select(Signature).where(Signature.state == state)))


def purge_row() -> Purge | None:
    db.session.rollback()
    return db.session.scalar(select(Purge).execution_options(populate_existing=True))


def audited() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(each.action, each.subject, each.why) for each in db.session.scalars(select(AuditEntry))]


def is_untouched() -> bool:
    return purge_row() is None and all(row.sealed is not None for row in rows("confirmed"))


def test_when_its_time_is_over_nothing_names_anybody_and_every_number_stays(closed: Site, now: datetime) -> None:
    before = numbers(closed, now)
    assert before[0] == 10
    assert before[2], "the communities were counted"
    over = after(now)
    assert sweep(over) == 7
    assert numbers(closed, now) == before
    assert len(rows("confirmed")) == 10
    assert {getattr(row, name) for row in rows("confirmed") for name in ERASED} == {None}
    assert not any(row.wants_updates for row in rows("confirmed"))
    assert (rows("pending"), rows("invalidated"), len(rows("withdrawn"))) == ([], [], 1)
    with transaction() as session:
        assert reconcile(session) == 0
    assert numbers(closed, now) == before
    assert public_names(db.session(), closed.campaign.id, after=None).names == ()
    # Charlie's, which nobody confirmed, went for that reason before.
    assert audited() == [("purged_signatures", SLUG, "11 signatures, 6 months after 2026-11-23")]
    found = purge_row()
    assert found is not None
    assert (found.signatures, found.ended_at) == (11, over)


def test_a_list_of_a_purged_campaign_is_whole_and_empty(closed: Site, now: datetime) -> None:
    sweep(after(now))
    _header, *lines, end = b"".join(sealed_list_lines(db.session(), closed.campaign.id, now=now)).splitlines()
    assert (lines, json.loads(end)) == ([], {"end": True, "rows": 0})


@pytest.mark.parametrize("state", ["closed", "draft"])
def test_a_day_too_early_nothing_happens(closed: Site, now: datetime, state: str) -> None:
    set_state(state, now)
    over = after(now)
    assert rows_to_erase(db.session(), closed.campaign.id) == 12
    after(now - timedelta(days=1))
    sweep(over - timedelta(days=1))
    assert is_untouched()
    assert audited() == []
    sweep(over)
    assert not is_untouched()


def test_an_open_campaign_is_kept_however_old_it_is(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    sweep(after(now, months=120))
    assert is_untouched()


def test_months_begin_anew_when_it_was_open_in_between(closed: Site, now: datetime) -> None:
    over = after(now)
    set_state("open", over - timedelta(days=5))
    set_state("closed", over - timedelta(days=4))
    sweep(over)
    assert is_untouched()


def test_a_campaign_may_keep_them_for_longer_or_shorter(closed: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(retention_months=1))
    sweep(after(now, months=1))
    assert not is_untouched()


def test_nobody_can_do_anything_with_an_old_link_and_asking_tells_nothing(
    closed: Site, keyring: Keyring, now: datetime
) -> None:
    over = after(now)
    sweep(over)
    before = len(letters(keyring))
    with transaction() as session:
        email = entry("signer1@example.org").email
        ask_for_links(session, campaigns=[closed.campaign], email=email, language="en", keyring=keyring, now=over)
    assert len(letters(keyring)) == before


# --- the clock -----------------------------------------------------------------------------------------------------


TEN_YEARS = timedelta(days=3652)


def test_a_clock_ten_years_ahead_erases_nothing(closed: Site, now: datetime) -> None:
    after(now, months=1)
    start = months_after(now + timedelta(days=1), 1)
    for hours in range(0, int(DOUBT_LASTS.total_seconds() // 3600), 6):
        sweep(start + TEN_YEARS + timedelta(hours=hours))
    assert is_untouched()
    sweep(start + timedelta(days=3))
    assert is_untouched()


def test_a_purge_stops_where_it_is_while_the_clock_is_in_doubt(closed: Site, now: datetime) -> None:
    over = after(now)
    keep_house(over)
    assert purge_some(over) is not None
    keep_house(over - TEN_YEARS)
    assert purge_some(over) is None
    found = purge_row()
    assert found is not None
    assert (found.signatures, found.ended_at) == (1, None)


def test_closed_under_a_clock_far_behind_it_is_kept_until_its_months_are_over(closed: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(closed_at=now - TEN_YEARS))
    sweep(after(now, months=5))
    assert is_untouched()
    sweep(after(now))
    assert not is_untouched()


def test_closed_under_a_clock_far_ahead_its_months_begin_when_that_is_noticed(closed: Site, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(closed_at=now + TEN_YEARS))
    noticed = after(now, months=1)
    sweep(noticed)
    assert db.session.scalar(select(Campaign.closed_at)) == noticed


# --- half-way, and twice ------------------------------------------------------------------------------------------


def test_who_comes_later_goes_on_where_another_was_stopped(closed: Site, now: datetime) -> None:
    over = after(now)
    keep_house(over)
    for _ in range(3):
        purge_some(over)
    session = db.session()
    purge_step(session, closed.campaign.id, now=over)
    session.rollback()
    before = numbers(closed, now)
    with transaction() as session:
        assert reconcile(session) == 0
    assert len([row for row in rows("confirmed") if row.sealed is None]) == 4
    sweep(over)
    assert numbers(closed, now) == before
    assert audited() == [("purged_signatures", SLUG, "11 signatures, 6 months after 2026-11-23")]


def test_two_workers_at_once_do_each_step_once(closed: Site, any_app: Flask, now: datetime) -> None:
    over, start, errors = after(now), threading.Barrier(3), list[Exception]()

    def work() -> None:
        with any_app.app_context():
            try:
                start.wait()
                sweep(over)
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert audited() == [("purged_signatures", SLUG, "11 signatures, 6 months after 2026-11-23")]
    found = purge_row()
    assert found is not None
    assert found.signatures == 11


def test_what_is_put_back_into_the_count_meanwhile_is_erased_too(closed: Site, now: datetime) -> None:
    """Those that count nowhere go first, so there is nothing to put back once confirmed ones are being erased."""
    over = after(now)
    keep_house(over)
    purge_some(over)
    assert rows("invalidated") == []


# --- never again --------------------------------------------------------------------------------------------------


@pytest.fixture
def seeds(now: datetime) -> Callable[[str], SeedSite]:
    site = SiteFile(languages=["en", "fa"], name={"en": "x"}, tagline={"en": "x"})

    def with_state(state: str) -> SeedSite:
        about = CampaignFile.model_validate({"kind": "petition", "state": state, "position": 1, "retention_months": 3})
        return SeedSite(site, (SeedCampaign(SLUG, about, {}, {}, {}, None),))

    return with_state


def test_a_purged_campaign_cannot_be_opened_again(
    closed: Site, now: datetime, seeds: Callable[[str], SeedSite]
) -> None:
    over = after(now)
    keep_house(over)
    with pytest.raises(Refused, match="cannot be opened again"), transaction() as session:
        plant(session, seeds("open"), now=over)
    assert db.session.scalar(select(Campaign.state)) == "closed"
    with transaction() as session:
        plant(session, seeds("draft"), now=over)


def test_who_opens_it_past_the_desk_gets_no_second_signature(closed: Site, keyring: Keyring, now: datetime) -> None:
    sweep(after(now))
    with transaction() as session:
        session.execute(update(Campaign).values(state="open"))
    with pytest.raises(Refused):
        sign(closed, keyring, now, BOB)
    assert db.session.scalar(select(func.count()).where(Signature.state == "pending")) == 0


def test_seeds_say_how_long_and_note_since_when(
    any_site: Site, now: datetime, seeds: Callable[[str], SeedSite]
) -> None:
    steps = [("open", 0, None), ("closed", 1, 1), ("closed", 2, 1), ("draft", 3, 1), ("open", 4, None), ("draft", 5, 5)]
    for state, day, since in steps:
        with transaction() as session:
            plant(session, seeds(state), now=now + timedelta(days=day))
        campaign = db.session.scalars(select(Campaign).execution_options(populate_existing=True)).one()
        assert campaign.retention_months == 3
        assert campaign.closed_at == (None if since is None else now + timedelta(days=since))


# --- what is said beforehand ---------------------------------------------------------------------------------------


def test_organizers_are_warned_thirty_days_ahead(closed: Site, now: datetime) -> None:
    over = after(now)
    (kept,) = retentions(db.session())
    assert (kept.until, kept.months, kept.purged) == (over, 6, None)
    assert [kept.is_near(over - timedelta(days=days)) for days in (31, 30, 1, -1)] == [False, True, True, True]
    with transaction() as session:
        begin_purge(session, closed.campaign.id)
    (kept,) = retentions(db.session())
    assert not kept.is_near(over)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda start: start.year < 9000), st.integers(1, 120))
def test_months_later_is_the_same_day_or_the_last_of_its_month(start: datetime, months: int) -> None:
    later = months_after(start, months)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months
    assert later.time() == start.time()
    assert later.day == start.day or (later.day < start.day and (later + timedelta(days=1)).day == 1)
