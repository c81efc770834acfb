"""Reads of accounts."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.organizers.models import Organizer

# Who may take which list off the site.
MAY_DOWNLOAD_SEALED = frozenset({"owner", "editor"})


@dataclass(frozen=True, slots=True)
class Account:
    """An organizer who is logged in."""

    id: uuid.UUID
    login: str
    role: str

    @property
    def may_download_sealed(self) -> bool:
        return self.role in MAY_DOWNLOAD_SEALED


def account(session: Session, organizer_id: uuid.UUID) -> Account | None:
    """The account with that id, if it still exists."""
    row = session.get(Organizer, organizer_id)
    return Account(row.id, row.login, row.role) if row else None


def logins(session: Session) -> dict[uuid.UUID, str]:
    """All logins by account id, to say who did what."""
    return {row.id: row.login for row in session.execute(select(Organizer.id, Organizer.login))}
