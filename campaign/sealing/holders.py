"""Who can open a key: adding somebody, removing somebody, and noting that somebody still can."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, NotFound, Refused
from campaign.sealing.actions import Share, share_row
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.trial_boxes import has_opened

# Opening a list tries each in turn, and each takes a second in a browser.
MOST_HOLDERS = 12


def add_holder(session: Session, epoch_id: uuid.UUID, share: Share, *, now: datetime) -> uuid.UUID:
    """Let one more person open what is sealed to this key, in use or not; the id of what they hold.

    Raises NotFound if there is no such key, Invalid if the share is none of ours or the name is taken, Refused if there
    are `MOST_HOLDERS`.
    """
    _locked(session, epoch_id)
    row, names = share_row(epoch_id, share, now=now), [held.holder.casefold() for held in _held(session, epoch_id)]
    if row.holder.casefold() in names:
        raise Invalid("there is a holder of this name already", field="holder")
    if len(names) >= MOST_HOLDERS:
        raise Refused(f"a key has at most {MOST_HOLDERS} holders")
    session.add(row)
    session.flush()
    return row.id


def remove_holder(session: Session, share_id: uuid.UUID, *, now: datetime) -> WrappedKey:
    """Forget what somebody's phrase unlocks; the row as it was. Who wrote down the key, or kept a copy, still has it.

    Raises NotFound if there is no such row, Refused if nobody, or for the key in use only one person without a paper
    copy, could open what is sealed to this key then.
    """
    row = session.get(WrappedKey, share_id)
    if row is None:
        raise NotFound("there is no such holder")
    epoch = _locked(session, row.epoch_id)
    left = [held for held in _held(session, row.epoch_id) if held.id != share_id]
    needed = 2 if epoch.retired_at is None and not epoch.is_demo else 1
    if len(left) + (epoch.paper_at is not None) < needed:
        raise Refused("too few would be left who can open this key; add a holder or make a paper copy first")
    session.delete(row)
    epoch.holder_left_at = now
    session.flush()
    return row


def note_paper(session: Session, epoch_id: uuid.UUID, content: bytes, *, now: datetime) -> None:
    """Somebody who can open this key has its paper copy in their hands. `content` is what was in its trial box.

    Raises NotFound, or Invalid if the content is another.
    """
    _opened(session, epoch_id, content).paper_at = now
    session.flush()


def note_tried(session: Session, share_id: uuid.UUID, content: bytes, *, key_id: uuid.UUID, now: datetime) -> None:
    """Note that a holder's phrase still opens that key. `content` is what was in the key's trial box.

    That a key was opened is proven by the content; with which phrase, the opener says. Raises NotFound, or Invalid if
    the content is another.
    """
    epoch, row = _opened(session, key_id, content), session.get(WrappedKey, share_id)
    if row is None or row.epoch_id != epoch.id:
        raise NotFound("there is no such holder")
    row.tried_at = now
    session.flush()


def _opened(session: Session, epoch_id: uuid.UUID, content: bytes) -> Epoch:
    epoch = _locked(session, epoch_id)
    if not has_opened(epoch, content):
        raise Invalid("this was not in the box", field="content")
    return epoch


def _locked(session: Session, epoch_id: uuid.UUID) -> Epoch:
    """The epoch, which nobody else changes until this transaction ends. Raises NotFound."""
    epoch = session.scalar(select(Epoch).where(Epoch.id == epoch_id).with_for_update())
    if epoch is None:
        raise NotFound("there is no such key")
    return epoch


def _held(session: Session, epoch_id: uuid.UUID) -> list[WrappedKey]:
    return list(session.scalars(select(WrappedKey).where(WrappedKey.epoch_id == epoch_id)))
