"""Decides about what people sent in: approve, decline, put back; several at once, all of them or none.

Each deed stands in the audit log with its reason, once for each campaign, and never with a text.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.conversation.contents import Opened, open_box, without_address
from campaign.conversation.erasures import hide, note_taken_back
from campaign.conversation.models import ShownEndorsement, ShownMessage, Submission
from campaign.core.clock import hour_of
from campaign.core.errors import Refused
from campaign.signing.models import Signature

# What an author is told; never more than one of these words.
REASONS = ("contact_data", "endangers", "insult", "off_topic", "unverified", "duplicate", "organizers")
# From which states to which, and what the audit log calls it.
DEEDS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "approve": (("waiting",), "approved", "approved_submissions"),
    "decline": (("waiting", "approved"), "declined", "declined_submissions"),
    "put_back": (("approved", "declined"), "waiting", "put_back_submissions"),
}


class Changed(Refused):
    """One of them is not there, not what it was, or not theirs to decide; nothing was done."""


class OwnWords(Refused):
    """The organizer wrote one of them; nothing was done."""


class Held(Refused):
    """One of them holds what looks like contact data, and nobody said to have looked; nothing was done."""


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who decides: the slugs of the campaigns they may moderate by id, and the hashes of their own addresses."""

    organizer_id: uuid.UUID
    campaigns: Mapping[uuid.UUID, str]
    tags: frozenset[bytes]

    def wrote(self, row: Submission, signature_tag: bytes | None) -> bool:
        """Whether that is their own."""
        return row.entered_by == self.organizer_id or bool({signature_tag, row.contact_tag} & self.tags)


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done. `reason` is one of `REASONS`, for declining; `note` is for the audit log only.

    `looked_at` are those held for what they hold that the moderator says they have looked at.
    """

    name: str
    reason: str = ""
    note: str = ""
    looked_at: Collection[uuid.UUID] = ()


def decide(
    session: Session, moderator: Moderator, ids: Collection[uuid.UUID], deed: Deed, *, key: bytes, now: datetime
) -> uuid.UUID:
    """Do it to all of these or to none; the id by which it can be undone. Raises Changed, OwnWords or Held."""
    before, after, _ = DEEDS[deed.name]
    rows = _rows(session, moderator, ids, before)
    if deed.name == "approve" and any(row.held_for and row.id not in deed.looked_at for row in rows):
        raise Held("some hold what looks like a link or contact data")
    decision_id = uuid.uuid4()
    taken_down = [row.id for row in rows if row.state == "approved"]
    hide(session, taken_down)
    for submission_id in taken_down:
        note_taken_back(session, submission_id, "shown")
    for row in rows:
        row.state, row.decision_id = after, decision_id
        row.decided_by, row.decided_hour = moderator.organizer_id, hour_of(now)
        row.declined_for = deed.reason if deed.name == "decline" else None
        if deed.name == "approve":
            _show(session, row, open_box(key, row.id, row.sealed), now)
            row.sealed = without_address(key, row.id, row.sealed)
    session.flush()
    _record(session, moderator, rows, deed, now)
    return decision_id


def undo(session: Session, moderator: Moderator, decision_id: uuid.UUID, *, key: bytes, now: datetime) -> int:
    """Put back what was decided together and not again since; how many. Raises Changed if there is nothing."""
    decided = select(Submission.id).where(
        Submission.decision_id == decision_id, Submission.state.in_(("approved", "declined"))
    )
    ids = session.scalars(decided.where(Submission.campaign_id.in_(moderator.campaigns))).all()
    decide(session, moderator, ids, Deed("put_back"), key=key, now=now)
    return len(ids)


def pass_on(session: Session, moderator: Moderator, ids: Collection[uuid.UUID], *, now: datetime) -> None:
    """Note that these messages were passed on to the person they are for. Raises Changed or OwnWords: an author is told
    of it, so nobody says it of their own."""
    rows = _rows(session, moderator, ids, ("approved",))
    if any(row.audience not in ("person", "both") for row in rows):
        raise Changed("some are not for the person")
    for row in rows:
        row.is_passed_on = True
    _note(session, moderator, rows, "passed_on_messages", "", now)


def _rows(
    session: Session, moderator: Moderator, ids: Collection[uuid.UUID], states: Collection[str]
) -> list[Submission]:
    """All of these rows, locked in the order of ids. An id of another campaign is one that is not there."""
    found = session.execute(
        select(Submission, Signature.dedupe_tag, Signature.state)
        .outerjoin(Signature, Signature.id == Submission.signature_id)
        .where(Submission.id.in_(ids), Submission.campaign_id.in_(moderator.campaigns), Submission.state.in_(states))
        .order_by(Submission.id)
        .with_for_update(of=Submission)
    ).all()
    counts_no_more = any(row.signature_id and state != "confirmed" for row, _, state in found)
    if not ids or len(found) != len(set(ids)) or counts_no_more:
        raise Changed("some are not there any more, or were decided about meanwhile")
    if any(moderator.wrote(row, tag) for row, tag, _ in found):
        raise OwnWords("nobody decides on their own words")
    return [row for row, _, _ in found]


def _show(session: Session, row: Submission, opened: Opened, now: datetime) -> None:
    common = {
        "submission_id": row.id,
        "campaign_id": row.campaign_id,
        "language": row.language,
        "shown_hour": hour_of(now),
    }
    if row.kind == "endorsement":
        shown = {"name": opened.name, "country": opened.country, "url": opened.url, "statement": opened.text}
        session.add(ShownEndorsement(**common, **shown))
    elif row.audience != "person":
        is_to_person = row.audience == "both"
        session.add(
            ShownMessage(**common, text=opened.text, has_reservation=opened.has_reservation, is_to_person=is_to_person)
        )


def _record(session: Session, moderator: Moderator, rows: list[Submission], deed: Deed, now: datetime) -> None:
    _note(session, moderator, rows, DEEDS[deed.name][2], ": ".join(filter(None, (deed.reason, deed.note))), now)


def _note(session: Session, moderator: Moderator, rows: list[Submission], action: str, why: str, now: datetime) -> None:
    """One entry for each campaign, with how many of what kind."""
    for campaign_id in sorted({row.campaign_id for row in rows}, key=lambda each: moderator.campaigns[each]):
        kinds = Counter(row.kind for row in rows if row.campaign_id == campaign_id)
        counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        record(
            session,
            organizer_id=moderator.organizer_id,
            action=action,
            subject=moderator.campaigns[campaign_id],
            why=f"{counted}; {why}" if why else counted,
            now=now,
        )
