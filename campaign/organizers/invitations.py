"""Joining the desk: an invitation goes out by mail, and its link makes one account or adds to one, once."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaign.core.clock_mark import may_erase_by_age
from campaign.core.errors import NotFound, Refused
from campaign.core.tokens import new_token, token_digest
from campaign.organizers.actions import change_site_role, give_role, store_organizer
from campaign.organizers.models import Invitation
from campaign.organizers.queries import Account, account
from campaign.organizers.roles import is_at_least
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter

INVITATION_DAYS = 7


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """One that was not used yet. Whom it was mailed to is stored nowhere."""

    id: uuid.UUID
    role: str
    campaign_id: uuid.UUID | None
    invited_by: uuid.UUID
    created_at: datetime
    until: datetime


def invite(
    session: Session,
    *,
    email: str,
    role: str,
    campaign_id: uuid.UUID | None,
    invited_by: uuid.UUID,
    inviter: str,
    language: str,
    key: bytes,
    now: datetime,
) -> uuid.UUID:
    """Mail somebody a link to join with this role, on the site or in one campaign; the invitation's id."""
    token, invitation_id = new_token(), uuid.uuid4()
    session.add(
        Invitation(
            id=invitation_id,
            token_digest=token_digest(token),
            role=role,
            campaign_id=campaign_id,
            invited_by=invited_by,
            created_at=now,
            until=now + timedelta(days=INVITATION_DAYS),
        )
    )
    session.flush()
    enqueue(session, Letter(email, "invitation", language, {"token": token, "inviter": inviter}), key=key, now=now)
    return invitation_id


def invitation(session: Session, token: str, *, now: datetime) -> OpenInvitation:
    """The invitation of a link.

    Raises NotFound if it ran out, was used or taken back, never was, or is by somebody who may not invite any more.
    """
    found = session.scalar(
        select(Invitation).where(Invitation.token_digest == token_digest(token), Invitation.until > now)
    )
    if found is None or not _may_invite(session, found.invited_by, found.campaign_id):
        raise NotFound("no such invitation")
    return _view(found)


def accept(session: Session, token: str, *, login: str, stored_password: str, now: datetime) -> uuid.UUID:
    """Make the account; its id. Of two who use the link at once one is right.

    Raises NotFound as `invitation` does; Invalid for a bad login and Refused for a login that is taken:
    then roll back, for the link is to stay good.
    """
    taken = _used_up(session, token, now)
    role = taken.role if taken.campaign_id is None else None
    made = store_organizer(session, login=login, stored_password=stored_password, role=role, now=now)
    if taken.campaign_id is not None:
        give_role(session, made, campaign_id=taken.campaign_id, role=taken.role)
    return made


def accept_with_account(session: Session, token: str, organizer_id: uuid.UUID, *, now: datetime) -> OpenInvitation:
    """Add the role to an account there is. Of two who use the link at once one is right.

    Raises NotFound as `invitation` does; Refused if they may do as much already: then roll back, for the link may be
    meant for somebody else.
    """
    taken, mine = _used_up(session, token, now), account(session, organizer_id)
    if mine is None:
        raise NotFound("there is no such organizer")
    if may_already(mine, taken):
        raise Refused("the invitation adds nothing to what they may do")
    if taken.campaign_id is None:
        change_site_role(session, organizer_id, taken.role)
    else:
        give_role(session, organizer_id, campaign_id=taken.campaign_id, role=taken.role)
    return taken


def may_already(mine: Account, offered: OpenInvitation) -> bool:
    """Whether this account may do all that the invitation offers."""
    role = mine.role if offered.campaign_id is None else mine.role_in(offered.campaign_id)
    return is_at_least(role, offered.role)


def open_invitations(session: Session, *, campaign_id: uuid.UUID | None, now: datetime) -> list[OpenInvitation]:
    """Those to one campaign, or those to the whole site; the newest first."""
    rows = session.scalars(
        select(Invitation)
        .where(Invitation.campaign_id == campaign_id, Invitation.until > now)
        .order_by(Invitation.created_at.desc(), Invitation.id)
    )
    return [_view(row) for row in rows if _may_invite(session, row.invited_by, campaign_id)]


def take_back(session: Session, invitation_id: uuid.UUID, *, campaign_id: uuid.UUID | None) -> bool:
    """End an invitation; whether there was one, to this campaign or to the site."""
    gone = session.execute(
        delete(Invitation)
        .where(Invitation.id == invitation_id, Invitation.campaign_id == campaign_id)
        .returning(Invitation.id)
    )
    return gone.first() is not None


def forget_old_invitations(session: Session, *, now: datetime) -> None:
    """Delete those that ran out, unless the clock is in doubt."""
    if may_erase_by_age(session):
        session.execute(delete(Invitation).where(Invitation.until <= now))


def _used_up(session: Session, token: str, now: datetime) -> OpenInvitation:
    """The invitation of a link, which nobody can use after this transaction. Raises NotFound."""
    taken = session.scalars(
        delete(Invitation)
        .where(Invitation.token_digest == token_digest(token), Invitation.until > now)
        .returning(Invitation)
    ).one_or_none()
    if taken is None or not _may_invite(session, taken.invited_by, taken.campaign_id):
        raise NotFound("no such invitation")
    return _view(taken)


def _may_invite(session: Session, organizer_id: uuid.UUID, campaign_id: uuid.UUID | None) -> bool:
    # Asked when the link is used too: who lost a role must not hand it on.
    found = account(session, organizer_id)
    role = None if found is None else found.role if campaign_id is None else found.role_in(campaign_id)
    return is_at_least(role, "owner")


def _view(row: Invitation) -> OpenInvitation:
    return OpenInvitation(row.id, row.role, row.campaign_id, row.invited_by, row.created_at, row.until)
