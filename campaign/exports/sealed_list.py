"""The sealed list that organizers download: `campaign-sealed-list/1`, JSON Lines, nothing in it readable by us.

First a header with the wrapped keys, then one line a signature, last a line that says how many there were, so that a
file cut short is noticed. `sealed_list_reader.py` and `static/js/list-sealed.js` read it.
"""

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.core.errors import NotFound
from campaign.exports.confirmed_rows import BEFORE_ALL, confirmed_pages, confirmed_rows, written_hour
from campaign.exports.selection import EVERYBODY, Selection
from campaign.sealing.models import Epoch
from campaign.sealing.queries import EpochKeys, epoch_keys
from campaign.signing.models import Purge, Signature

FORMAT = "campaign-sealed-list/1"
_COLUMNS = (
    Signature.epoch_id,
    Signature.sealed,
    Signature.language,
    Signature.source,
    Signature.wants_updates,
    Signature.public_name,
)


def sealed_list_lines(
    session: Session,
    campaign_id: uuid.UUID,
    *,
    now: datetime,
    selection: Selection = EVERYBODY,
    direction: str = "ltr",
) -> Iterator[bytes]:
    """Lines of the list, one at a time, each with its line break. Raises NotFound at once for an unknown campaign.

    `direction` is that of a sheet made of it. Ends the session's transaction as `confirmed_rows` does.
    """
    slug = session.scalar(select(Campaign.slug).where(Campaign.id == campaign_id))
    if slug is None:
        raise NotFound("there is no such campaign")
    keys = epoch_keys(session, _epochs_used(session, campaign_id))
    session.rollback()
    header = {
        "format": FORMAT,
        "campaign": slug,
        "made_at": written_hour(now),
        "direction": direction,
        "epochs": [written_epoch(epoch) for epoch in keys],
    }
    return chain([_line(header)], sealed_rows(session, campaign_id, selection=selection))


def sealed_rows(
    session: Session,
    campaign_id: uuid.UUID,
    *,
    selection: Selection = EVERYBODY,
    after: uuid.UUID = BEFORE_ALL,
    sent: int = 0,
) -> Iterator[bytes]:
    """The lines that follow the header; or those that follow row `after`, the last of `sent` that have arrived."""
    is_purged = session.get(Purge, campaign_id) is not None
    columns = (*_COLUMNS, selection.confirmed_hour.label("hour"))
    for row in confirmed_rows(session, campaign_id, columns, selection, after=after):
        # One that was purged counts, and has nothing to list. One that only lost its box is listed as damaged.
        if not (is_purged and row.sealed is None):
            yield _line(_written_row(row))
            sent += 1
    yield _line({"end": True, "rows": sent})


def _epochs_used(session: Session, campaign_id: uuid.UUID) -> set[uuid.UUID]:
    """The epochs of keys this list needs: trying a phrase on others as well takes a while in a browser.

    Ids are random, so most often the first page shows that all there are have been used.
    """
    used, known = set[uuid.UUID](), set(session.scalars(select(Epoch.id)))
    for page in confirmed_pages(session, campaign_id, (Signature.epoch_id,)):
        used |= known & {row.epoch_id for row in page}
        if used == known:
            break
    return used


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def written_box(epoch_id: uuid.UUID, sealed: bytes) -> dict[str, str]:
    """A box as JSON holds it."""
    return {"epoch": epoch_id.hex, "sealed": _base64(sealed)}


def written_epoch(epoch: EpochKeys) -> dict[str, Any]:
    """A key as JSON holds it: what its holders need to open it with their phrase."""
    return {
        "id": epoch.id.hex,
        "public_key": _base64(epoch.public_key),
        "holders": [
            {
                "holder": held.holder,
                "salt": _base64(held.wrapped.salt),
                "opslimit": held.wrapped.opslimit,
                "memlimit_bytes": held.wrapped.memlimit_bytes,
                "nonce": _base64(held.wrapped.nonce),
                "ciphertext": _base64(held.wrapped.ciphertext),
            }
            for held in epoch.holders
        ],
    }


def _written_row(row: Row[Any]) -> dict[str, Any]:
    # `id` comes first: a reader finds it there even in a line that is damaged further on.
    return {
        "id": row.id.hex,
        "epoch": row.epoch_id.hex if row.epoch_id else None,
        "sealed": _base64(row.sealed) if row.sealed else None,
        "language": row.language,
        "confirmed_hour": written_hour(row.hour),
        "source": row.source,
        "updates": row.wants_updates,
        "public_name": row.public_name,
    }


def _base64(binary: bytes) -> str:
    return b64encode(binary).decode("ascii")
