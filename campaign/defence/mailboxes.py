"""How much mail one mailbox gets in a day, whoever asked for it; and how many invitations go out."""

import uuid
from datetime import datetime

from campaign.core.errors import Invalid
from campaign.defence.rate_limits import INVITE_BY_MAILBOX, INVITE_BY_ORGANIZER, MAIL_BY_MAILBOX, Limit, RateLimits
from campaign.signing.canonical_email import read_email


def put_off_until(limits: RateLimits, address: str, *, now: datetime) -> datetime | None:
    """Count a mail; None if it may go now, else when it is to be tried again, which counts as another."""
    if limits.allows(MAIL_BY_MAILBOX, _mailbox(address), now=now):
        return None
    return MAIL_BY_MAILBOX.window_ends(now)


def invitations_used_up(limits: RateLimits, inviter: uuid.UUID, address: str, *, now: datetime) -> Limit | None:
    """Count an invitation; the limit that keeps it from going out today, None if it goes."""
    if not limits.allows(INVITE_BY_MAILBOX, _mailbox(address), now=now):
        return INVITE_BY_MAILBOX
    return None if limits.allows(INVITE_BY_ORGANIZER, inviter.bytes, now=now) else INVITE_BY_ORGANIZER


def _mailbox(address: str) -> str:
    """All spellings that reach one mailbox as one."""
    try:
        return read_email(address).canonical
    except Invalid:
        # It was one when it was queued; rules may have changed since.
        return address.lower()
