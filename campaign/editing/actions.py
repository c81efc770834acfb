"""Draft, review by a second person, publication: the way of every change to what a campaign says.

A draft changes in place while only its author writes it. What is in review changes no more: who changes it begins a new
revision, so that nobody publishes what they have not read. A revision's number is above that of the published one it
was written against, so the published one with the highest number is what stands. Every step is in the audit log.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.core.text_rules import BadText, check_message
from campaign.editing.checklist import check_answers
from campaign.editing.kinds import kind_of
from campaign.editing.models import Revision
from campaign.seeding.rows import Content
from campaign.signing.purging import note_change

LONGEST_REASON = 200
AS_FOUND = "as it was found"
OPEN = ("draft", "in_review")


class OwnRevision(Refused):
    """Somebody would review what they wrote themselves."""


class OtherDraft(Refused):
    """There is a draft of this part already, which the writer has not seen; theirs is not written."""


class Outdated(Refused):
    """Another revision was published since this one was begun; publishing it would undo that."""


def save_draft(
    session: Session,
    *,
    campaign_id: uuid.UUID,
    part: str,
    content: Content | None,
    author_id: uuid.UUID,
    reason: str,
    now: datetime,
    seen_number: int | None = None,
    seen_draft: uuid.UUID | None = None,
) -> Revision:
    """Keep what somebody wrote for a part; None takes it down. Nothing of it is published.

    `seen_number` is the published revision they wrote against (`queries.published_number`), the newest if not given; 0
    also stands for what was published before anybody kept revisions. `seen_draft` is the open draft they continue.
    Raises Mistakes, Invalid (field `reason`), Refused, OtherDraft.
    """
    kind, key = kind_of(part)
    campaign = _lock(session, campaign_id)
    content = kind.check(session, campaign_id, key, content, today=now.date())
    said = check_reason(reason, field="reason")
    newest = note_published(session, campaign_id, part, now=now)
    if content == kind.read(session, campaign_id, key):
        raise Invalid("this is what is published already", field="content")
    against = newest if seen_number is None else _seen(session, campaign_id, part, seen_number)
    draft = open_draft(session, campaign_id, part)
    if draft is not None and draft.author_id != author_id and draft.id != seen_draft:
        raise OtherDraft("somebody else has written a draft of this meanwhile")
    if draft is not None and draft.author_id == author_id and draft.state == "draft" and draft.number > against:
        draft.content, draft.reason, draft.written_at, draft.seen_number = content, said, now, against
    else:
        if draft is not None:
            draft.state = "discarded"
        draft = _add(session, campaign_id, part, content, author_id, said, now, seen_number=against)
    note_change(session, campaign, now=now)
    _note(session, "saved_draft", campaign.slug, draft, author_id, now)
    return draft


def ask_for_review(session: Session, *, revision_id: uuid.UUID, organizer_id: uuid.UUID, now: datetime) -> None:
    """Offer one's own draft to a second person; it changes no more. Raises NotFound or Refused."""
    opened = _opened(session, revision_id, {"draft"})
    if opened.revision.author_id != organizer_id:
        raise Refused("only who wrote a draft asks for its review")
    opened.revision.state = "in_review"
    _note(session, "asked_for_review", opened.campaign.slug, opened.revision, organizer_id, now)


def publish(
    session: Session, *, revision_id: uuid.UUID, reviewer_id: uuid.UUID, answers: Mapping[str, Any], now: datetime
) -> None:
    """Make a revision in review what is published. `answers` are those to the publication checklist, which is asked
    where a campaign is about a person and something is to be shown.

    Raises OwnRevision, Outdated, Unfit, Mistakes (a rule has changed since it was written), Refused, NotFound.
    """
    opened = _opened(session, revision_id, {"in_review"})
    revision = opened.revision
    if revision.author_id == reviewer_id:
        raise OwnRevision("whoever writes something does not review it")
    kind, key = kind_of(revision.part)
    if note_published(session, revision.campaign_id, revision.part, now=now) != revision.seen_number:
        raise Outdated("another revision was published since this one was begun")
    content = kind.check(session, revision.campaign_id, key, revision.content, today=now.date())
    if content is not None and opened.campaign.kind == "solidarity":
        revision.answers = check_answers(answers)
    kind.write(session, revision.campaign_id, key, content, now=now)
    note_change(session, opened.campaign, now=now)
    revision.content = content
    _review(revision, "published", reviewer_id, "", now)
    _note(session, "published_revision", opened.campaign.slug, revision, reviewer_id, now)


def decline(session: Session, *, revision_id: uuid.UUID, reviewer_id: uuid.UUID, note: str, now: datetime) -> None:
    """Give a revision back with a note of what is wrong. Raises OwnRevision, Invalid (field `note`), Refused."""
    opened = _opened(session, revision_id, {"in_review"})
    if opened.revision.author_id == reviewer_id:
        raise OwnRevision("whoever writes something does not review it")
    _review(opened.revision, "declined", reviewer_id, check_reason(note, field="note"), now)
    _note(session, "declined_revision", opened.campaign.slug, opened.revision, reviewer_id, now)


