"""Make the key that signatures are sealed to, and change it. The secret half leaves here only locked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, Refused
from campaign.core.text_rules import check_name
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.checks import check_public_key, check_wrapped
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import Wrapped, new_phrase, wrap
from campaign.sealing.queries import current_epoch, fingerprint
from campaign.sealing.reminders import move_reminders
from campaign.sealing.trial_boxes import add_trial_box

KINDS = ("phrase", "file")
_CHANGED = "somebody else has changed the key meanwhile; nothing was changed"


@dataclass(frozen=True, slots=True)
class Share:
    """A secret key locked for one holder, who keeps a phrase or a key file (`kind`)."""

    holder: str
    kind: str
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A key made and stored, and what its holder is shown, once. The phrase is kept nowhere."""

    epoch_id: uuid.UUID
    public_key: bytes
    phrase: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)


def store_epoch(
    session: Session,
    public_key: bytes,
    shares: Sequence[Share],
    *,
    is_demo: bool,
    has_paper: bool,
    replaces: uuid.UUID | None,
    now: datetime,
    endorsement: bytes | None = None,
) -> uuid.UUID:
    """Let signatures be sealed to this key from now on; its id. The key it replaces goes on opening what it sealed.

    Touches no secret, so the key may have been made anywhere. Raises Invalid if the key or a share is none of ours, two
    holders have one name, or the key was used before; and Refused if `replaces` is not the key in use, so that of two
    who change it at once one wins.
    """
    _check_new_key(session, public_key, shares)
    current = current_epoch(session, is_demo=is_demo)
    if (current.id if current else None) != replaces:
        raise Refused("there is a key already; nothing was changed" if replaces is None else _CHANGED)
    if replaces is not None and not _retired(session, replaces, now):
        raise Refused(_CHANGED)
    epoch = Epoch(id=uuid.uuid4(), public_key=public_key, is_demo=is_demo, created_at=now)
    epoch.paper_at, epoch.endorsement = now if has_paper else None, endorsement
    add_trial_box(epoch)
    try:
        session.add(epoch)
        # There is no relationship between the two tables to tell the session which row goes first.
        session.flush()
    except IntegrityError:
        raise Refused(_CHANGED) from None
    rows = [share_row(epoch.id, share, now=now) for share in shares]
    session.add_all(rows)
    if replaces is not None:
        move_reminders(session, replaces, rows)
    session.flush()
    return epoch.id


def create_epoch(session: Session, *, holder: str, is_demo: bool, now: datetime, has_paper: bool = False) -> NewEpoch:
    """A key pair for one holder, made and stored at once, where nobody has to write anything down."""
    pair, phrase = new_key_pair(), new_phrase()
    shares = [lock(pair, holder, phrase)]
    stored = store_epoch(session, pair.public_key, shares, is_demo=is_demo, has_paper=has_paper, replaces=None, now=now)
    return NewEpoch(stored, pair.public_key, phrase)


def lock(pair: KeyPair, holder: str, secret: str, *, kind: str = "phrase") -> Share:
    """Lock the secret half for a holder with their phrase, or their key file's secret. Takes a tenth of a second."""
    return Share(holder, kind, wrap(pair.secret_key, secret))


def share_row(epoch_id: uuid.UUID, share: Share, *, now: datetime) -> WrappedKey:
    """The row of a share. Raises Invalid if it is none of ours, or its holder has no proper name."""
    wrapped = check_wrapped(share.wrapped)
    if share.kind not in KINDS:
        raise Invalid("a holder keeps a phrase or a file", field="kind")
    return WrappedKey(
        id=uuid.uuid4(),
        epoch_id=epoch_id,
        holder=_name(share.holder),
        kind=share.kind,
        salt=wrapped.salt,
        opslimit=wrapped.opslimit,
        memlimit_bytes=wrapped.memlimit_bytes,
        nonce=wrapped.nonce,
        ciphertext=wrapped.ciphertext,
        added_at=now,
    )


def _check_new_key(session: Session, public_key: bytes, shares: Sequence[Share]) -> None:
    check_public_key(public_key)
    if len({_name(share.holder).casefold() for share in shares}) != len(shares):
        raise Invalid("two holders need two names", field="holder")
    if session.scalar(select(Epoch.id).where(Epoch.public_key == public_key)) is not None:
        raise Invalid("this key was used before", field="public_key")


def _retired(session: Session, epoch_id: uuid.UUID, now: datetime) -> bool:
    """Whether this transaction is the one that retires it: PostgreSQL lets a second one wait here, and find nothing."""
    in_use = update(Epoch).where(Epoch.id == epoch_id, Epoch.retired_at.is_(None))
    return bool(session.connection().execute(in_use.values(retired_at=now)).rowcount)


def _name(holder: str) -> str:
    try:
        return check_name(holder)
    except Invalid:
        raise Invalid("each holder needs a name", field="holder") from None
