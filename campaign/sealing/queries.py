"""What is known about keys: which one signatures are sealed to now, and what a holder needs to open an older one."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass

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


def fingerprint(public_key: bytes) -> str:
    """What people compare to see that a key is the one they mean: 128 bits of its SHA-256, in groups of four."""
    digest = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
