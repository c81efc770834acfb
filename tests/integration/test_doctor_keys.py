"""`campaign doctor` on keys that are lost, made anew or damaged, and on files others may read."""

import os

import pytest
from sqlalchemy import update

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.sealing.actions import create_epoch
from campaign.sealing.models import Epoch
from tests.integration.installation import Installation, only


@pytest.mark.parametrize("name", ["tags", "waiting"])
def test_a_key_that_is_missing(well: Installation, name: str) -> None:
    (well.instance / "keys" / f"{name}.key").unlink()
    what, next_step = only(well.problems())
    assert what == f"keys/{name}.key is missing"
    assert f"restore keys/{name}.key" in next_step
    assert "campaign keys adopt" in next_step


@pytest.mark.parametrize("name", ["tags", "waiting"])
def test_a_key_that_was_made_anew(well: Installation, name: str) -> None:
    (well.instance / "keys" / f"{name}.key").unlink()
    Keyring.load(well.instance)
    what, next_step = only(well.problems())
    assert what == f"keys/{name}.key is not the one this database was made with"
    assert f"restore keys/{name}.key" in next_step
    migrated = well.run("migrate")
    assert migrated.exit_code == 2
    assert f"keys/{name}.key is not the one" in migrated.stderr
    if name == "tags":
        # With another one everybody could sign a second time.
        assert well.run("serve").exit_code == 2
    assert well.run("keys", "adopt", typed="n\n").exit_code == 1
    assert what in well.problems()
    assert well.run("keys", "adopt", typed="y\n").exit_code == 0
    assert well.problems() == {}
    assert well.run("migrate").exit_code == 0


def test_a_key_that_is_damaged(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").write_text("abc")
    assert "the key file tags.key is damaged; restore it from its own backup" in well.problems()


def test_a_key_that_may_not_be_read(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").chmod(0)
    what, next_step = only(well.problems_of_ordinary_user())
    assert what == "the key file tags.key cannot be read: Permission denied; whose is it?"
    assert "owner" in next_step


@pytest.mark.parametrize(
    ("name", "mode", "step"),
    [("", 0o755, "chmod 700"), ("keys/tags.key", 0o640, "chmod 600"), ("campaign.sqlite3", 0o604, "chmod 600")],
)
def test_what_others_may_read(well: Installation, name: str, mode: int, step: str) -> None:
    (well.instance / name).chmod(mode)
    what, next_step = only(well.problems())
    assert what == f"others on this machine may get at {well.instance / name} (mode {mode:04o})"
    assert next_step == f"{step} {well.instance / name}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_user(well: Installation) -> None:
    os.chown(well.instance / "keys" / "tags.key", 65534, 65534)
    what, next_step = only(well.problems())
    assert what == f"{well.instance / 'keys' / 'tags.key'} belongs to another user than the instance folder"
    assert "chown" in next_step


def test_no_key_to_seal_to(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(Epoch).values(retired_at=utc_now()))
    assert well.problems() == {"no key: signing is not open": "run `campaign keys new`"}


def test_a_demo_put_to_real_use(well: Installation) -> None:
    with well.database(), transaction() as session:
        create_epoch(session, holder="demo", is_demo=True, now=utc_now())
    what, next_step = only(well.problems())
    assert what == "this is the database of a demo"
    assert "empty" in next_step
