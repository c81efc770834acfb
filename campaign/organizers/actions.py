"""Accounts of the desk: make one, log in to one."""

import re
import uuid
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, Refused
from campaign.organizers.models import ROLES, Organizer

SHORTEST_PASSWORD = 12
_LOGIN = re.compile(r"^[a-z0-9][a-z0-9._-]{1,59}$")
_HASHER = PasswordHasher()
# Checked when a login does not exist, so that the answer takes as long as for one that does.
_NOBODY = _HASHER.hash("nobody has this password")


def add_organizer(session: Session, *, login: str, password: str, role: str, now: datetime) -> uuid.UUID:
    """Make an account; its id. Raises Invalid for a bad login, password or role, Refused if the login is taken."""
    if not _LOGIN.fullmatch(login):
        raise Invalid("a login has 2 to 60 small letters, digits, dots or hyphens", field="login")
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"a password has at least {SHORTEST_PASSWORD} characters", field="password")
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
    if session.scalar(select(Organizer.id).where(Organizer.login == login)):
        raise Refused("there is an organizer with that login already")
    organizer = Organizer(id=uuid.uuid4(), login=login, password_hash=_HASHER.hash(password), role=role, created_at=now)
    session.add(organizer)
    session.flush()
    return organizer.id


def log_in(session: Session, *, login: str, password: str, now: datetime) -> uuid.UUID | None:
    """The id of the account if login and password are right, else None. Takes the same time either way."""
    is_a_login = _LOGIN.fullmatch(login) is not None
    organizer = session.scalar(select(Organizer).where(Organizer.login == login)) if is_a_login else None
    try:
        _HASHER.verify(organizer.password_hash if organizer else _NOBODY, password)
    except VerificationError:
        return None
    if organizer is None:
        return None
    if _HASHER.check_needs_rehash(organizer.password_hash):
        organizer.password_hash = _HASHER.hash(password)
    organizer.last_login_at = now
    return organizer.id
