"""Accounts of the desk."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, Refused
from campaign.core.tokens import new_token
from campaign.organizers.models import ROLES, CampaignRole, Organizer
from campaign.organizers.passwords import hashed
from campaign.organizers.queries import LOGIN

SHORTEST_PASSWORD = 12


def add_organizer(session: Session, *, login: str, password: str, role: str | None, now: datetime) -> uuid.UUID:
    """Make an account; its id. Without a role on the whole site it has none until it is given one in a campaign.

    Raises Invalid for a bad login, password or role, Refused if the login is taken."""
    if not LOGIN.fullmatch(login):
        raise Invalid("a login has 2 to 60 small letters, digits, dots or hyphens", field="login")
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"a password has at least {SHORTEST_PASSWORD} characters", field="password")
    if role is not None:
        _check_role(role)
    if session.scalar(select(Organizer.id).where(Organizer.login == login)):
        raise Refused("there is an organizer with that login already")
    organizer = Organizer(
        id=uuid.uuid4(),
        login=login,
        password_hash=hashed(password),
        session_stamp=new_token(),
        role=role,
        created_at=now,
    )
    session.add(organizer)
    session.flush()
    return organizer.id


def give_role(session: Session, organizer_id: uuid.UUID, *, campaign_id: uuid.UUID, role: str) -> None:
    """Let somebody do what this role may, in this campaign. Raises Invalid for a bad role."""
    _check_role(role)
    found = session.get(CampaignRole, (organizer_id, campaign_id))
    if found is None:
        session.add(CampaignRole(organizer_id=organizer_id, campaign_id=campaign_id, role=role))
        session.flush()
    else:
        found.role = role


def end_sessions(session: Session, organizer_id: uuid.UUID) -> None:
    """Log an organizer out everywhere, copies of the cookie included."""
    session.get_one(Organizer, organizer_id).session_stamp = new_token()


def note_login(session: Session, organizer_id: uuid.UUID, *, now: datetime) -> None:
    """Remember when an account was last used."""
    session.get_one(Organizer, organizer_id).last_login_at = now


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
