"""`campaign doctor` on installations that are broken for real: it names what is wrong, why it matters, and what to do.

Each test begins with one that is well and breaks one thing.
"""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.engine import make_url

from campaign.audit.actions import record
from campaign.audit.models import AuditEntry
from campaign.core.clock import utc_now
from campaign.core.clock_mark import ClockMark, look_at_clock
from campaign.core.db import db, transaction
from campaign.doctor.clocks import examine_clock
from campaign.doctor.findings import Finding
from campaign.doctor.places import examine_places
from campaign.doctor.sqlite import file_system_of
from tests.databases import config_for, new_sqlite
from tests.integration.installation import Installation, only
from tests.smtp import Relay


def test_a_site_in_order_has_no_problem(well: Installation, relay: Relay) -> None:
    assert well.problems() == {}
    assert relay.messages == []


def test_the_same_on_postgresql(well_on_postgresql: Installation) -> None:
    assert well_on_postgresql.problems() == {}


def test_it_is_told_to_programs_too(well: Installation) -> None:
    shutil.rmtree(well.instance / "keys")
    result = well.run("doctor", "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [line["is_well"] for line in found].count(False) == 2
    assert all({"what", "why", "next_step"} < line.keys() for line in found)


def test_looking_changes_nothing(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").unlink()
    before = {path: path.read_bytes() for path in well.instance.rglob("*") if path.is_file()}
    for _ in range(2):
        assert "keys/tags.key is missing" in well.problems()
    assert {path: path.read_bytes() for path in well.instance.rglob("*") if path.is_file()} == before


def test_an_instance_that_cannot_be_written(well: Installation) -> None:
    well.settings["CAMPAIGN_SECRET_KEY"] = "x" * 32
    well.instance.chmod(0o500)
    what, next_step = next(iter(well.problems_of_ordinary_user().items()))
    assert what == f"no file can be made in the instance folder {well.instance}: Permission denied"
    assert "check CAMPAIGN_INSTANCE" in next_step
    well.instance.chmod(0o700)


def test_an_instance_that_is_no_folder(well: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    well.instance = tmp_path / "file"
    well.settings["CAMPAIGN_SECRET_KEY"] = "x" * 32
    assert f"no file can be made in the instance folder {tmp_path / 'file'}: Not a directory" in well.problems()


def test_an_empty_site(well: Installation, tmp_path: Path) -> None:
    shutil.copyfile(Path(make_url(new_sqlite(tmp_path)).database or ""), well.instance / "campaign.sqlite3")
    problems = well.problems()
    assert problems["campaigns: 0"] == "run `campaign seed PATH`"
    assert problems["organizers: 0"] == "run `campaign organizer add LOGIN`"
    assert problems["no key: signing is not open"] == "run `campaign keys new`"
    assert "no worker has ever run on this database" in problems


@pytest.mark.parametrize(
    ("settings", "said", "step"),
    [
        ({"CAMPAIGN_BASE_URL": "http://sign.example.org"}, "without encryption", "CAMPAIGN_BASE_URL=https://"),
        ({"CAMPAIGN_BIND": "0.0.0.0:8000"}, "http://0.0.0.0:8000, without encryption", "CAMPAIGN_BASE_URL=https://"),
        ({"CAMPAIGN_BASE_URL": "https://sign.example.org"}, "CAMPAIGN_TRUSTED_PROXIES is 0", "usually 1"),
        (
            {
                "CAMPAIGN_BASE_URL": "https://sign.example.org",
                "CAMPAIGN_TRUSTED_PROXIES": "1",
                "CAMPAIGN_MAIL_FROM": "a@b",
            },
            "mail is sent from a domain nobody can reach, b",
            "CAMPAIGN_MAIL_FROM",
        ),
    ],
)
def test_settings_that_do_not_fit_each_other(
    well: Installation, settings: dict[str, str], said: str, step: str
) -> None:
    well.settings |= settings
    found = [(what, next_step) for what, next_step in well.problems().items() if said in what]
    assert len(found) == 1
    assert step in found[0][1]


def test_a_site_behind_its_proxy_is_well(well: Installation) -> None:
    well.settings |= {"CAMPAIGN_BASE_URL": "https://sign.example.org", "CAMPAIGN_TRUSTED_PROXIES": "1"}
    assert well.problems() == {}


def test_an_audit_log_that_was_altered(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number == 1))
    what, next_step = only(well.problems())
    assert what == "entry 1 of the audit log is missing"
    assert "backup" in next_step


def test_an_audit_log_without_its_newest_entry(well: Installation, now: datetime) -> None:
    with well.database():
        with transaction() as session:
            newest = record(session, organizer_id=None, action="seeded_campaigns", subject="site", now=now).number
        with transaction() as session:
            session.execute(delete(AuditEntry).where(AuditEntry.number == newest))
    what, next_step = only(well.problems())
    assert what == f"entry {newest} of the audit log is missing"
    assert "backup" in next_step


def test_a_damaged_head_of_the_audit_log(well: Installation) -> None:
    (well.instance / "audit.head").write_text("", "ascii")
    what, next_step = only(well.problems())
    assert what == f"{well.instance / 'audit.head'} is damaged"
    assert "delete the file" in next_step


def test_a_clock_that_is_behind(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(ClockMark).values(seen_at=utc_now() + timedelta(days=1)))
    what, next_step = next(iter(well.problems().items()))
    assert what.startswith("this machine's clock is 23:59")
    assert "timedatectl" in next_step


def test_a_clock_that_has_jumped(well: Installation) -> None:
    with well.database(), transaction() as session:
        look_at_clock(session, now=utc_now() + timedelta(days=400))
        look_at_clock(session, now=utc_now())
    what, _ = only(well.problems())
    assert what.startswith("the clock has jumped; until ")


def clock_findings(site: Installation, now: datetime) -> list[Finding]:
    with site.database():
        return list(examine_clock(db.session(), now=now))


def test_a_clock_that_differs_from_that_of_the_database(well_on_postgresql: Installation) -> None:
    for ahead in (timedelta(hours=1), timedelta(days=-3650)):
        (finding,) = clock_findings(well_on_postgresql, utc_now() + ahead)
        assert "this machine's clock and that of PostgreSQL are" in finding.what
        assert "timedatectl" in finding.next_step


def test_a_disk_that_is_nearly_full(well: Installation) -> None:
    config = config_for(well.url, well.instance)
    found = [one for one in examine_places(config, least_free_bytes=1 << 60) if not one.is_well]
    assert [one.what.partition(",")[0] for one in found] == [f"the disk of {well.instance} is nearly full"]


def test_the_file_system_a_file_lies_on() -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/a\\040disk nfs4 rw 0 0\n\nbad\n"
    mounts += "tmpfs /mnt/a\\040disk/fast tmpfs rw 0 0\n"
    assert file_system_of(Path("/var/lib/x.sqlite3"), mounts) == "ext4"
    assert file_system_of(Path("/mnt/a disk/x.sqlite3"), mounts) == "nfs4"
    assert file_system_of(Path("/mnt/a disk/fast/x.sqlite3"), mounts) == "tmpfs"
    assert file_system_of(Path("/x"), "") == ""
