"""Putting a key into use, from the desk and from the command line: database, pin and audit log together."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from campaign.audit.actions import record
from campaign.core.db import transaction
from campaign.core.errors import ConfigError
from campaign.sealing.actions import Share, store_epoch
from campaign.sealing.pin import Pin
from campaign.sealing.queries import OpenEpoch

log = logging.getLogger("campaign.keys")


def put_in_use(
    pin: Pin,
    public_key: bytes,
    shares: Sequence[Share],
    *,
    is_demo: bool,
    has_paper: bool,
    replaces: OpenEpoch | None,
    organizer_id: uuid.UUID | None,
    now: datetime,
) -> uuid.UUID:
    """Seal signatures to this key from now on; its id. All or nothing. Raises as `store_epoch` does.

    The pin names both keys while the change is committed: whichever of them a crash leaves in the database, signing
    goes on. It is written inside the transaction, where nobody else changes the key.
    """
    with transaction() as session:
        stored = store_epoch(
            session,
            public_key,
            shares,
            is_demo=is_demo,
            has_paper=has_paper,
            replaces=replaces.id if replaces else None,
            now=now,
        )
        action = "made_key" if replaces is None else "rotated_key"
        why = "" if is_demo or has_paper or len(shares) > 1 else "one holder, no paper copy"
        record(session, organizer_id=organizer_id, action=action, subject="site", why=why, now=now)
        pin.let_in(public_key, beside=replaces.public_key if replaces else None)
    try:
        pin.keep_only(public_key)
    except ConfigError as error:
        # The key is changed, and its pin is written; the old one beside it does no harm today.
        log.warning("%s; it still names the old key beside the new one", error)
    return stored
