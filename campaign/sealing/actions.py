"""Make the key that signatures are sealed to. The secret half leaves here only locked with a phrase shown once."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from campaign.core.errors import Refused
from campaign.core.text_rules import check_name
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import Wrapped, new_phrase, wrap
from campaign.sealing.queries import current_epoch, fingerprint


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A key made and not yet stored, and what its holder is shown, once. The phrase is kept nowhere."""

    epoch: Epoch = field(repr=False)
    wrapped: WrappedKey = field(repr=False)
    phrase: str = field(repr=False)

    @property
    def epoch_id(self) -> uuid.UUID:
        return self.epoch.id

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.epoch.public_key)


def make_epoch(*, holder: str, is_demo: bool, now: datetime) -> NewEpoch:
    """Make a key pair and a phrase; keep the public half and the wrapped secret half, forget the secret.

    Touches no database, so that the phrase can be written down before anything depends on it. Raises BadText if the
    holder has no proper name.
    """
    holder = check_name(holder)
    pair, phrase = new_key_pair(), new_phrase()
    epoch = Epoch(id=uuid.uuid4(), public_key=pair.public_key, is_demo=is_demo, created_at=now, retired_at=None)
    return NewEpoch(epoch, _wrapped_row(epoch.id, holder, wrap(pair.secret_key, phrase)), phrase)


def store_epoch(session: Session, new: NewEpoch) -> None:
    """Let signatures be sealed to this key from now on. Raises Refused if there is a key of its kind already."""
    if current_epoch(session, is_demo=new.epoch.is_demo) is not None:
        raise Refused("there is a key already; nothing was changed")
    session.add(new.epoch)
    # There is no relationship between the two tables to tell the session which row goes first.
    session.flush()
    session.add(new.wrapped)
    session.flush()


def create_epoch(session: Session, *, holder: str, is_demo: bool, now: datetime) -> NewEpoch:
    """Both at once, where nobody has to write anything down."""
    new = make_epoch(holder=holder, is_demo=is_demo, now=now)
    store_epoch(session, new)
    return new


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
