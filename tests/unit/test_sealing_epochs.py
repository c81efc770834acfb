"""There is one key at a time, its secret half is nowhere, and the demo's key never does for a real site."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.db import Base, new_engine
from campaign.core.errors import Invalid, Refused
from campaign.sealing.actions import create_epoch
from campaign.sealing.boxes import KeyPair
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import unwrap
from campaign.sealing.queries import current_epoch, epoch_keys, fingerprint

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = new_engine("sqlite://")
    Base.metadata.create_all(engine, [Epoch.__table__, WrappedKey.__table__])  # type: ignore[list-item]
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_without_a_key_there_is_nothing_to_seal_to(session: Session) -> None:
    assert current_epoch(session, is_demo=False) is None


def test_a_new_key_is_the_current_one_and_its_phrase_opens_it(session: Session) -> None:
    new = create_epoch(session, holder="Alice", is_demo=False, now=NOW)
    current = current_epoch(session, is_demo=False)
    assert current is not None
    assert current.id == new.epoch_id
    assert new.fingerprint == fingerprint(current.public_key)
    (keys,) = epoch_keys(session, [new.epoch_id])
    assert [held.holder for held in keys.holders] == ["Alice"]
    secret = unwrap(keys.holders[0].wrapped, new.phrase)
    assert KeyPair.of_secret(secret).public_key == keys.public_key == current.public_key


def test_neither_the_secret_nor_the_phrase_is_stored_or_shown(session: Session) -> None:
    new = create_epoch(session, holder="Alice", is_demo=False, now=NOW)
    (keys,) = epoch_keys(session, [new.epoch_id])
    secret = unwrap(keys.holders[0].wrapped, new.phrase)
    for table in (Epoch.__table__, WrappedKey.__table__):
        stored = [value for row in session.execute(select(table)) for value in row]
        assert secret not in b"|".join(value for value in stored if isinstance(value, bytes))
        assert not any(word in str(value) for value in stored for word in new.phrase.split() if len(word) > 4)
    assert new.phrase not in repr(new)


@pytest.mark.parametrize("is_demo", [True, False])
def test_a_second_key_of_the_same_kind_is_refused(session: Session, is_demo: bool) -> None:
    create_epoch(session, holder="Alice", is_demo=is_demo, now=NOW)
    with pytest.raises(Refused, match="there is a key already"):
        create_epoch(session, holder="Bob", is_demo=is_demo, now=NOW)


def test_a_real_key_and_the_one_of_the_demo_stand_side_by_side(session: Session) -> None:
    demo = create_epoch(session, holder="Demo", is_demo=True, now=NOW)
    real = create_epoch(session, holder="Alice", is_demo=False, now=NOW)
    for is_demo, made in ((True, demo), (False, real)):
        current = current_epoch(session, is_demo=is_demo)
        assert current is not None
        assert current.id == made.epoch_id


def test_a_key_has_a_holder_with_a_name(session: Session) -> None:
    with pytest.raises(Invalid):
        create_epoch(session, holder="  ", is_demo=False, now=NOW)


def test_keys_are_given_oldest_first_and_only_those_asked_for(session: Session) -> None:
    demo = create_epoch(session, holder="Demo", is_demo=True, now=NOW)
    real = create_epoch(session, holder="Alice", is_demo=False, now=NOW + timedelta(days=1))
    assert [keys.id for keys in epoch_keys(session, [real.epoch_id, demo.epoch_id])] == [demo.epoch_id, real.epoch_id]
    assert [keys.id for keys in epoch_keys(session, [demo.epoch_id, uuid.uuid4()])] == [demo.epoch_id]
    assert epoch_keys(session, []) == []


def test_a_fingerprint_is_half_a_sha256_in_groups_of_four() -> None:
    written = fingerprint(b"k" * 32)
    assert written.replace(" ", "") == hashlib.sha256(b"k" * 32).hexdigest()[:32]
    assert [len(group) for group in written.split(" ")] == [4] * 8
