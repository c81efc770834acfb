"""Reads of accounts."""

import re
import uuid
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.organizers.models import Organizer

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
# Who may take which list off the site.
MAY_DOWNLOAD_SEALED = frozenset({"owner", "editor"})


@dataclass(frozen=True, slots=True)
class Account:
    """An organizer who is logged in."""

    id: uuid.UUID
    login: str
    role: str
    session_stamp: str = field(repr=False)

    @property
    def may_download_sealed(self) -> bool:
        return self.role in MAY_DOWNLOAD_SEALED


def credentials(session: Session, login: str) -> tuple[uuid.UUID, str] | None:
    """Id and password hash of the account with that login, if there is one."""
    if not LOGIN.fullmatch(login):
        return None
    row = session.execute(select(Organizer.id, Organizer.password_hash).where(Organizer.login == login)).one_or_none()
    return (row.id, row.password_hash) if row else None


def account(session: Session, organizer_id: uuid.UUID) -> Account | None:
    """The account with that id, if it still exists."""
    row = session.get(Organizer, organizer_id)
    return Account(row.id, row.login, row.role, row.session_stamp) if row else None


def logins(session: Session) -> dict[uuid.UUID, str]:
    """All logins by account id, to say who did what."""
    return {row.id: row.login for row in session.execute(select(Organizer.id, Organizer.login))}
