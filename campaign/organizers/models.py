"""Tables of organizers: accounts, roles, invitations, second factors, sessions."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model

ROLES = ("owner", "editor", "moderator", "viewer")


class Organizer(Model):
    """Somebody who may log in to the desk. `login` is a name they chose, not an address.

    `role` holds for the whole site; without it there may be roles in single campaigns.
    """

    __tablename__ = "organizer"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class CampaignRole(Model):
    """What an organizer may do in one campaign, beside what they may do on the whole site."""

    __tablename__ = "campaign_role"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    organizer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizer.id", ondelete="CASCADE"), primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20))


def _of_organizer(*, is_key: bool = False) -> Mapped[uuid.UUID]:
    target = ForeignKey("organizer.id", ondelete="CASCADE")
    return mapped_column(target, primary_key=True) if is_key else mapped_column(target, index=True)


class Invitation(Model):
    """Somebody may join with a mailed link, once, until then. Their address is nowhere but in the mail that waited.

    Without `campaign_id` the role is one on the whole site.
    """

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role_known"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    campaign_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    invited_by: Mapped[uuid.UUID] = _of_organizer()
    created_at: Mapped[datetime]
    until: Mapped[datetime]


class DeskSession(Model):
    """One browser that is logged in. The cookie has a token, the row its digest.

    `seen_at` is cut to the hour. `factor_at` is when the second factor was last shown here, None if not yet.
    `challenge` is what a passkey has to sign next; it is used once.
    """

    __tablename__ = "desk_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    organizer_id: Mapped[uuid.UUID] = _of_organizer()
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64))


class TotpFactor(Model):
    """A secret shared with an authenticator app, sealed under a key outside the database.

    `last_step` is the time step of the last code taken: no code works twice.
    """

    __tablename__ = "totp_factor"

    organizer_id: Mapped[uuid.UUID] = _of_organizer(is_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime]


class RecoveryCode(Model):
    """A code that stands in for a lost factor, once. It goes when it was used."""

    __tablename__ = "recovery_code"

    organizer_id: Mapped[uuid.UUID] = _of_organizer(is_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)


class Passkey(Model):
    """A key pair of a device or password manager (WebAuthn); here is the public half. `name` is the owner's word."""

    __tablename__ = "passkey"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organizer_id: Mapped[uuid.UUID] = _of_organizer()
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime]


class ReminderAddress(Model):
    """Where an organizer asked to be written to, sealed under a key outside the database (see `reminders.py`)."""

    __tablename__ = "reminder_address"

    organizer_id: Mapped[uuid.UUID] = _of_organizer(is_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
