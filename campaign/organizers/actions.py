"""Accounts of the desk."""

import uuid
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, NotFound, Refused
from campaign.organizers.models import ROLES, CampaignRole, Organizer
from campaign.organizers.passwords import hashed
from campaign.organizers.queries import LOGIN

SHORTEST_PASSWORD = 12


def password_hash(password: str) -> str:
    """What is stored for a new password. Takes a tenth of a second: not inside a transaction. Raises Invalid."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"a password has at least {SHORTEST_PASSWORD} characters", field="password")
    return hashed(password)


def add_organizer(session: Session, *, login: str, password: str, role: str | None, now: datetime) -> uuid.UUID:
    """Make an account; its id. Without a role on the whole site it has none until it is given one in a campaign.

    Raises Invalid for a bad login, password or role, Refused if the login is taken.
    """
    return store_organizer(session, login=login, stored_password=password_hash(password), role=role, now=now)


def store_organizer(
    session: Session, *, login: str, stored_password: str, role: str | None, now: datetime
) -> uuid.UUID:
    """The same with a password that is hashed already."""
    if not LOGIN.fullmatch(login):
        raise Invalid("a login has 2 to 60 small letters, digits, dots or hyphens", field="login")
    if role is not None:
        _check_role(role)
    is_taken = Refused("there is an organizer with that login already")
    if session.scalar(select(Organizer.id).where(Organizer.login == login)):
        raise is_taken
    organizer = Organizer(id=uuid.uuid4(), login=login, password_hash=stored_password, role=role, created_at=now)
    session.add(organizer)
    try:
        session.flush()
    except IntegrityError:
        # Somebody else chose it at the same moment.
        raise is_taken from None
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


def take_role(session: Session, organizer_id: uuid.UUID, *, campaign_id: uuid.UUID) -> None:
    """Let somebody do nothing more in this campaign than their role on the whole site lets them."""
    of_theirs = (CampaignRole.organizer_id == organizer_id, CampaignRole.campaign_id == campaign_id)
    session.execute(delete(CampaignRole).where(*of_theirs))


def change_site_role(session: Session, organizer_id: uuid.UUID, role: str | None) -> None:
    """Give somebody another role on the whole site, or none.

    Raises Refused if nobody would own the site, NotFound for nobody, Invalid for a bad role.
    """
    if role is not None:
        _check_role(role)
    if role != "owner":
        _require_other_owner(session, organizer_id)
    _known(session, organizer_id).role = role


def remove_organizer(session: Session, organizer_id: uuid.UUID) -> None:
    """Take an account away, with its sessions and factors. Raises Refused if nobody would own the site, NotFound."""
    _require_other_owner(session, organizer_id)
    session.delete(_known(session, organizer_id))
    session.flush()


def change_password(session: Session, organizer_id: uuid.UUID, *, stored_password: str) -> None:
    """Replace a password by one hashed by `password_hash`."""
    _known(session, organizer_id).password_hash = stored_password


def note_login(session: Session, organizer_id: uuid.UUID, *, now: datetime) -> None:
    """Remember when an account was last used."""
    session.get_one(Organizer, organizer_id).last_login_at = now


def _known(session: Session, organizer_id: uuid.UUID) -> Organizer:
    found = session.get(Organizer, organizer_id)
    if found is None:
        raise NotFound("there is no such organizer")
    return found


def _require_other_owner(session: Session, organizer_id: uuid.UUID) -> None:
    # Locked, so that two owners cannot take each other's role away at the same moment.
    owners = session.scalars(
        select(Organizer.id).where(Organizer.role == "owner").order_by(Organizer.id).with_for_update()
    ).all()
    if owners == [organizer_id]:
        raise Refused("somebody has to own the site; make somebody else an owner first")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
