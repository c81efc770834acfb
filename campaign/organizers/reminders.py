"""Where an organizer is written to when something of theirs wants looking after, if they like.

The address is sealed under `waiting.key`, as mail that waits is. Nobody is shown it again; it goes with the account.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.core.errors import SealingError
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.organizers.models import ReminderAddress
from campaign.organizers.queries import account
from campaign.organizers.roles import is_at_least

_BLOCK_BYTES = 512


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where to write, and in which language. It has no repr, for it holds an address."""

    email: str
    language: str


def set_address(session: Session, organizer_id: uuid.UUID, address: Address, *, key: bytes) -> None:
    """Write to this organizer there from now on, and nowhere else."""
    content = {"email": address.email, "language": address.language}
    forget_address(session, organizer_id)
    sealed = seal_waiting(key, content, block_bytes=_BLOCK_BYTES)
    session.add(ReminderAddress(organizer_id=organizer_id, sealed=sealed))
    session.flush()


def forget_address(session: Session, organizer_id: uuid.UUID) -> None:
    """Write to this organizer no more."""
    session.execute(delete(ReminderAddress).where(ReminderAddress.organizer_id == organizer_id))


def has_address(session: Session, organizer_id: uuid.UUID) -> bool:
    """Whether this organizer is written to."""
    query = select(ReminderAddress.organizer_id).where(ReminderAddress.organizer_id == organizer_id)
    return session.scalar(query) is not None


def address_of(session: Session, organizer_id: uuid.UUID, *, key: bytes) -> str | None:
    """Where this organizer is written to; None if nowhere, or if it was sealed under a key that is gone."""
    row = session.get(ReminderAddress, organizer_id)
    found = _opened(key, row.sealed) if row else None
    return found.email if found else None


def whom_to_remind(
    session: Session, campaign_ids: Collection[uuid.UUID], *, role: str, key: bytes
) -> list[tuple[Address, int]]:
    """Whoever has at least that role in some of these campaigns and wants to be written to, with how many it is of.

    An address sealed under a key that is gone is left out; `campaign doctor` tells that the key is another.
    """
    found = []
    for row in session.scalars(select(ReminderAddress).order_by(ReminderAddress.organizer_id)):
        holder, address = account(session, row.organizer_id), _opened(key, row.sealed)
        if holder is None or address is None:
            continue
        number = sum(is_at_least(holder.role_in(campaign_id), role) for campaign_id in campaign_ids)
        if number:
            found.append((address, number))
    return found


def _opened(key: bytes, sealed: bytes) -> Address | None:
    try:
        return Address(**open_waiting(key, sealed))
    except SealingError:
        return None
