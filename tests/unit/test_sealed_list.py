"""The list that organizers download holds every confirmed signature once, and its reader notices what is amiss."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.core.db import Base, new_engine
from campaign.core.errors import NotFound, SealingError
from campaign.exports import confirmed_rows
from campaign.exports.decrypt import decrypt_list
from campaign.exports.sealed_list import sealed_list_lines
from campaign.exports.sealed_list_reader import read_header
from campaign.sealing.actions import NewEpoch, create_epoch
from campaign.sealing.boxes import seal
from campaign.sealing.models import Epoch
from campaign.sealing.queries import current_epoch
from campaign.signing.models import Signature
from tests.sealed_lists import read_list

NOW = datetime(2026, 11, 22, 18, 42, 7, tzinfo=UTC)
HOUR = datetime(2026, 11, 22, 18, tzinfo=UTC)
CAMPAIGN = uuid.UUID(int=7)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = new_engine(f"sqlite:///{tmp_path}/site.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        campaign = Campaign(id=CAMPAIGN, slug="free-her", kind="petition", state="open", position=1)
        session.add(campaign)
        session.commit()
        yield session
    engine.dispose()


def add_signatures(session: Session, count: int, *, state: str = "confirmed", name: str | None = None) -> None:
    epoch = current_epoch(session, is_demo=False)
    assert epoch is not None
    for number in range(count):
        row_id = uuid.uuid4()
        fields = {"campaign": "free-her", "signature": row_id.hex, "name": f"Name {number}", "email": "a@example.org"}
        session.add(
            Signature(
                id=row_id,
                campaign_id=CAMPAIGN,
                state=state,
                signed_hour=HOUR,
                confirmed_hour=HOUR if state == "confirmed" else None,
                epoch_id=epoch.id,
                sealed=seal(epoch.public_key, fields),
                language="fa",
                text_version=1,
                source="ally:peace",
                wants_updates=True,
                public_name=name,
            )
        )
    session.commit()


@pytest.fixture
def epoch(session: Session) -> NewEpoch:
    new = create_epoch(session, holder="Alice", is_demo=False, now=NOW)
    session.commit()
    return new


def listed(session: Session) -> list[bytes]:
    return list(sealed_list_lines(session, CAMPAIGN, now=NOW))


def test_a_list_has_a_header_the_confirmed_rows_and_an_end(session: Session, epoch: NewEpoch) -> None:
    add_signatures(session, 2, name="زن، زندگی")
    add_signatures(session, 1, state="pending")
    header, *rows, end = (json.loads(line) for line in listed(session))
    assert {key: header[key] for key in ("format", "campaign", "made_at")} == {
        "format": "campaign-sealed-list/1",
        "campaign": "free-her",
        "made_at": "2026-11-22T18:00Z",
    }
    assert [one["id"] for one in header["epochs"]] == [epoch.epoch_id.hex]
    held = {"holder", "salt", "opslimit", "memlimit_bytes", "nonce", "ciphertext"}
    assert set(header["epochs"][0]["holders"][0]) == held
    assert end == {"end": True, "rows": 2}
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    rest = {key: rows[0][key] for key in ("epoch", "language", "confirmed_hour", "source", "updates", "public_name")}
    assert rest == {
        "epoch": epoch.epoch_id.hex,
        "language": "fa",
        "confirmed_hour": "2026-11-22T18:00Z",
        "source": "ally:peace",
        "updates": True,
        "public_name": "زن، زندگی",
    }


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_pages_join_without_a_row_lost_or_doubled(
    session: Session, epoch: NewEpoch, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmed_rows, "PAGE_ROWS", 2)
    add_signatures(session, count)
    assert len(read_list(listed(session))) == count


def test_a_list_brings_no_keys_but_those_it_needs(
    session: Session, epoch: NewEpoch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmed_rows, "PAGE_ROWS", 2)
    add_signatures(session, 3)
    session.execute(update(Epoch).values(retired_at=NOW))
    newer = create_epoch(session, holder="Alice", is_demo=False, now=NOW)
    session.commit()
    assert [one["id"] for one in json.loads(listed(session)[0])["epochs"]] == [epoch.epoch_id.hex]
    add_signatures(session, 1)
    used = {one["id"] for one in json.loads(listed(session)[0])["epochs"]}
    assert used == {epoch.epoch_id.hex, newer.epoch_id.hex}


@pytest.mark.parametrize("sent", [0, 1, 2])
def test_a_download_in_progress_keeps_nobody_from_signing(session: Session, epoch: NewEpoch, sent: int) -> None:
    add_signatures(session, 3)
    lines = sealed_list_lines(session, CAMPAIGN, now=NOW)
    for _ in range(sent):
        next(lines)
    with Session(session.get_bind()) as signer:
        signer.execute(text("PRAGMA busy_timeout = 0"))
        add_signatures(signer, 1)
    assert len(list(lines)) >= 3


def test_a_list_of_no_campaign_is_refused_before_anything_is_sent(session: Session) -> None:
    with pytest.raises(NotFound):
        sealed_list_lines(session, uuid.uuid4(), now=NOW)


def test_a_confirmed_row_without_a_box_is_listed_and_read_as_damaged(session: Session, epoch: NewEpoch) -> None:
    add_signatures(session, 2)
    session.execute(text("UPDATE signature SET sealed = NULL WHERE id = (SELECT min(id) FROM signature)"))
    session.commit()
    damaged, whole = read_list(listed(session)).values()
    assert damaged is None
    assert whole is not None


def test_what_the_database_sealed_the_phrase_opens(session: Session, epoch: NewEpoch, tmp_path: Path) -> None:
    add_signatures(session, 3)
    source, out = tmp_path / "list.jsonl", tmp_path / "list.csv"
    source.write_bytes(b"".join(listed(session)))
    result = decrypt_list(source, out, phrase=epoch.phrase, progress=lambda _done: None)
    assert (result.rows, result.problems, result.locked_epochs) == (3, [], [])
    names = {line.split(",")[0] for line in out.read_text("utf-8-sig").splitlines()[1:]}
    assert names == {"Name 0", "Name 1", "Name 2"}


@pytest.mark.parametrize("first", [b"", b"\n", b"PK\x03\x04", b"[]\n", b"{}\n", b"<!doctype html>\n"])
def test_another_kind_of_file_is_refused(first: bytes) -> None:
    with pytest.raises(SealingError, match="not a sealed list"):
        read_header(first)


def test_a_later_format_is_refused_as_such() -> None:
    with pytest.raises(SealingError, match="of a format"):
        read_header(b'{"format":"campaign-sealed-list/2"}\n')


@pytest.mark.parametrize(
    "damage",
    [
        {"campaign": None},
        {"epochs": 1},
        {"epochs": [1]},
        {"epochs": [{"id": 5}]},
        {"epochs": [{"id": "00" * 16, "public_key": "?", "holders": []}]},
        {"epochs": [{"id": "00" * 16, "public_key": "", "holders": [{"holder": "A", "salt": "", "opslimit": 1.5}]}]},
    ],
)
def test_a_damaged_header_is_refused(damage: dict[str, object]) -> None:
    header = {"format": "campaign-sealed-list/1", "campaign": "c", "made_at": "x", "epochs": []} | damage
    with pytest.raises(SealingError, match="first line is damaged"):
        read_header(json.dumps(header).encode())
