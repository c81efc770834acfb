"""Reads of accounts."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.organizers.models import CampaignRole, Organizer, Passkey, TotpFactor
from campaign.organizers.roles import stronger

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


@dataclass(frozen=True, slots=True)
class Account:
    """An organizer who is logged in. `role` holds for the whole site, `campaign_roles` by id for one campaign each."""

    id: uuid.UUID
    login: str
    role: str | None
    campaign_roles: Mapping[uuid.UUID, str]

    def role_in(self, campaign_id: uuid.UUID) -> str | None:
        """The role that counts in a campaign; None where it is none of theirs."""
        return stronger(self.role, self.campaign_roles.get(campaign_id))

    @property
    def strongest_role(self) -> str | None:
        return stronger(self.role, *self.campaign_roles.values())


def credentials(session: Session, login: str) -> tuple[uuid.UUID, str] | None:
    """Id and password hash of the account with that login, if there is one."""
    if not LOGIN.fullmatch(login):
        return None
    row = session.execute(select(Organizer.id, Organizer.password_hash).where(Organizer.login == login)).one_or_none()
    return (row.id, row.password_hash) if row else None


def account(session: Session, organizer_id: uuid.UUID) -> Account | None:
    """The account with that id, if it still exists."""
    row = session.get(Organizer, organizer_id)
    if row is None:
        return None
    roles = select(CampaignRole.campaign_id, CampaignRole.role).where(CampaignRole.organizer_id == organizer_id)
    return Account(row.id, row.login, row.role, {row.campaign_id: row.role for row in session.execute(roles)})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at the desk, with the role that counts."""

    login: str
    role: str
    last_login_at: datetime | None


def members(session: Session, campaign_id: uuid.UUID) -> list[Member]:
    """Who has a role in a campaign, for it alone or for the whole site; by login."""
    own = {
        row.organizer_id: row.role
        for row in session.execute(
            select(CampaignRole.organizer_id, CampaignRole.role).where(CampaignRole.campaign_id == campaign_id)
        )
    }
    found = session.execute(
        select(Organizer.id, Organizer.login, Organizer.role, Organizer.last_login_at).order_by(Organizer.login)
    )
    return [
        Member(row.login, role, row.last_login_at) for row in found if (role := stronger(row.role, own.get(row.id)))
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the owners of the site see it. `campaign_roles` by campaign id."""

    id: uuid.UUID
    login: str
    role: str | None
    campaign_roles: Mapping[uuid.UUID, str]
    last_login_at: datetime | None
    has_factor: bool


def people(session: Session) -> list[Person]:
    """All accounts, by login."""
    roles: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    for row in session.scalars(select(CampaignRole)):
        roles.setdefault(row.organizer_id, {})[row.campaign_id] = row.role
    factors = {*session.scalars(select(TotpFactor.organizer_id)), *session.scalars(select(Passkey.organizer_id))}
    return [
        Person(row.id, row.login, row.role, roles.get(row.id, {}), row.last_login_at, row.id in factors)
        for row in session.scalars(select(Organizer).order_by(Organizer.login))
    ]


def stored_password(session: Session, organizer_id: uuid.UUID) -> str | None:
    """The hash of somebody's password."""
    return session.scalar(select(Organizer.password_hash).where(Organizer.id == organizer_id))


def has_organizer(session: Session) -> bool:
    """Whether there is any account."""
    return session.scalar(select(Organizer.id).limit(1)) is not None


def logins(session: Session) -> dict[uuid.UUID, str]:
    """All logins by account id, to say who did what."""
    return {row.id: row.login for row in session.execute(select(Organizer.id, Organizer.login))}
