"""Keys that make tags of networks and mailboxes: a new one each day, shared by all processes, gone after 48 hours.

They are random and lie in the database, sealed under `waiting.key`, which lies outside it: a thief needs both, and
before the day after is over. A key derived from one that stays could be derived again, so it could not be destroyed.
"""

import logging
import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.core.db import insert_if_new, unseen_transaction
from campaign.core.errors import SealingError
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.defence.models import DailyKey

_KEY_BYTES = 32
_BLOCK_BYTES = 128
log = logging.getLogger("campaign.defence")


class DailyKeys:
    """The keys as one process knows them: it remembers the last it was asked for."""

    def __init__(self, sealing_key: bytes) -> None:
        self._sealing_key = sealing_key
        self._known: tuple[date, bytes] | None = None

    def of(self, day: date) -> bytes:
        """The key of that day, made by whichever process needs it first."""
        known = self._known
        if known is None or known[0] != day:
            known = self._known = (day, self._shared(day))
        return known[1]

    def _shared(self, day: date) -> bytes:
        fresh = seal_waiting(self._sealing_key, secrets.token_hex(_KEY_BYTES), block_bytes=_BLOCK_BYTES)
        with unseen_transaction() as session:
            insert_if_new(session, DailyKey, {"day": day, "sealed": fresh})
            sealed = session.scalars(select(DailyKey.sealed).where(DailyKey.day == day)).one()
        try:
            return bytes.fromhex(open_waiting(self._sealing_key, sealed))
        except SealingError:
            # Limits that count apart for a day are better than a site that takes no signature.
            log.warning("the key of the day was sealed under another waiting.key; limits are not shared until tomorrow")
            return secrets.token_bytes(_KEY_BYTES)


def forget_old_keys(session: Session, *, now: datetime) -> None:
    """Destroy keys that are older than 48 hours. Nothing is tagged with them any more since they are 24 hours old."""
    session.execute(delete(DailyKey).where(DailyKey.day < now.date() - timedelta(days=1)))
