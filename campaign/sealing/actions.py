"""Make the key that signatures are sealed to. The secret half leaves here only locked with a phrase shown once."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaign.core.errors import Refused
from campaign.core.text_rules import check_name
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import Wrapped, new_phrase, wrap
from campaign.sealing.queries import fingerprint


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """What the holder is shown, once. The phrase is kept nowhere."""

    epoch_id: uuid.UUID
    phrase: str = field(repr=False)
    fingerprint: str


def create_epoch(session: Session, *, holder: str, is_demo: bool, now: datetime) -> NewEpoch:
    """Make a key pair and a phrase, keep the public half and the wrapped secret half, forget the secret.

    A real key retires the demo's. Raises Refused if there is a key of this kind already, BadText if the holder has no
    proper name.
    """
    holder = check_name(holder)
    unretired = select(Epoch.id).where(Epoch.retired_at.is_(None), Epoch.is_demo.is_(is_demo)).limit(1)
    if session.scalar(unretired) is not None:
        raise Refused("there is a key already; rotate it to get a new one")
    if not is_demo:
        session.execute(update(Epoch).where(Epoch.retired_at.is_(None), Epoch.is_demo.is_(True)).values(retired_at=now))
    pair, phrase = new_key_pair(), new_phrase()
    epoch = Epoch(id=uuid.uuid4(), public_key=pair.public_key, is_demo=is_demo, created_at=now, retired_at=None)
    session.add(epoch)
    # There is no relationship between the two tables to tell the session which row goes first.
    session.flush()
    session.add(_wrapped_row(epoch.id, holder, wrap(pair.secret_key, phrase)))
    session.flush()
    return NewEpoch(epoch.id, phrase, fingerprint(pair.public_key))


def _wrapped_row(epoch_id: uuid.UUID, holder: str, wrapped: Wrapped) -> WrappedKey:
    return WrappedKey(
        epoch_id=epoch_id,
        holder=holder,
        salt=wrapped.salt,
        opslimit=wrapped.opslimit,
        memlimit_bytes=wrapped.memlimit_bytes,
        nonce=wrapped.nonce,
        ciphertext=wrapped.ciphertext,
    )