def discard(session: Session, *, revision_id: uuid.UUID, organizer_id: uuid.UUID, now: datetime) -> None:
    """Let go of a draft, one's own or another's. It stays in the history. Raises NotFound or Refused."""
    opened = _opened(session, revision_id, {"draft", "in_review"})
    opened.revision.state = "discarded"
    _note(session, "discarded_draft", opened.campaign.slug, opened.revision, organizer_id, now)


def open_draft(session: Session, campaign_id: uuid.UUID, part: str) -> Revision | None:
    """The draft of a part that waits for its author or for review; there is at most one."""
    return session.scalar(
        select(Revision).where(Revision.campaign_id == campaign_id, Revision.part == part, Revision.state.in_(OPEN))
    )


def note_published(session: Session, campaign_id: uuid.UUID, part: str, *, now: datetime) -> int:
    """The number of the published revision, 0 if nothing is published.

    What is published may have come from elsewhere, such as seed files; then it is kept as a revision of nobody's.
    """
    kind, key = kind_of(part)
    found = kind.read(session, campaign_id, key)
    newest = session.scalar(
        select(Revision)
        .where(Revision.campaign_id == campaign_id, Revision.part == part, Revision.state == "published")
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if found == (newest.content if newest else None):
        return newest.number if newest else 0
    kept = _add(session, campaign_id, part, found, None, AS_FOUND, now, seen_number=newest.number if newest else 0)
    _review(kept, "published", None, "", now)
    session.flush()
    return kept.number


def check_reason(typed: str, *, field: str) -> str:
    """One plain line of up to `LONGEST_REASON` characters. Raises Invalid with that field."""
    try:
        said = " ".join(check_message(typed).split())
    except BadText:
        raise Invalid("write it in plain words", field=field) from None
    if not said:
        raise Invalid("say in a few words why", field=field)
    if len(said) > LONGEST_REASON:
        raise Invalid(f"at most {LONGEST_REASON} characters are enough", field=field)
    return said


@dataclass(frozen=True, slots=True)
class _Opened:
    campaign: Campaign
    revision: Revision


def _opened(session: Session, revision_id: uuid.UUID, states: set[str]) -> _Opened:
    """A revision in one of those states, nobody else's until the transaction ends."""
    campaign_id = session.scalar(select(Revision.campaign_id).where(Revision.id == revision_id))
    if campaign_id is None:
        raise NotFound("there is no such revision")
    campaign = _lock(session, campaign_id)
    revision = session.get_one(Revision, revision_id, populate_existing=True)
    if revision.state not in states:
        raise Refused("this revision is no longer what it was; look at it again")
    return _Opened(campaign, revision)


def _lock(session: Session, campaign_id: uuid.UUID) -> Campaign:
    """One writer at a time for each campaign, so that numbers follow each other. Those who sign do not wait for it."""
    campaign = session.get(Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True)
    if campaign is None:
        raise NotFound("no such campaign")
    return campaign


def _seen(session: Session, campaign_id: uuid.UUID, part: str, number: int) -> int:
    """Whoever saw a part before its first revision was kept has seen what that revision keeps."""
    kept = select(Revision.number).where(
        Revision.campaign_id == campaign_id, Revision.part == part, Revision.number == 1, Revision.author_id.is_(None)
    )
    return number or session.scalar(kept) or 0


def _add(
    session: Session,
    campaign_id: uuid.UUID,
    part: str,
    content: Content | None,
    author_id: uuid.UUID | None,
    reason: str,
    now: datetime,
    *,
    seen_number: int,
) -> Revision:
    last = session.scalar(
        select(func.max(Revision.number)).where(Revision.campaign_id == campaign_id, Revision.part == part)
    )
    revision = Revision(
        id=uuid.uuid4(),
        campaign_id=campaign_id,
        part=part,
        number=(last or 0) + 1,
        content=content,
        author_id=author_id,
        reason=reason,
        state="draft",
        written_at=now,
        seen_number=seen_number,
    )
    session.add(revision)
    session.flush()
    return revision


def _review(revision: Revision, state: str, reviewer_id: uuid.UUID | None, note: str, now: datetime) -> None:
    revision.state, revision.reviewer_id, revision.reviewed_at, revision.review_note = state, reviewer_id, now, note


def _note(session: Session, action: str, slug: str, revision: Revision, organizer_id: uuid.UUID, now: datetime) -> None:
    why = revision.review_note or revision.reason
    said = f"{revision.part} #{revision.number}: {why}"[:300]
    record(session, organizer_id=organizer_id, action=action, subject=slug, why=said, now=now)
