"""What goes with the signatures of a campaign: `campaign purge` names all of it first, and nothing of it comes back."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, update

from campaign.campaigns.models import Campaign
from campaign.cli import main
from campaign.conversation.contents import Statement
from campaign.conversation.endorsements import ask_to_endorse, confirm_endorsement, enter_endorsement
from campaign.conversation.models import Submission
from campaign.core.clock import hour_of, utc_now
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from campaign.paper.actions import approve, correct_sheets, enter_sheets
from campaign.paper.importing import add_rows, end_import, start_import
from campaign.paper.models import PaperBatch, PaperRow, PaperScan
from campaign.paper.scans import BLOCK_BYTES, keep_scan
from campaign.signing.canonical_email import read_email
from campaign.signing.models import Signature
from campaign.signing.purged import SignaturesErased
from campaign.signing.purging import begin_purge
from campaign.worker import begin_due_purges
from tests.factories import SLUG, Site
from tests.integration.test_conversation import say
from tests.paper_batches import EDDA, MONA, OLGA, bring, deed, do, enter, sheets, typed
from tests.signers import newest_letter, sign, sign_and_confirm

STATEMENT = Statement("Bakers' Guild", "DE", "", "", "en")
SCAN = bytes(BLOCK_BYTES + 48)


@pytest.fixture
def purge(database_url: str, instance: Path, any_app: Flask) -> Iterator[Callable[..., str]]:
    """The command on the site of this test; what it says."""
    environ = {"CAMPAIGN_DATABASE_URL": database_url, "CAMPAIGN_INSTANCE": str(instance)}

    def run(*arguments: str) -> str:
        done = CliRunner(env=environ).invoke(main, ["purge", *arguments])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    with patch("campaign.cli.purging.create_app", return_value=any_app):
        yield run


def trust_clock() -> None:
    with transaction() as session:
        session.merge(ClockMark(id=1, seen_at=utc_now(), doubted_since=None, first_seen_at=None))


def everything_of(site: Site, keyring: Keyring, signed_at: datetime) -> None:
    """A message, an endorsement that waits; batches of sheets with a scan, and rows, entered now."""
    now = utc_now()
    say(site, keyring, signed_at)
    with transaction() as session:
        ask_to_endorse(
            session,
            campaign=site.campaign,
            statement=STATEMENT,
            email=read_email("union@example.org"),
            keyring=keyring,
            now=now,
            mail_at=now,
        )
    sheets_of_mona, _ = enter(site, now), enter(site, now)
    bring(site, keyring, now, "bob@example.org", "charlie@example.org")
    with transaction() as session:
        keep_scan(session, deed(site, MONA, now), sheets_of_mona, SCAN, epoch=site.epoch)
    do(approve, site, EDDA, now, sheets_of_mona, revision=2)


def held() -> tuple[int, ...]:
    """How many sealed signatures, things sent in, places, scans and rows there are."""
    db.session.rollback()
    counts = (
        select(func.count()).where(Signature.sealed.is_not(None)),
        select(func.count()).select_from(Submission),
        select(func.count()).where(PaperBatch.details.is_not(None)),
        select(func.count()).select_from(PaperScan),
        select(func.count()).select_from(PaperRow),
    )
    found = tuple(db.session.scalar(count) or 0 for count in counts)
    db.session.rollback()
    return found


def close(closed_at: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=closed_at))


def test_a_dry_run_names_all_that_goes_with_the_signatures_and_changes_nothing(
    purge: Callable[..., str], any_site: Site, keyring: Keyring
) -> None:
    closed_at = utc_now() - timedelta(days=214)
    everything_of(any_site, keyring, closed_at - timedelta(days=1))
    close(closed_at)
    trust_clock()
    before = held()
    said = purge("--dry-run")
    besides = (
        "1 message, 1 endorsement that nobody approved, 3 paper batches' places and collectors, 1 scan of sheets, "
        "2 rows from paper that do not count yet"
    )
    assert f"{SLUG}: {besides} would go as well\n" in said
    assert held() == before == (1, 2, 3, 1, 2)
    assert f"{SLUG}: {besides} went as well.\n" in purge()
    assert held() == (0, 0, 0, 0, 0)
    assert "as well" not in purge("--dry-run")


def test_paper_whose_own_time_is_over_is_named_in_a_campaign_that_is_open(
    purge: Callable[..., str], any_site: Site, keyring: Keyring
) -> None:
    """And what stays in it is not: neither messages nor what was entered lately."""
    now = utc_now()
    everything_of(any_site, keyring, now)
    approved, waiting = enter(any_site, now), bring(any_site, keyring, now, "dora@example.org")
    do(approve, any_site, EDDA, now, approved, revision=1)
    with transaction() as session:
        old = now - timedelta(days=32)
        aged = update(PaperBatch).where(PaperBatch.number.in_([approved, waiting]), PaperBatch.approved_hour.is_(None))
        session.execute(aged.values(entered_at=old))
        session.execute(update(PaperBatch).where(PaperBatch.number == approved).values(approved_hour=hour_of(old)))
    trust_clock()
    words = "2 paper batches' places and collectors, 1 row from paper that does not count yet"
    assert f"{SLUG}: {words} would go as well\n" in purge("--dry-run")
    assert f"{SLUG}: {words} went as well.\n" in purge()
    assert held() == (1, 2, 3, 1, 2)


def test_what_was_signed_lately_is_not_said_to_go_though_the_campaign_seems_to_have_closed_long_ago(
    purge: Callable[..., str], any_site: Site, keyring: Keyring
) -> None:
    everything_of(any_site, keyring, utc_now() - timedelta(days=5))
    close(utc_now() - timedelta(days=214))
    trust_clock()
    before, said = held(), purge("--dry-run")
    assert f"{SLUG}: 1 signatures are kept, for somebody confirmed less than 6 months ago (closed" in said
    assert "would go as well" not in said
    purge()
    assert held() == before


def test_nothing_about_people_is_stored_once_the_purge_has_begun(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """Not even if the state says that it is open, as a restored backup can have it."""
    waiting, rows = enter(any_site, now), bring(any_site, keyring, now, "bob@example.org")
    by_olga, olga = deed(any_site, OLGA, now), any_site.epoch
    with transaction() as session:
        upload = start_import(session, by_olga, sheets(1), epoch=olga)
        login = add_organizer(session, login="mona", password="correct horse battery", role="moderator", now=now)
    with transaction() as session:
        begin_purge(session, any_site.campaign.id)
    before = held()
    row = typed(any_site, "dora@example.org")
    common = {"keyring": keyring, "now": now}
    attempts: list[Callable[..., object]] = [
        lambda session: enter_sheets(session, by_olga, sheets(3), epoch=olga),
        lambda session: correct_sheets(session, deed(any_site, MONA, now), waiting, sheets(3), epoch=olga),
        lambda session: start_import(session, by_olga, sheets(1), epoch=olga),
        lambda session: add_rows(session, by_olga, upload.number, [row], epoch=olga, keyring=keyring),
        lambda session: end_import(session, by_olga, upload.number),
        lambda session: keep_scan(session, deed(any_site, MONA, now), waiting, SCAN, epoch=olga),
        lambda session: approve(session, deed(any_site, EDDA, now), rows, revision=1),
        lambda session: enter_endorsement(
            session, campaign_id=any_site.campaign.id, statement=STATEMENT, organizer_id=login, **common
        ),
    ]
    for attempt in attempts:
        with pytest.raises(SignaturesErased), transaction() as session:
            attempt(session)
    with pytest.raises(Refused), transaction() as session:
        ask_to_endorse(
            session,
            campaign=any_site.campaign,
            statement=STATEMENT,
            email=read_email("u@example.org"),
            mail_at=now,
            **common,
        )
    with pytest.raises(Refused):
        sign(any_site, keyring, now, "erna@example.org")
    assert held() == before


def test_lines_that_wait_name_nobody_and_can_still_be_set_right_and_counted(
    any_app: Flask, any_site: Site, now: datetime
) -> None:
    waiting, by_mona = enter(any_site, now), deed(any_site, MONA, now)
    with transaction() as session:
        begin_purge(session, any_site.campaign.id)
    unnamed = sheets(12)
    with transaction() as session:
        correct_sheets(
            session,
            by_mona,
            waiting,
            type(unnamed)(unnamed.signed_on, 12, "en", 1, "", ""),
            epoch=any_site.epoch,
        )
    do(approve, any_site, EDDA, now, waiting, revision=2)
    assert db.session.scalars(select(PaperBatch.counted)).all() == [12]


def test_a_contact_whose_endorsement_went_with_the_purge_has_a_bad_link(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """At once, not with the next sweep: what its link would confirm is no more."""
    sign_and_confirm(any_site, keyring, now)
    with transaction() as session:
        ask_to_endorse(
            session,
            campaign=any_site.campaign,
            statement=STATEMENT,
            email=read_email("union@example.org"),
            keyring=keyring,
            now=now,
            mail_at=now,
        )
    token = newest_letter(keyring, "union@example.org").values["endorse_token"]
    close(now)
    over = now + timedelta(days=200)
    with transaction() as session:
        session.merge(ClockMark(id=1, seen_at=over, doubted_since=None, first_seen_at=None))
    begin_due_purges(over)
    with pytest.raises(NotFound), transaction() as session:
        confirm_endorsement(session, token=token, now=now)
    assert held()[1] == 0
