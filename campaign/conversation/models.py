"""Tables of conversation: what people send in, and, apart from it, what of that is public.

The text of what is sent in is sealed under `waiting.key` and stays so; approving writes the public part into a table of
its own. So no unapproved text can be read in a stolen database, and taking something down is deleting a row.

Triggers (migration 0024) delete what came with a signature once nothing of that is left: withdrawn, erased for its age,
or erased again after a restore. No code, and nobody who mends a row by hand, can forget to.
"""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import UNORDERED, Model

KINDS = ("message", "endorsement")
# `unverified`: the link mailed to the contact of an organization has not been used yet.
STATES = ("unverified", "waiting", "approved", "declined")
# Whom a message is for: readers of the campaign's page, the person of the case, or that person and readers.
AUDIENCES = ("page", "person", "both")
# `shown`: an organizer took it down, and it waits again.
TAKEN_BACK = ("message", "endorsement", "shown")


class Submission(Model):
    """A message of a signatory, or the endorsement of an organization, sealed.

    `signature_id` is that of a message, one for each signature. No foreign key: a backup reads the two tables one after
    the other. `contact_tag` is a keyed hash of campaign and contact address, `link_digest` belongs to the mailed link.
    `entered_by` is the organizer who typed in what an organization wrote on another way. `sent_hour` and `decided_hour`
    are cut to the hour. What was decided together has one `decision_id`, so that it can be undone together.
    `held_for` names what was found in the text, separated by spaces (see `contact_data.py`).
    """

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("(kind = 'message') = (signature_id IS NOT NULL)", name="message_has_signature"),
        CheckConstraint("(kind = 'message') = (audience IS NOT NULL)", name="message_has_audience"),
        Index("ix_submission_queue", "state", "sent_hour", "id"),
        UNORDERED,
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    sent_hour: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(3))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    held_for: Mapped[str] = mapped_column(String(60), default="")
    signature_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    audience: Mapped[str | None] = mapped_column(String(10))
    is_passed_on: Mapped[bool] = mapped_column(default=False)
    contact_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    link_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    link_until: Mapped[datetime | None]
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizer.id", ondelete="SET NULL"))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizer.id", ondelete="SET NULL"))
    decided_hour: Mapped[datetime | None]
    decision_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    declined_for: Mapped[str | None] = mapped_column(String(20))


class ShownMessage(Model):
    """A message anybody can read. The name beside it is the public name of its signature, read from there."""

    __tablename__ = "shown_message"
    __table_args__ = (
        Index("ix_shown_message_page", "campaign_id", "language", "shown_hour", "submission_id"),
        UNORDERED,
    )

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"))
    language: Mapped[str] = mapped_column(String(3))
    text: Mapped[str] = mapped_column(Text)
    has_reservation: Mapped[bool]
    is_to_person: Mapped[bool]
    shown_hour: Mapped[datetime]


class ShownEndorsement(Model):
    """An organization that endorses a campaign, as anybody can read it. `country` is a code, or empty."""

    __tablename__ = "shown_endorsement"
    __table_args__ = (Index("ix_shown_endorsement_page", "campaign_id", "shown_hour", "submission_id"), UNORDERED)

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"))
    language: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))
    url: Mapped[str] = mapped_column(String(300))
    statement: Mapped[str] = mapped_column(Text)
    shown_hour: Mapped[datetime]


class TakenBack(Model):
    """Something taken back that was sent in, for whoever restores a backup older than that. No text, no time.

    `subject_id` is the signature of a message, else the submission.
    """

    __tablename__ = "taken_back"
    __table_args__ = (CheckConstraint(f"what IN {TAKEN_BACK}", name="what_known"), UNORDERED)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    subject_id: Mapped[uuid.UUID]
    what: Mapped[str] = mapped_column(String(20))


class OwnAddresses(Model):
    """The addresses an organizer signs with, sealed under `waiting.key`, so that nobody decides on their own words."""

    __tablename__ = "own_addresses"

    organizer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizer.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
