"""The address of a download: it belongs to one entry of the audit log, to whoever caused it, and to what was chosen.

It works for an hour, as often as a broken connection needs. Nothing of it is stored: it is signed.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from campaign.audit.actions import record
from campaign.audit.queries import is_entry
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.exports.selection import Selection, read_selection
from campaign.web.organize.rules import this_account, this_campaign

GOOD_FOR_SECONDS = 3600
_ACTIONS = {"names": "downloaded_public_names", "signatures": "downloaded_sealed_list"}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an address stands for. `form` is how the list is written."""

    form: str
    selection: Selection


def new_ticket(which: str, ticket: Ticket, *, why: str) -> dict[str, Any]:
    """Write down who takes what, and give the parts of the address: `slug`, `number`, `ticket`.

    `which` is "names" or "signatures", `why` the purpose given.
    """
    account, slug = this_account().id, this_campaign().slug
    with transaction() as session:
        entry = record(session, organizer_id=account, action=_ACTIONS[which], subject=slug, why=why, now=utc_now())
        number = entry.number
    said = [*_of(number, which, account), ticket.form, ticket.selection.written()]
    return {"slug": slug, "number": number, "ticket": _signer().dumps(said)}


def read_ticket(which: str, number: int, written: str) -> Ticket | None:
    """What this address stands for; None if it is altered, too old, or somebody else's."""
    account = this_account().id
    try:
        *whose, form, selection = _signer().loads(written, max_age=GOOD_FOR_SECONDS)
    except (BadData, ValueError):
        return None
    if whose != _of(number, which, account):
        return None
    known = is_entry(db.session(), number, organizer_id=account, action=_ACTIONS[which], subject=this_campaign().slug)
    return Ticket(form, read_selection(selection)) if known else None


def _of(number: int, which: str, account: uuid.UUID) -> list[Any]:
    return [number, which, account.hex, this_campaign().slug]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="list download")
