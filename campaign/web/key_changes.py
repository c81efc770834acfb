"""Putting a key into use, from the desk and from the command line: database, pin and audit log together."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from campaign.audit.actions import record
from campaign.core.db import db, transaction
from campaign.core.errors import ConfigError
from campaign.sealing.actions import Share, store_epoch
from campaign.sealing.pin import Pin
from campaign.sealing.queries import OpenEpoch, endorsements
from campaign.web.services import services

log = logging.getLogger("campaign.keys")


def is_pinned(public_key: bytes) -> bool:
    """Whether signatures may be sealed to this key. Costs next to nothing while they may.

    Moves the pin on where another machine of the site has changed the key.
    """
    pin, is_demo = services().pin, services().config.is_demo
    if pin.holds(public_key):
        return True
    if not pin.may_look_further() or not pin.leads_to(public_key, endorsements(db.session(), is_demo=is_demo)):
        return False
    try:
        pin.keep_only(public_key)
    except ConfigError as error:
        log.error("%s; nobody can sign at this machine until it can be", error)
        return False
    log.warning("the key was changed at another machine; it is pinned here too now")
    return True


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
            endorsement=pin.endorsement(public_key, after=replaces.public_key) if replaces else None,
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
