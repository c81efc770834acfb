"""People who sign, as tests tell it: each does one thing in one transaction, as a request does."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.letters import Letter, open_letter
from campaign.outbox.models import OutboxMail
from campaign.signing.actions import confirm, record_signatures, seal_signature
from campaign.signing.models import Signature
from tests.factories import Site, entry


def sign_petition(session: Session, **filled_in: Any) -> None:
    """Seal and record one signature."""
    record_signatures(session, [seal_signature(**filled_in)])


def sign(site: Site, keyring: Keyring, now: datetime, email: str = "alice@example.org", **changes: Any) -> None:
    """Fill in the form and send it."""
    with transaction() as session:
        sign_petition(
            session,
            campaign=site.campaign,
            entry=entry(email, **changes),
            epoch=site.epoch,
            keyring=keyring,
            now=now,
        )


def signatures() -> list[Signature]:
    return list(db.session.scalars(select(Signature)))


def letters(keyring: Keyring) -> list[Letter]:
    """All mail waiting, oldest first, decoys left out. Mails of the same instant come in no order."""
    rows = db.session.scalars(select(OutboxMail).order_by(OutboxMail.queued_at))
    opened = [open_letter(keyring.waiting, row.sealed) for row in rows]
    db.session.rollback()
    return [letter for letter in opened if not letter.is_decoy]


def newest_letter(keyring: Keyring, to: str = "alice@example.org") -> Letter:
    """The mail that person would read first."""
    return [letter for letter in letters(keyring) if letter.to == to][-1]


def sign_and_confirm(
    site: Site, keyring: Keyring, now: datetime, email: str = "alice@example.org", **changes: Any
) -> None:
    """Sign, open the mail, press the button."""
    communities, country = changes.pop("communities", ()), changes.get("country", "")
    sign(site, keyring, now, email, **changes)
    token = newest_letter(keyring, email).values["confirm_token"]
    with transaction() as session:
        confirm(session, token=token, communities=communities, country=country, keyring=keyring, now=now)
