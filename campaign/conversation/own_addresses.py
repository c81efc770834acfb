"""Nobody decides on what they wrote themselves: what an organizer's own addresses look like among what was sent in.

Who wrote something is not stored, only keyed hashes of their address. So organizers name the addresses they sign with,
these lie sealed, and their hashes are compared. It keeps people from mistakes and from temptation; whoever signs with
an address they do not name is not found out (docs/threat-model.md).
"""

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from campaign.conversation.models import OwnAddresses
from campaign.core.errors import SealingError
from campaign.core.keyring import Keyring
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.signing.canonical_email import EmailAddress, dedupe_tag

MOST_ADDRESSES = 5
_BLOCK_BYTES = 2048


def contact_tag(key: bytes, campaign_id: uuid.UUID, canonical: str) -> bytes:
    """HMAC-SHA256 that stands for the contact of an endorsement; unrelated to the tag of a signature."""
    return hmac.digest(key, b"endorsement" + campaign_id.bytes + canonical.encode(), hashlib.sha256)


def set_own_addresses(
    session: Session, organizer_id: uuid.UUID, addresses: Sequence[EmailAddress], *, keyring: Keyring
) -> None:
    """Keep the addresses this organizer signs with, instead of those before."""
    canonical = sorted({address.canonical for address in addresses})
    sealed = seal_waiting(keyring.waiting, [organizer_id.hex, *canonical], block_bytes=_BLOCK_BYTES)
    session.merge(OwnAddresses(organizer_id=organizer_id, sealed=sealed))


def own_addresses(session: Session, organizer_id: uuid.UUID, *, keyring: Keyring) -> tuple[str, ...]:
    """The addresses this organizer has named, in canonical form; none if they are to be asked (again)."""
    row = session.get(OwnAddresses, organizer_id)
    if row is None:
        return ()
    try:
        owner, *canonical = open_waiting(keyring.waiting, row.sealed)
    except SealingError:
        return ()
    return tuple(canonical) if owner == organizer_id.hex else ()


def own_tags(canonical: Iterable[str], campaign_ids: Iterable[uuid.UUID], *, keyring: Keyring) -> frozenset[bytes]:
    """The hashes that stand for these addresses in these campaigns, of signatures and of contacts."""
    addresses = tuple(canonical)
    return frozenset(
        make(keyring.tags, campaign_id, address)
        for campaign_id in campaign_ids
        for address in addresses
        for make in (dedupe_tag, contact_tag)
    )
