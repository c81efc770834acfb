"""Some months after a campaign closed its signatures name nobody any more, and every number stays what it was."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile
from campaign.exports.sealed_list import sealed_list_lines
from campaign.signing.actions import ask_for_links
from campaign.signing.purging import begin_purge, retentions, rows_to_erase
from campaign.signing.queries import public_names
from tests.factories import SLUG, Site, entry
from tests.purges import (
    ERASED,
    after,
    audited,
    is_untouched,
    numbers,
    purge_row,
    rows,
    set_state,
    sweep,
)
from tests.signers import letters, sign_and_confirm


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
