"""Whether what a campaign held about people was erased for its age: then nothing about them is stored in it again."""

import uuid

from sqlalchemy.orm import Session

from campaign.core.errors import Refused
from campaign.signing.models import Purge


class SignaturesErased(Refused):
    """Something about people was to be stored in a campaign whose signatures were erased for their age."""


def is_purged(session: Session, campaign_id: uuid.UUID) -> bool:
    """Whether its signatures were erased for their age, or are being erased."""
    return session.get(Purge, campaign_id) is not None


def refuse_if_purged(session: Session, campaign_id: uuid.UUID) -> None:
    """Raise SignaturesErased before something about people is stored again where all of that has been erased."""
    if is_purged(session, campaign_id):
        raise SignaturesErased(
            "the signatures of this campaign were erased for their age, so nothing about people is stored in it now"
        )
