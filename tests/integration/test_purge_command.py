"""`campaign purge`: what it would erase and why, what it erases, and that the log says so of every command."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after
from campaign.cli import main
from campaign.core.clock import utc_now
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.models import CampaignCount
from campaign.signing.models import Purge, Signature
from tests.factories import SLUG, Site
from tests.reliability.children import PYTHON
from tests.serving import environment
from tests.signers import sign, sign_and_confirm

Run = Callable[..., Result]
MODULES = ("purging", "content", "organizers", "sealing_keys", "tables")


@pytest.fixture
def run(database_url: str, instance: Path, any_app: Flask) -> Iterator[Run]:
    """A command on the site of this test, which sees to it that its connections are closed afterwards."""
    environ = {"CAMPAIGN_DATABASE_URL": database_url, "CAMPAIGN_INSTANCE": str(instance)}

    def invoke(*arguments: str, typed: str = "") -> Result:
        return CliRunner(env=environ).invoke(main, arguments, input=typed)

    patches = [patch(f"campaign.cli.{name}.create_app", return_value=any_app) for name in MODULES]
    for each in patches:
        each.start()
    yield invoke
    for each in patches:
        each.stop()


@pytest.fixture
def old(any_site: Site, keyring: Keyring) -> datetime:
    """A campaign that closed seven months ago, with three confirmed signatures and one that waits; since when."""
    closed_at = utc_now() - timedelta(days=214)
    for number in range(3):
        sign_and_confirm(any_site, keyring, closed_at - timedelta(days=3), f"signer{number}@example.org")
    sign(any_site, keyring, closed_at - timedelta(days=3), "bob@example.org")
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=closed_at))
    return closed_at


def trust_clock() -> None:
    with transaction() as session:
        session.merge(ClockMark(id=1, seen_at=utc_now(), doubted_since=None, first_seen_at=None))


def audited() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(each.action, each.subject, each.why) for each in db.session.scalars(select(AuditEntry))]


def sealed_rows() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Signature.id).where(Signature.sealed.is_not(None))).all())


def test_a_dry_run_says_what_would_go_and_why_and_changes_nothing(run: Run, old: datetime) -> None:
    trust_clock()
    done = run("purge", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (
        "Nothing was changed.\n"
        f"{SLUG}: 4 signatures would be erased (closed since {old:%Y-%m-%d}, kept for 6 months)\n"
        "1 signatures that nobody confirmed within 14 days would be erased.\n"
    )
    assert (sealed_rows(), audited()) == (4, [])
    assert db.session.scalar(select(Purge)) is None


def test_it_erases_and_writes_that_down(run: Run, old: datetime) -> None:
    trust_clock()
    done = run("purge")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "3 signatures were erased of a campaign whose time is over. They go on counting.\n"
        "1 signatures were erased that nobody confirmed within 14 days.\n"
    )
    assert sealed_rows() == 0
    why = f"3 signatures, 6 months after {old:%Y-%m-%d}"
    assert audited() == [("purged_signatures", SLUG, why)]
    again = run("purge", "--dry-run")
    assert f"{SLUG}: 3 signatures were erased on {utc_now():%Y-%m-%d}" in again.stdout
    assert run("purge").exit_code == 0
    assert len(audited()) == 1
    assert "off by 0" in run("reconcile").stdout


def test_what_is_open_or_not_old_enough_is_listed_with_its_day(run: Run, any_site: Site, keyring: Keyring) -> None:
    now = utc_now()
    sign_and_confirm(any_site, keyring, now)
    trust_clock()
    assert f"{SLUG}: open; 1 signatures are kept" in run("purge", "--dry-run").stdout
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=now))
    until = f"until {months_after(now, 6):%Y-%m-%d} (closed since {now:%Y-%m-%d}, kept for 6 months)"
    assert f"{SLUG}: 1 signatures are kept {until}" in run("purge", "--dry-run").stdout
    run("purge")
    assert (sealed_rows(), audited()) == (1, [])


@pytest.mark.parametrize("seen", [None, timedelta(days=-3652), timedelta(days=30)], ids=str)
def test_with_a_clock_in_doubt_nothing_is_erased(run: Run, old: datetime, seen: timedelta | None) -> None:
    """It was never looked at before, or it is ten years ahead of the last look, or a month behind."""
    if seen is not None:
        with transaction() as session:
            mark = ClockMark(id=1, seen_at=utc_now() + seen, doubted_since=None, first_seen_at=None)
            session.merge(mark)
    assert "The clock is in doubt" in run("purge", "--dry-run").stdout
    done = run("purge")
    assert (done.exit_code, "the clock is in doubt" in done.stderr) == (1, True)
    assert (sealed_rows(), audited()) == (4, [])


def test_a_purge_that_is_killed_is_finished_by_the_next(
    any_app: Flask, any_site: Site, keyring: Keyring, old: datetime, database_url: str, instance: Path
) -> None:
    """Killed in real processes, again and again; in the end each row was counted once."""
    _many_rows(600)
    trust_clock()
    for _ in range(20):
        environ = environment(instance, database_url)
        child = subprocess.Popen([*PYTHON, "-c", _KILL_ITSELF], env=environ, stderr=subprocess.DEVNULL)
        if child.wait() == 0:
            break
        assert child.returncode == -signal.SIGKILL
    else:
        pytest.fail("it never came to an end")
    assert sealed_rows() == 0
    (found,) = audited()
    assert found[2].startswith("603 signatures, ")


_KILL_ITSELF = """
import os, signal, sys
from unittest.mock import patch
from campaign.cli import main
from campaign.signing import purging, erasures
steps = 0
def step(session, statement, real=erasures.rows_changed):
    global steps
    steps += 1
    if steps == 2:
        real(session, statement)
        os.kill(os.getpid(), signal.SIGKILL)
    return real(session, statement)
purging.rows_changed = step
main(["purge"])
"""


def _many_rows(number: int) -> None:
    """Copies of one confirmed signature, without what has to be unique."""
    with transaction() as session:
        table = Signature.__table__
        row = session.execute(select(table).where(table.c.state == "confirmed").limit(1)).mappings().one()
        values = {name: value for name, value in row.items() if name not in ("id", "dedupe_tag")}
        session.execute(table.insert(), [values for _ in range(number)])


# --- the other commands ----------------------------------------------------------------------------------------------


def test_every_command_that_changes_something_is_in_the_log(run: Run, any_site: Site, keyring: Keyring) -> None:
    assert run("organizer", "add", "olga", "--role", "editor", "--password", "correct horse battery").exit_code == 0
    assert run("keys", "adopt", typed="y\n").exit_code == 0
    assert run("reconcile").exit_code == 0
    sign_and_confirm(any_site, keyring, utc_now())
    with transaction() as session:
        session.add(CampaignCount(campaign_id=any_site.campaign.id, signatures=5))
    assert run("reconcile").exit_code == 0
    seeds = run("seed")
    assert seeds.exit_code == 0
    assert run("seed").exit_code == 0
    assert audited() == [
        ("added_organizer", "olga", "editor"),
        ("adopted_keys", "site", ""),
        ("counted_again", "site", "the sums were off by 5"),
        ("seeded_campaigns", "site", seeds.stdout.strip().removesuffix(".")),
    ]


def test_a_command_that_is_refused_is_not(run: Run, any_site: Site) -> None:
    assert run("organizer", "add", "O", "--password", "correct horse battery").exit_code == 1
    assert run("keys", "adopt", typed="n\n").exit_code == 1
    assert run("keys", "new", "--holder", "Olga").exit_code == 1
    assert audited() == []
