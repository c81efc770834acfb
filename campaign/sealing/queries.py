"""What is known about keys: which one signatures are sealed to now, and what a holder needs to open an older one."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import Wrapped


@dataclass(frozen=True, slots=True)
class OpenEpoch:
    """The epoch that signatures are sealed to."""

    id: uuid.UUID
    public_key: bytes


@dataclass(frozen=True, slots=True)
class HeldKey:
    """The secret half of an epoch as one holder can open it."""

    holder: str
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """An epoch and everybody who can open what is sealed to it."""

    id: uuid.UUID
    public_key: bytes
    holders: list[HeldKey]


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who can open a key. `kind` is `phrase` or `file`; what was not written down at the time is None.

    `is_reminded`: an address is kept to which a letter goes once a month (see `reminders.py`).
    """

    id: uuid.UUID
    name: str
    kind: str
    wrapped: Wrapped
    added_at: datetime | None
    tried_at: datetime | None
    is_reminded: bool


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as the desk shows it, with everybody who can open it, by name."""

    id: uuid.UUID
    public_key: bytes
    created_at: datetime
    retired_at: datetime | None
    paper_at: datetime | None
    holder_left_at: datetime | None
    test_box: bytes | None
    holders: tuple[Holder, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    @property
    def is_safe_from_loss(self) -> bool:
        """Whether lists open even after one phrase is lost: two holders, or one and a paper copy."""
        return len(self.holders) + (self.paper_at is not None) >= 2


def current_epoch(session: Session, *, is_demo: bool) -> OpenEpoch | None:
    """The epoch not yet retired, or None: then nothing may be signed. A demo's key never stands in for a real one."""
    row = session.execute(
        select(Epoch.id, Epoch.public_key)
        .where(Epoch.retired_at.is_(None), Epoch.is_demo.is_(is_demo))
        .order_by(Epoch.created_at.desc(), Epoch.id)
        .limit(1)
    ).first()
    return None if row is None else OpenEpoch(row.id, row.public_key)


def has_demo_epoch(session: Session) -> bool:
    """Whether the demo has ever run on this database."""
    return session.scalar(select(Epoch.id).where(Epoch.is_demo).limit(1)) is not None


def epoch_keys(session: Session, epoch_ids: Collection[uuid.UUID]) -> list[EpochKeys]:
    """These epochs with their wrapped keys, oldest first."""
    epochs = session.execute(
        select(Epoch.id, Epoch.public_key).where(Epoch.id.in_(epoch_ids)).order_by(Epoch.created_at, Epoch.id)
    )
    keys = {epoch_id: EpochKeys(epoch_id, public_key, []) for epoch_id, public_key in epochs}
    held = session.scalars(
        select(WrappedKey).where(WrappedKey.epoch_id.in_(epoch_ids)).order_by(WrappedKey.holder, WrappedKey.id)
    )
    for row in held:
        wrapped = Wrapped(row.salt, row.opslimit, row.memlimit_bytes, row.nonce, row.ciphertext)
        keys[row.epoch_id].holders.append(HeldKey(row.holder, wrapped))
    return list(keys.values())


def endorsements(session: Session, *, is_demo: bool) -> list[tuple[bytes, bytes | None]]:
    """Every public key with what endorses it (see `pin.py`)."""
    rows = session.execute(select(Epoch.public_key, Epoch.endorsement).where(Epoch.is_demo.is_(is_demo)))
    return [(row.public_key, row.endorsement) for row in rows]


def all_keys(session: Session, *, is_demo: bool) -> list[KeyView]:
    """Every key of the site, or of its demo: the one in use first, then the newest."""
    epochs = session.scalars(
        select(Epoch)
        .where(Epoch.is_demo.is_(is_demo))
        .order_by(Epoch.retired_at.is_not(None), Epoch.created_at.desc(), Epoch.id)
    )
    held: dict[uuid.UUID, list[Holder]] = {}
    for row in session.scalars(select(WrappedKey).order_by(WrappedKey.holder, WrappedKey.id)):
        wrapped = Wrapped(row.salt, row.opslimit, row.memlimit_bytes, row.nonce, row.ciphertext)
        is_reminded = row.reminder is not None
        holder = Holder(row.id, row.holder, row.kind, wrapped, row.added_at, row.tried_at, is_reminded)
        held.setdefault(row.epoch_id, []).append(holder)
    return [
        KeyView(
            id=epoch.id,
            public_key=epoch.public_key,
            created_at=epoch.created_at,
            retired_at=epoch.retired_at,
            paper_at=epoch.paper_at,
            holder_left_at=epoch.holder_left_at,
            test_box=epoch.test_box,
            holders=tuple(held.get(epoch.id, ())),
        )
        for epoch in epochs
    ]


def fingerprint(public_key: bytes) -> str:
    """What people compare to see that a key is the one they mean: 128 bits of its SHA-256, in groups of four."""
    digest = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
