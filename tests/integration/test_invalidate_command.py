"""`campaign invalidate`: whose ids a file names, all or none, and what it says and writes down."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.chain import examine_chain
from campaign.audit.models import AuditEntry
from campaign.audit.queries import downloads_of
from campaign.cli import main
from campaign.core.db import db
from campaign.core.keyring import Keyring
from campaign.counting.queries import signature_count
from campaign.signing.models import Signature
from tests.factories import SLUG, Site
from tests.signers import sign, sign_and_confirm

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, instance: Path, any_app: Flask) -> Iterator[Run]:
    """The command on the site of this test, which sees to it that its connections are closed afterwards."""
    environ = {"CAMPAIGN_DATABASE_URL": database_url, "CAMPAIGN_INSTANCE": str(instance)}

    def invoke(*arguments: str) -> Result:
        return CliRunner(env=environ).invoke(main, ["invalidate", *arguments])

    with patch("campaign.cli.invalidating.create_app", return_value=any_app):
        yield invoke


@pytest.fixture
def listed(any_site: Site, keyring: Keyring, now: datetime, tmp_path: Path) -> Path:
    """Alice has confirmed, Bob has not, Charlie is genuine. The file names Alice and Bob, as a spreadsheet saves it."""
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now, "bob@example.org")
    ids = [str(each) for each in db.session.scalars(select(Signature.id))]
    sign_and_confirm(any_site, keyring, now, "charlie@example.org")
    db.session.rollback()
    path = tmp_path / "false.csv"
    path.write_bytes("\r\n".join(["\ufeffsignature", *ids, ids[0].replace("-", "").upper(), ""]).encode())
    return path


def states() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Signature.state)))


def count(site: Site) -> int:
    db.session.rollback()
    return signature_count(db.session(), site.campaign.id)


def audited() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(entry.action, entry.subject, entry.why) for entry in db.session.scalars(select(AuditEntry))]


def test_it_says_and_writes_down_how_many_and_why(run: Run, listed: Path, any_site: Site) -> None:
    done = run(SLUG, str(listed), "--reason", "forged")
    said = "2 invalidated as forged (1 confirmed, 1 pending), 0 left as they were"
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{said}.\n", "")
    assert (states(), count(any_site)) == (["confirmed", "invalidated", "invalidated"], 1)
    assert audited() == [("invalidated_signatures", SLUG, said)]
    back = run(SLUG, str(listed), "--undo")
    said = "2 reinstated (1 confirmed, 1 pending), 0 left as they were"
    assert (back.exit_code, back.stdout) == (0, f"{said}.\n")
    assert (states(), count(any_site)) == (["confirmed", "confirmed", "pending"], 2)
    assert audited()[1:] == [("reinstated_signatures", SLUG, said)]
    assert examine_chain(db.session(), None).broken is None
    assert downloads_of(db.session(), SLUG) == [], "the desk would list it among the downloads"


def test_what_changes_nothing_is_not_written_down(run: Run, listed: Path) -> None:
    for _ in range(2):
        done = run(SLUG, str(listed), "--reason", "automated")
    assert done.stdout == "0 invalidated as automated (0 confirmed, 0 pending), 2 left as they were.\n"
    assert len(audited()) == 1


def test_a_dry_run_says_the_same_and_changes_nothing(run: Run, listed: Path, any_site: Site) -> None:
    done = run(SLUG, str(listed), "--reason", "duplicate", "--dry-run")
    assert done.exit_code == 0
    assert "Nothing was changed." in done.stdout
    assert "2 invalidated as duplicate (1 confirmed, 1 pending)" in done.stdout
    assert (states(), count(any_site), audited()) == (["confirmed", "confirmed", "pending"], 2, [])


def test_one_wrong_id_stops_all(run: Run, listed: Path, any_site: Site) -> None:
    listed.write_text(listed.read_text("utf-8") + "f" * 32, "utf-8")
    done = run(SLUG, str(listed), "--reason", "forged")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"campaign: 1 ids are no signatures of this campaign: {'f' * 32}; nothing was changed\n"
    assert (states(), count(any_site), audited()) == (["confirmed", "confirmed", "pending"], 2, [])


def test_a_name_in_the_file_is_not_repeated(run: Run, listed: Path) -> None:
    listed.write_text(f"{'0' * 32}\nAlice Appleton\n", "utf-8")
    done = run(SLUG, str(listed), "--reason", "forged")
    assert (done.exit_code, done.stderr) == (
        1,
        "campaign: line 2 of false.csv is not the id of a signature; nothing was changed\n",
    )


@pytest.mark.parametrize("content", [b"", b"signature\r\n", b"\xff\xfe\x00"])
def test_a_file_without_an_id_is_refused(run: Run, listed: Path, content: bytes) -> None:
    listed.write_bytes(content)
    done = run(SLUG, str(listed), "--reason", "forged")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "options", [[], ["--undo", "--reason", "forged"], ["--reason", "because"], ["--reason", "forged", "--force"]]
)
def test_misuse_is_said_before_anything_is_done(run: Run, listed: Path, options: list[str]) -> None:
    assert run(SLUG, str(listed), *options).exit_code == 2
    assert run(SLUG, str(listed.with_name("not-there")), "--reason", "forged").exit_code == 2
    assert "invalidated" not in states()


def test_an_unknown_campaign_is_refused(run: Run, listed: Path) -> None:
    done = run("no-such-campaign", str(listed), "--reason", "forged")
    assert (done.exit_code, done.stderr) == (1, "campaign: no such campaign\n")
    assert db.session.scalar(select(func.count()).where(Signature.state == "invalidated")) == 0
