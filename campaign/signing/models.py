"""Tables of signing: the signature, and what a change of its state leaves for others to add up."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import UNORDERED, Model
from campaign.core.partial_index import partial_index

SIGNATURE_STATES = ("pending", "confirmed", "withdrawn", "invalidated")
# Those in which it has an owner, who may see and withdraw it.
OWNED_STATES = ("pending", "confirmed", "invalidated")
# All of it, the name that was public, the consent to updates.
ERASURES = ("signature", "public_name", "updates")


class Signature(Model):
    """One person's signature on one campaign.

    `id` is random, not a sequence. `signed_hour` and `confirmed_hour` are cut to the hour. `dedupe_tag` is a keyed
    hash; the constraint on it is what makes the count honest. A withdrawn row keeps none of tag, blob, tokens and name.
    A confirmed row that was purged keeps none of them either, and goes on counting (see `purging.py`).
    An invalidated row keeps them all; its `invalidated_confirmed_hour` is the `confirmed_hour` it had, None if it was
    pending.
    """

    __tablename__ = "signature"
    __table_args__ = (
        # The campaign is part of what the tag is made of.
        UniqueConstraint("dedupe_tag"),
        CheckConstraint(f"state IN {SIGNATURE_STATES}", name="state_known"),
        CheckConstraint("(state = 'confirmed') = (confirmed_hour IS NOT NULL)", name="confirmed_has_hour"),
        CheckConstraint(
            "state <> 'withdrawn' OR (dedupe_tag IS NULL AND sealed IS NULL AND public_name IS NULL)",
            name="withdrawn_is_erased",
        ),
        # Every index but the first is of one state only, so that signing touches two of them and confirming two more.
        partial_index("ix_signature_confirmed", "campaign_id", "id", where="state = 'confirmed'"),
        # All that a list of public names says, so that it is read in one piece.
        partial_index(
            "ix_signature_listed_names",
            *("campaign_id", "id", "public_name", "language", "confirmed_hour"),
            where="state = 'confirmed' AND public_name IS NOT NULL",
        ),
        partial_index("ix_signature_unconfirmed", "signed_hour", where="state = 'pending'"),
        partial_index("ix_signature_invalidated", "signed_hour", where="state = 'invalidated'"),
        UNORDERED,
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"))
    state: Mapped[str] = mapped_column(String(20))
    signed_hour: Mapped[datetime]
    confirmed_hour: Mapped[datetime | None]
    dedupe_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    confirm_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    confirm_until: Mapped[datetime | None]
    manage_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    manage_until: Mapped[datetime | None]
    mails_on: Mapped[date | None]
    mails_count: Mapped[int] = mapped_column(default=0)
    epoch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("epoch.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(3))
    text_version: Mapped[int]
    source: Mapped[str] = mapped_column(String(100))
    wants_updates: Mapped[bool]
    public_name: Mapped[str | None] = mapped_column(String(100))
    invalidated_reason: Mapped[str | None] = mapped_column(String(20))
    invalidated_confirmed_hour: Mapped[datetime | None]


def in_state(state: str) -> ColumnElement[bool]:
    """The condition that a signature is in this state.

    Written out, for a parameter would hide from the database that an index of this state only will do.
    """
    return Signature.state == literal_column(f"'{state}'")


class Erasure(Model):
    """Something a signatory took back, for whoever restores a backup older than that. It stays after its signature."""

    __tablename__ = "erasure"
    __table_args__ = (CheckConstraint(f"what IN {ERASURES}", name="what_known"), UNORDERED)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    signature_id: Mapped[uuid.UUID]
    what: Mapped[str] = mapped_column(String(20))


class Purge(Model):
    """The signatures of a campaign were erased for their age, or are being erased: it can never be signed again.

    `reached` is the id up to which its confirmed signatures are done, `signatures` how many rows were erased so far,
    `ended_at` None until all are. Whoever restores a backup does it again.
    """

    __tablename__ = "purge"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    reached: Mapped[uuid.UUID | None]
    signatures: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]


class SignatureDelta(Model):
    """One confirmed signature more or less in an hour; written with the change of state, added up by `counting`.

    `language` and `source` are those of the signature.
    """

    __tablename__ = "signature_delta"
    __table_args__ = (CheckConstraint("change IN (1, -1)", name="one_step"), UNORDERED)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    hour: Mapped[datetime]
    change: Mapped[int]
    language: Mapped[str] = mapped_column(String(3), default="", server_default="")
    source: Mapped[str] = mapped_column(String(100), default="", server_default="")


class CommunityBallot(Model):
    """Which communities somebody named when confirming, sealed until a batch of ballots is counted together.

    Everybody who confirms leaves one, of the same size, also when they named none; it points at nobody.
    """

    __tablename__ = "community_ballot"
    __table_args__ = (UNORDERED,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
