"""Organizers who take signatures out and put them back, and what is seen of it."""

from uuid import UUID

from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.counting.actions import reconcile
from campaign.counting.queries import signature_count
from campaign.signing.invalidation import Outcome, invalidate, reinstate
from campaign.signing.models import Signature
from tests.factories import Site

BOB = "bob@example.org"


def ids() -> list[UUID]:
    found = list(db.session.scalars(select(Signature.id)))
    db.session.rollback()
    return found


def take_out(site: Site, *chosen: UUID, reason: str = "forged") -> Outcome:
    with transaction() as session:
        return invalidate(session, campaign_id=site.campaign.id, signature_ids=chosen, reason=reason)


def put_back(site: Site, *chosen: UUID) -> Outcome:
    with transaction() as session:
        return reinstate(session, campaign_id=site.campaign.id, signature_ids=chosen)


def row() -> Signature:
    db.session.rollback()
    return db.session.scalars(select(Signature)).one()


def count(site: Site) -> int:
    db.session.rollback()
    return signature_count(db.session(), site.campaign.id)


def drift() -> int:
    with transaction() as session:
        return reconcile(session)
