"""What was taken back is written down without a name, never forgotten, and done again on what was older."""

import uuid
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from campaign.backup.erasure_list import read_list, write_list
from campaign.backup.making import make_backup
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.signing.erasures import ErasureEntry, all_erasures, replay_erasures
from campaign.signing.models import Signature
from campaign.signing.self_service import leave_updates, set_public_name, withdraw
from tests.factories import Site
from tests.signers import newest_letter, sign, sign_and_confirm


def entries(number: int) -> list[ErasureEntry]:
    return [ErasureEntry(uuid.uuid4(), uuid.uuid4(), "signature") for _ in range(number)]


def test_a_list_of_erasures_never_forgets(tmp_path: Path, now: datetime) -> None:
    path, first, second = tmp_path / "erasures.list", entries(3), entries(2)
    assert write_list(path, first, now=now) == 3
    assert write_list(path, [*first[:1], *second], now=now) == 5
    assert read_list(path).entries == {*first, *second}
    assert [file.name for file in tmp_path.iterdir()] == ["erasures.list"]


@pytest.mark.parametrize("change", ["cut", "word", "count", "title"])
def test_a_list_that_is_not_whole_is_refused_and_not_written_over(tmp_path: Path, now: datetime, change: str) -> None:
    path = tmp_path / "erasures.list"
    write_list(path, entries(3), now=now)
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    changed = {
        "cut": text[:-8],
        "word": text.replace("signature\n", "everything\n", 1),
        "count": "".join([*lines[:2], *lines[3:]]),
        "title": text.replace("campaign", "company", 1),
    }[change]
    path.write_text(changed)
    with pytest.raises(Refused, match="not a whole list"):
        write_list(path, entries(1), now=now)
    assert path.read_text() == changed


def test_what_is_taken_back_leaves_an_entry_that_names_nobody(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice", wants_updates=True)
    token = newest_letter(keyring).values["manage_token"]
    with transaction() as session:
        leave_updates(session, token=token, now=now)
        set_public_name(session, token=token, public_name=None, now=now)
        set_public_name(session, token=token, public_name="Alice A.", now=now)
        withdraw(session, token=token, now=now)
    found = all_erasures(db.session())
    assert sorted(entry.what for entry in found) == ["public_name", "signature", "updates"]
    assert len({entry.signature_id for entry in found}) == 1


def test_replaying_twice_changes_nothing_and_touches_nobody_else(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    for who in ("alice", "bob"):
        sign_and_confirm(any_site, keyring, now, f"{who}@example.org", public_name=who)
    ids = list(db.session.scalars(db.select(Signature.id).order_by(Signature.public_name)))
    db.session.rollback()
    entry = ErasureEntry(ids[0], ids[0], "signature")
    for replayed in (1, 0):
        with transaction() as session:
            assert replay_erasures(session, [entry]) == replayed
    rows = dict(db.session.execute(db.select(Signature.id, Signature.state)).all())
    assert rows == {ids[0]: "withdrawn", ids[1]: "confirmed"}


def test_a_copy_made_page_by_page_knows_what_happened_between_two_pages(
    app: Flask, site: Site, keyring: Keyring, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten people sign. After the first page of the copy all withdraw, and five sign again."""
    monkeypatch.setattr("campaign.backup.sqlite_copy._PAGE_ROWS", 3)
    people = [f"signer{number}@example.org" for number in range(10)]
    with app.app_context():
        for who in people:
            sign_and_confirm(site, keyring, now, who, public_name=who)
        tokens = [newest_letter(keyring, who).values["manage_token"] for who in people]
        before = set(db.session.scalars(db.select(Signature.id)))
        db.session.rollback()

        def between(_what: str) -> None:
            while tokens:
                with transaction() as session:
                    withdraw(session, token=tokens.pop(), now=now)
                if len(tokens) < 5:
                    sign(site, keyring, now, people[len(tokens)])

        made = make_backup(tmp_path, now=now, progress=between)
    with closing(sqlite3.connect(made.file)) as copy:
        rows = copy.execute("SELECT id, state, dedupe_tag, public_name, sealed FROM signature").fetchall()
        assert copy.execute("SELECT count(*) FROM erasure").fetchone() == (10,)
    found = {uuid.UUID(row[0]): row[1:] for row in rows}
    # Who signed again after withdrawing may have pushed the withdrawn row out of the copy, which says nothing more.
    assert {found[row] for row in before & found.keys()} == {("withdrawn", None, None, None)}
    assert {state for row, (state, *_) in found.items() if row not in before} <= {"pending"}
    assert made.file.read_bytes().count(b"signer") == 0
