"""Reads of revisions, as frozen values."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.core.errors import NotFound
from campaign.editing.actions import OPEN
from campaign.editing.kinds import KINDS
from campaign.editing.models import Revision
from campaign.seeding.rows import Content


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A revision. `author_id` is None for what came from seed files; `content` is None where a part is taken down."""

    id: uuid.UUID
    campaign_id: uuid.UUID
    part: str
    number: int
    content: Content | None
    author_id: uuid.UUID | None
    reason: str
    state: str
    written_at: datetime
    seen_number: int
    reviewer_id: uuid.UUID | None
    reviewed_at: datetime | None
    review_note: str
    answers: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PartState:
    """A part of a campaign: whether it is published, the number of its published revision (0 if none was kept) and
    its open draft."""

    part: str
    is_published: bool
    number: int
    draft: RevisionView | None


def parts_of(session: Session, campaign_id: uuid.UUID) -> list[PartState]:
    """All parts that are published or have an open draft, by kind in the order of `KINDS`."""
    published = {
        f"{name}:{key}" if key else name: None
        for name, kind in KINDS.items()
        for key in kind.keys(session, campaign_id)
    }
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.state.in_((*OPEN, "published")))
    drafts = {row.part: _view(row) for row in rows if row.state in OPEN}
    numbers = {row.part: row.number for row in rows if row.state == "published"}
    names = [*published, *sorted(drafts.keys() - published.keys())]
    order = list(KINDS)
    return [
        PartState(part, part in published, numbers.get(part, 0), drafts.get(part))
        for part in sorted(names, key=lambda part: order.index(part.partition(":")[0]))
    ]


def history(session: Session, campaign_id: uuid.UUID, part: str) -> list[RevisionView]:
    """Every revision of a part, newest first."""
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.part == part)
    return [_view(row) for row in rows[::-1]]


def draft_of(session: Session, campaign_id: uuid.UUID, part: str) -> RevisionView | None:
    """The open draft of a part, in review or not."""
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.part == part, Revision.state.in_(OPEN))
    return _view(rows[0]) if rows else None


def waiting_for_review(session: Session, campaign_ids: Collection[uuid.UUID] | None = None) -> list[RevisionView]:
    """What waits for a second person, the longest first; of these campaigns, or of all."""
    within = () if campaign_ids is None else (Revision.campaign_id.in_(campaign_ids),)
    return sorted(map(_view, _rows(session, Revision.state == "in_review", *within)), key=lambda each: each.written_at)


def revision(session: Session, campaign_id: uuid.UUID, revision_id: uuid.UUID) -> RevisionView:
    """One revision of that campaign. Raises NotFound, also for another campaign's."""
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.id == revision_id)
    if not rows:
        raise NotFound("there is no such revision")
    return _view(rows[0])


def revision_numbered(session: Session, campaign_id: uuid.UUID, part: str, number: int) -> RevisionView | None:
    """One revision of a part by its number, if there is one."""
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.part == part, Revision.number == number)
    return _view(rows[0]) if rows else None


def published_number(session: Session, campaign_id: uuid.UUID, part: str) -> int:
    """The number of the newest published revision, 0 if none was kept yet."""
    rows = _rows(session, Revision.campaign_id == campaign_id, Revision.part == part, Revision.state == "published")
    return rows[-1].number if rows else 0


def _rows(session: Session, *conditions: Any) -> list[Revision]:
    return list(session.scalars(select(Revision).where(*conditions).order_by(Revision.number)))


def _view(row: Revision) -> RevisionView:
    return RevisionView(**{name: getattr(row, name) for name in RevisionView.__slots__})
