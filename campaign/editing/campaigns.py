"""Beginning a campaign, opening and closing it. What makes something public takes a second person here too."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.audit.models import AuditEntry
from campaign.campaigns.models import KINDS, Campaign, CampaignCommunity
from campaign.campaigns.queries import site
from campaign.campaigns.retention import note_state
from campaign.campaigns.texts import newest_texts
from campaign.cases.models import Case
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.editing.actions import OwnRevision, check_reason, save_draft
from campaign.editing.checklist import check_answers
from campaign.editing.models import Revision
from campaign.seeding.rows import Content
from campaign.seeding.slugs import LONGEST_SLUG, RESERVED_SLUGS, SLUG
from campaign.signing.purging import refuse_opening

# From where to where; hiding is another thing.
_MAY_BECOME = {"draft": "open", "open": "closed", "closed": "open"}


class WithoutCase(Refused):
    """A solidarity campaign without the person it is about."""


class Unreviewed(Refused):
    """A campaign without a text that somebody else than its author has read."""


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What a campaign begins with: `text` in the site's first language, `communities` as another campaign has them.

    `reason` is what the history says of that text.
    """

    slug: str
    kind: str
    text: Content
    reason: str
    communities_of: str = ""


def begin_campaign(session: Session, new: NewCampaign, *, organizer_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Make a draft, which nobody sees but organizers, and a draft of its first text, to be reviewed as every other.

    The id of that revision. Raises Invalid (field `slug` or `kind`), Mistakes.
    """
    _check_slug(session, new.slug)
    if new.kind not in KINDS:
        raise Invalid("a campaign is a petition or a solidarity campaign", field="kind")
    campaign = Campaign(
        id=uuid.uuid4(),
        slug=new.slug,
        kind=new.kind,
        state="draft",
        position=(session.scalar(select(func.max(Campaign.position))) or 0) + 1,
        edited_at=now,
    )
    note_state(campaign, now=now)
    session.add(campaign)
    session.flush()
    _copy_communities(session, campaign, new.communities_of)
    record(session, organizer_id=organizer_id, action="began_campaign", subject=new.slug, now=now)
    first = save_draft(
        session,
        campaign_id=campaign.id,
        part=f"text:{site(session).languages[0]}",
        content=new.text,
        author_id=organizer_id,
        reason=new.reason,
        now=now,
    )
    return first.id


def open_campaign(
    session: Session,
    campaign_id: uuid.UUID,
    *,
    organizer_id: uuid.UUID,
    why: str,
    answers: dict[str, str],
    now: datetime,
) -> None:
    """Let it be read and signed.

    Raises OwnRevision for who began it, Unreviewed, WithoutCase, Unfit, Invalid, Refused.
    """
    campaign = _locked(session, campaign_id, "open")
    said = check_reason(why, field="why")
    if campaign.state == "draft":
        if begun_by(session, campaign.slug) == organizer_id:
            raise OwnRevision("whoever began a campaign does not open it")
        if not is_reviewed(session, campaign_id):
            raise Unreviewed("a campaign is opened once a second person has read and published its text")
    if campaign.kind == "solidarity":
        if session.get(Case, campaign_id) is None:
            raise WithoutCase("a solidarity campaign is opened once it says whom it is about")
        check_answers(answers)
    _become(session, campaign, "open", "opened_campaign", organizer_id, said, now)
    refuse_opening(session, campaign)


def close_campaign(
    session: Session, campaign_id: uuid.UUID, *, organizer_id: uuid.UUID, why: str, now: datetime
) -> None:
    """Take no more signatures; the page stays. Raises Invalid (field `why`) or Refused."""
    campaign = _locked(session, campaign_id, "closed")
    _become(session, campaign, "closed", "closed_campaign", organizer_id, check_reason(why, field="why"), now)


def begun_by(session: Session, slug: str) -> uuid.UUID | None:
    """Who began it at the desk; None for what came from seed files."""
    begun = select(AuditEntry.organizer_id).where(AuditEntry.action == "began_campaign", AuditEntry.subject == slug)
    return session.scalar(begun.order_by(AuditEntry.number.desc()).limit(1))


def _check_slug(session: Session, slug: str) -> None:
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Invalid("a slug has small latin letters, digits and single hyphens", field="slug")
    if slug in RESERVED_SLUGS:
        raise Invalid("this slug is the address of another page", field="slug")
    if session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None:
        raise Invalid("there is a campaign with this slug", field="slug")


def is_reviewed(session: Session, campaign_id: uuid.UUID) -> bool:
    """Whether it has a text, and all that was written at the desk is as a second person has published it.

    Drafts that older versions of this program began have a first text that nobody has reviewed.
    """
    texts = {language: row for language, row in newest_texts(session, campaign_id).items() if row.retired_at is None}
    written = [f"text:{language}" for language, row in texts.items() if row.edited_at is not None]
    reviewed = select(Revision.part).where(
        Revision.campaign_id == campaign_id, Revision.part.in_(written), Revision.reviewer_id.is_not(None)
    )
    published = reviewed.where(Revision.state == "published")
    return site(session).languages[0] in texts and set(session.scalars(published)) == set(written)


def _copy_communities(session: Session, campaign: Campaign, slug: str) -> None:
    rows = session.scalars(
        select(CampaignCommunity)
        .join(Campaign)
        .where(Campaign.slug == slug, CampaignCommunity.retired_at.is_(None))
        .order_by(CampaignCommunity.position)
    )
    for row in rows.all():
        session.add(
            CampaignCommunity(campaign_id=campaign.id, key=row.key, position=row.position, label=dict(row.label))
        )


def _locked(session: Session, campaign_id: uuid.UUID, wanted: str) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True)
    if campaign is None:
        raise NotFound("no such campaign")
    if _MAY_BECOME[campaign.state] != wanted:
        raise Refused("the campaign is not as it was when the page was opened")
    return campaign


def _become(
    session: Session, campaign: Campaign, state: str, action: str, organizer_id: uuid.UUID, why: str, now: datetime
) -> None:
    campaign.state, campaign.edited_at = state, now
    note_state(campaign, now=now)
    record(session, organizer_id=organizer_id, action=action, subject=campaign.slug, why=why, now=now)
