"""A restored database knows again what a backup cannot know: what was erased for its age, and what the log held."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.audit.chain import examine_chain
from campaign.audit.head import FILE_NAME, read_head
from campaign.audit.models import AuditEntry
from campaign.backup.erasure_list import read_list
from campaign.campaigns.hiding import hide
from campaign.campaigns.models import Campaign
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.signing import purging
from campaign.signing.erasures import purge_entry
from campaign.signing.models import Purge, Signature
from campaign.signing.purging import begin_purge, purge_step
from campaign.worker import keep_house, purge_some
from tests.databases import config_for
from tests.factories import SLUG, Site
from tests.reliability.operators import Operator
from tests.signers import sign, sign_and_confirm


@pytest.fixture
def operator(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, tmp_path: Path) -> Operator:
    """With a site on which five people have confirmed and one has not."""
    for number in range(5):
        sign_and_confirm(any_site, keyring, now, f"signer{number}@example.org", public_name=f"Person {number}")
    sign(any_site, keyring, now, "bob@example.org")
    db.session.remove()
    return Operator(tmp_path, tmp_path / "instance", db.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def purge(any_site: Site, now: datetime, monkeypatch: pytest.MonkeyPatch) -> "Purging":
    monkeypatch.setattr(purging, "ROWS_A_STEP", 2)
    return Purging(any_site, now)


class Purging:
    """What a worker does when the months of the campaign are over."""

    def __init__(self, site: Site, now: datetime) -> None:
        self._campaign, self._now = site.campaign.id, now

    def begin(self) -> None:
        with transaction() as session:
            session.execute(update(Campaign).values(state="closed", closed_at=self._now))
            begin_purge(session, self._campaign)

    def step(self) -> bool:
        with transaction() as session:
            return purge_step(session, self._campaign, now=self._now).is_last

    def finish(self) -> None:
        self.begin()
        while not self.step():
            pass


def on(operator: Operator) -> Flask:
    return create_app(config_for(operator.url, operator.instance))


def look(operator: Operator) -> tuple[list[tuple[str, bool, bool]], int | None, bool]:
    """State, and whether box and name are there, of every row; then how many a purge erased, and if it ended."""
    with on(operator).app_context():
        rows = db.session.execute(select(Signature.state, Signature.sealed, Signature.public_name)).all()
        found = db.session.scalar(select(Purge))
        shown = sorted((row[0], row[1] is not None, row[2] is not None) for row in rows)
        number, is_over = (found.signatures, found.ended_at is not None) if found else (None, False)
        db.session.remove()
        db.engine.dispose()
    return shown, number, is_over


@pytest.mark.parametrize("steps", [0, 2, 99])
def test_what_was_purged_after_the_backup_is_purged_again(
    operator: Operator, there: Operator, purge: Purging, any_site: Site, steps: int
) -> None:
    """Also if the purge was not yet over when the list was written, and though the backup has the campaign open."""
    operator.run("backup", operator.backups / "first")
    purge.begin()
    for _ in range(steps):
        if purge.step():
            break
    assert "knows 1 erasures" in operator.run("backup", "--erasures", operator.backups)[1]
    assert read_list(operator.backups / "erasures.list").entries == {purge_entry(any_site.campaign.id)}
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "Restored: 5 signatures, 5 of them confirmed." in said) == (0, True), said
    assert "sums were off by 0" in said
    assert look(there) == ([("confirmed", False, False)] * 5, 6, False)


@pytest.mark.parametrize("steps", [1, 3])
def test_what_was_half_done_in_the_backup_is_done(
    operator: Operator, there: Operator, purge: Purging, steps: int
) -> None:
    purge.begin()
    for _ in range(steps):
        purge.step()
    operator.run("backup", operator.backups / "first")
    assert there.run("restore", operator.backups / "first")[0] == 0
    assert look(there) == ([("confirmed", False, False)] * 5, 6, False)


def test_the_next_sweep_ends_it_and_nobody_can_sign_before(
    operator: Operator, there: Operator, purge: Purging, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    operator.run("backup", operator.backups / "first")
    purge.finish()
    operator.run("backup", "--erasures", operator.backups)
    there.run("restore", operator.backups / "first")
    with on(there).app_context():
        with pytest.raises(Refused):
            sign(any_site, keyring, now, "dora@example.org")
        later = now + timedelta(days=400)
        with transaction() as session:
            session.add(ClockMark(id=1, seen_at=later, doubted_since=None, first_seen_at=None))
        keep_house(later)
        while purge_some(later) is not None:
            pass
        assert [each.action for each in db.session.scalars(select(AuditEntry).order_by(AuditEntry.number))] == [
            "restored_backup",
            "purged_signatures",
        ]
        db.session.remove()
        db.engine.dispose()
    assert look(there)[1:] == (6, True)


def test_a_list_that_does_not_know_of_the_purge_is_too_old(operator: Operator, there: Operator, purge: Purging) -> None:
    operator.run("backup", "--erasures", operator.backups)
    old_list = operator.folder / "old.list"
    shutil.copyfile(operator.backups / "erasures.list", old_list)
    purge.finish()
    operator.run("backup", operator.backups / "first")
    code, said = there.run("restore", operator.backups / "first", "--erasures", old_list)
    assert (code, "older than the backup" in said) == (1, True)


def test_a_site_that_never_heard_of_the_campaign_takes_the_list(
    operator: Operator, there: Operator, purge: Purging, any_site: Site
) -> None:
    """It was made, signed and purged after the backup."""
    operator.run("backup", operator.backups / "first")
    path = operator.backups / "erasures.list"
    title, *_ = path.read_text("ascii").splitlines()
    unknown = "f" * 32
    path.write_text(f"{title}\n{unknown} {unknown} campaign\nend 1\n", "ascii")
    assert there.run("restore", operator.backups / "first")[0] == 0
    assert look(there)[1] is None


# --- the log --------------------------------------------------------------------------------------------------------


def test_a_restored_log_says_which_entries_are_lost_and_is_no_alarm(
    operator: Operator, there: Operator, now: datetime
) -> None:
    """On the machine that had written down newer ones."""
    _record("one", now)
    operator.run("backup", operator.backups / "first")
    _record("two", now)
    _record("three", now)
    shutil.copyfile(operator.instance / FILE_NAME, there.instance / FILE_NAME)
    assert there.run("restore", operator.backups / "first")[0] == 0
    place = there.instance / FILE_NAME
    with on(there).app_context():
        chain = examine_chain(db.session(), place)
        entry = db.session.get_one(AuditEntry, 2)
        said = (entry.action, entry.subject, entry.why)
        db.session.remove()
        db.engine.dispose()
    assert (chain.broken, chain.newest.number, chain.written_down) == (None, 2, 2)
    assert said == ("restored_backup", "site", "entries 2 to 3 were not in the backup")


def test_a_restore_that_fails_leaves_the_head_as_it_was_or_can_be_done_again(
    operator: Operator, there: Operator, now: datetime
) -> None:
    _record("one", now)
    operator.run("backup", operator.backups / "first")
    (operator.backups / "bad").write_bytes((operator.backups / "first").read_bytes()[:5000])
    shutil.copyfile(operator.instance / FILE_NAME, there.instance / FILE_NAME)
    assert there.run("restore", operator.backups / "bad")[0] == 1
    assert read_head(there.instance / FILE_NAME) == read_head(operator.instance / FILE_NAME)


def _record(action: str, now: datetime) -> None:
    with transaction() as session:
        record(session, organizer_id=None, action=action, subject=SLUG, now=now)


def hide_it(site: Site, now: datetime) -> None:
    with transaction() as session:
        hide(session, site.campaign.id, organizer_id=None, why="danger", now=now)


def is_hidden(operator: Operator) -> bool:
    with create_app(config_for(operator.url, operator.instance)).app_context():
        hidden = db.session.scalars(select(Campaign.hidden_at)).one() is not None
        db.session.remove()
        db.engine.dispose()
        return hidden


def test_what_was_hidden_after_the_backup_is_hidden_again(
    operator: Operator, there: Operator, any_site: Site, now: datetime
) -> None:
    operator.run("backup", operator.backups / "first")
    hide_it(any_site, now)
    operator.run("backup", "--erasures", operator.backups)
    code, said = there.run("restore", operator.backups / "first")
    assert (code, "1 erasures were done again" in said) == (0, True), said
    assert is_hidden(there)


def test_what_was_never_hidden_is_shown(operator: Operator, there: Operator) -> None:
    operator.run("backup", operator.backups / "first")
    assert there.run("restore", operator.backups / "first")[0] == 0
    assert not is_hidden(there)
