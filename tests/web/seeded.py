"""The site as it is first planted, with signatures, for tests of what programs read."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from campaign.app import create_app
from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import campaign_by_slug
from campaign.cases.statuses import CASE_STATUSES
from campaign.conversation.models import ShownEndorsement, ShownMessage, Submission
from campaign.core.db import db, transaction
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from campaign.signing.models import Signature, SignatureDelta
from tests.databases import config_for, new_sqlite
from tests.factories import make_letter, make_update

PETITION = "stop-us-war-moves-against-iran"
CASES = ("nasrin-sotoudeh", "esmail-bakhshi")
CAMPAIGNS = (PETITION, *CASES)


@contextmanager
def seeded_site(folder: Path, *, now: datetime) -> Iterator[Flask]:
    """A site on SQLite with the seeds in it."""
    app = create_app(config_for(new_sqlite(folder), folder))
    with app.app_context():
        with transaction() as session:
            plant(session, read_seeds(SEEDS, today=now.date()), now=now)
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def add_names(app: Flask, slug: str, names: list[str], *, now: datetime) -> None:
    """Confirmed signatures with these public names, without their mails."""
    with app.app_context(), transaction() as session:
        campaign_id = campaign_by_slug(session, slug, "en").id
        for name in names:
            row = {"campaign_id": campaign_id, "id": uuid.uuid4(), "state": "confirmed", "public_name": name}
            hours = {"signed_hour": now, "confirmed_hour": now}
            session.add(Signature(**row, **hours, language="en", text_version=1, source="site", wants_updates=False))
            session.add(SignatureDelta(campaign_id=campaign_id, hour=now, change=1))


def add_voices(app: Flask, slug: str, *, now: datetime) -> None:
    """A message and an endorsement as if they had been approved; nothing is sealed in them."""
    with app.app_context(), transaction() as session:
        campaign_id = campaign_by_slug(session, slug, "en").id
        signature = session.scalars(select(Signature).where(Signature.campaign_id == campaign_id).limit(1)).one()
        common = {"campaign_id": campaign_id, "language": "en"}
        for kind in ("message", "endorsement"):
            about = {"signature_id": signature.id, "audience": "page"} if kind == "message" else {}
            row = Submission(id=uuid.uuid4(), **common, kind=kind, state="approved", sent_hour=now, sealed=b"", **about)
            session.add(row)
            session.flush()
            shown = {"submission_id": row.id, **common, "shown_hour": now}
            if kind == "message":
                session.add(
                    ShownMessage(**shown, text="I defend her rights.", has_reservation=False, is_to_person=False)
                )
            else:
                session.add(
                    ShownEndorsement(
                        **shown, name="Mill Workers' Union", country="DE", url="https://union.example/", statement="We."
                    )
                )


def add_actions(app: Flask, slug: str, *, now: datetime) -> None:
    """News of today, and a letter that is right under every status."""
    with app.app_context(), transaction() as session:
        campaign_id = session.scalars(select(Campaign.id).where(Campaign.slug == slug)).one()
        make_update(session, campaign_id, now.date())
        make_letter(session, campaign_id, valid_while=list(CASE_STATUSES))
