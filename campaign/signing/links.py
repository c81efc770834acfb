"""The links mailed to a signatory: one confirms, one manages. Found by the tag of address and campaign that they carry.

The tag goes when the signature is withdrawn, so nothing in the database then belongs to a link in somebody's mailbox.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from campaign.core.clock import hour_of
from campaign.core.errors import NotFound
from campaign.core.tokens import new_link_token, tag_of, token_digest
from campaign.signing.models import Signature

LINK_DAYS = 7


@dataclass(frozen=True, slots=True, repr=False)
class Links:
    """The tokens of one mail. New ones replace those before; the newest mail is the one that works."""

    confirm_token: str
    manage_token: str
    until: datetime


def new_links(tag: bytes, mail_at: datetime) -> Links:
    """Links for the signature with this tag, which work for `LINK_DAYS` after the mail goes out."""
    # To the hour, like everything else that stays: seven days before it would be the minute of signing.
    until = hour_of(mail_at) + timedelta(days=LINK_DAYS, hours=1)
    return Links(new_link_token(tag), new_link_token(tag), until)


def is_link(digest: InstrumentedAttribute[bytes | None], token: str) -> ColumnElement[bool]:
    """The condition that a row belongs to this link; `digest` is the column. Raises NotFound for what is no link."""
    tag = tag_of(token)
    if tag is None:
        raise NotFound("no such link")
    # The index knows the tag only; the digest is what proves the link.
    return and_(Signature.dedupe_tag == tag, digest == token_digest(token))
