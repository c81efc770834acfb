"""How much mail one mailbox gets in a day, whoever asked for it and at however many campaigns."""

from datetime import datetime

from campaign.core.errors import Invalid
from campaign.defence.rate_limits import MAIL_BY_MAILBOX, RateLimits
from campaign.signing.canonical_email import read_email


def put_off_until(limits: RateLimits, address: str, *, now: datetime) -> datetime | None:
    """Count a mail; None if it may go now, else when it is to be tried again, which counts as another."""
    if limits.allows(MAIL_BY_MAILBOX, _mailbox(address), now=now):
        return None
    return MAIL_BY_MAILBOX.window_ends(now)


def _mailbox(address: str) -> str:
    """All spellings that reach one mailbox as one."""
    try:
        return read_email(address).canonical
    except Invalid:
        # It was one when it was queued; rules may have changed since.
        return address.lower()
