"""An organization endorses a campaign: somebody writes for it, uses the link mailed to them, and a moderator verifies.

Whoever asks learns nothing: the answer is the same whether that contact has written before or not.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import CampaignView
from campaign.conversation.contents import Statement, open_box, seal_statement
from campaign.conversation.erasures import note_taken_back
from campaign.conversation.models import Submission
from campaign.conversation.own_addresses import contact_tag
from campaign.core.clock import hour_of
from campaign.core.errors import NotFound, Refused, SealingError
from campaign.core.keyring import Keyring
from campaign.core.tokens import new_link_token, tag_of, token_digest
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.signing.canonical_email import EmailAddress
from campaign.signing.links import LINK_DAYS
from campaign.signing.purged import is_purged, refuse_if_purged


@dataclass(frozen=True, slots=True)
class OwnEndorsement:
    """An endorsement as whoever has its link may see it; `statement` is None if it cannot be opened."""

    campaign_id: uuid.UUID
    state: str
    statement: Statement | None
    held_for: tuple[str, ...]
    declined_for: str | None


def ask_to_endorse(
    session: Session,
    *,
    campaign: CampaignView,
    statement: Statement,
    email: EmailAddress,
    keyring: Keyring,
    now: datetime,
    mail_at: datetime,
) -> None:
    """Keep an endorsement until its contact has used the link that is mailed to them.

    One that nobody has confirmed yet is replaced; of one that waits or is decided nothing is changed and nothing said:
    its contact has a link. Raises Refused if the campaign takes none.
    """
    _require_open(session, campaign.id)
    tag = contact_tag(keyring.tags, campaign.id, email.canonical)
    known = session.scalar(select(Submission).where(Submission.contact_tag == tag).with_for_update())
    letter = Letter.decoy()
    if known is None or known.state == "unverified":
        if known is not None:
            session.delete(known)
            session.flush()
        token, submission_id = new_link_token(tag), uuid.uuid4()
        row = _row(campaign.id, submission_id, statement, email.typed, keyring, now)
        row.state, row.contact_tag, row.link_digest = "unverified", tag, token_digest(token)
        # To the hour, like everything else that stays.
        row.link_until = hour_of(mail_at) + timedelta(days=LINK_DAYS, hours=1)
        session.add(row)
        session.flush()
        # Not one word of whoever typed the address: the mail would carry it to people who did not ask for it.
        values = {"title": campaign.title, "campaign": campaign.id.hex, "endorse_token": token}
        letter = Letter(email.typed, "endorse", statement.language, values)
    enqueue(session, letter, key=keyring.waiting, now=now, due_at=mail_at)


def enter_endorsement(
    session: Session,
    *,
    campaign_id: uuid.UUID,
    statement: Statement,
    organizer_id: uuid.UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Keep one that reached the organizers on another way. Somebody else has to approve it.

    Raises SignaturesErased in a purged campaign.
    """
    refuse_if_purged(session, campaign_id)
    row = _row(campaign_id, uuid.uuid4(), statement, "", keyring, now)
    row.state, row.entered_by = "waiting", organizer_id
    session.add(row)
    session.flush()


def endorsement_of(session: Session, *, token: str, key: bytes, now: datetime) -> OwnEndorsement:
    """What a mailed link is about. Raises NotFound for every bad link."""
    row = _linked(session, token, now)
    try:
        opened = open_box(key, row.id, row.sealed)
        statement = Statement(opened.name, opened.country, opened.url, opened.text, row.language)
    except SealingError:
        statement = None
    return OwnEndorsement(row.campaign_id, row.state, statement, tuple(row.held_for.split()), row.declined_for)


def confirm_endorsement(session: Session, *, token: str, now: datetime) -> None:
    """The contact says that it is theirs: from now on it waits for a moderator. Doing it again changes nothing."""
    row = _linked(session, token, now, lock=True)
    if row.state == "unverified":
        row.state, row.sent_hour = "waiting", hour_of(now)


def take_back_endorsement(session: Session, *, token: str, now: datetime) -> None:
    """Erase it, also if it is public. Raises NotFound for every bad link."""
    row = _linked(session, token, now, lock=True)
    note_taken_back(session, row.id, "endorsement")
    session.execute(delete(Submission).where(Submission.id == row.id))


def _row(
    campaign_id: uuid.UUID, submission_id: uuid.UUID, statement: Statement, email: str, keyring: Keyring, now: datetime
) -> Submission:
    return Submission(
        id=submission_id,
        campaign_id=campaign_id,
        kind="endorsement",
        sent_hour=hour_of(now),
        language=statement.language,
        sealed=seal_statement(keyring.waiting, submission_id, statement, email=email),
        held_for=" ".join(statement.held_for),
    )


def _require_open(session: Session, campaign_id: uuid.UUID) -> None:
    # Locked, so that of two at once from one contact the second finds the first. Signing goes on meanwhile.
    state = select(Campaign.state).where(Campaign.id == campaign_id, Campaign.hidden_at.is_(None))
    # A restored backup can have one open that was purged since.
    if session.scalar(state.with_for_update(key_share=True)) != "open" or is_purged(session, campaign_id):
        raise Refused("this campaign takes no endorsements now")


def _linked(session: Session, token: str, now: datetime, *, lock: bool = False) -> Submission:
    """The row of a mailed link: good for `LINK_DAYS`, and once it was used as long as there is a row."""
    tag = tag_of(token)
    query = select(Submission).where(Submission.contact_tag == tag, Submission.link_digest == token_digest(token))
    row = session.scalar(query.with_for_update() if lock else query) if tag else None
    if row is None or (row.state == "unverified" and (row.link_until is None or row.link_until <= now)):
        raise NotFound("no such link")
    return row
