"""People who say something, and Mona and Edda who decide about it, through the pages."""

from collections.abc import Collection

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign.campaigns.queries import campaign_by_slug
from campaign.conversation.models import ShownEndorsement, ShownMessage, Submission
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer, give_role
from tests.factories import SLUG, make_campaign
from tests.pages import browse
from tests.signers import letters
from tests.web.desk import PASSWORD, Desk

QUEUE = "/organize/moderation"
OWN = f"{QUEUE}/own-addresses"
WORDS = "Bread, and roses too."
UNION = {
    "name": "Mill Workers' Union",
    "country": "DE",
    "url": "https://union.example/",
    "statement": "We stand with them.",
    "email": "office@union.example",
}


def submissions(app: Flask) -> list[Submission]:
    """All that was sent in, read afresh."""
    with app.app_context():
        rows = list(db.session.scalars(select(Submission).order_by(Submission.sent_hour, Submission.id)))
        db.session.expunge_all()
        return rows


def shown(app: Flask) -> list[str]:
    """What anybody can read."""
    with app.app_context():
        texts = [*db.session.scalars(select(ShownMessage.text)), *db.session.scalars(select(ShownEndorsement.name))]
        db.session.rollback()
        return texts


def moderator(app: Flask, login: str = "mona", addresses: str = "mona@example.org") -> Desk:
    """A desk at which somebody has named the addresses they sign with."""
    desk = Desk(browse(app))
    assert desk.log_in(login).status_code == 303
    if addresses:
        form = desk.browser.read(OWN).form("addresses")
        assert desk.browser.post(OWN, data={**form.values, "addresses": addresses}).status_code == 303
    return desk


def decide(desk: Desk, deed: str, ids: Collection[str], query: str = "", **fields: object) -> TestResponse:
    """Tick these in the queue and do something with them."""
    token = desk.browser.read(QUEUE + query).value("csrf_token")
    data = {"csrf_token": token, "deed": deed, "item": list(ids), **fields}
    return desk.browser.post(QUEUE + query, data=data)


def endorse_link(app: Flask, keyring: Keyring) -> str:
    """The address in the newest mail to an organization."""
    with app.app_context():
        tokens = [letter.values["endorse_token"] for letter in letters(keyring) if letter.template == "endorse"]
    return f"/en/endorsement/{tokens[-1]}"


def foreign_campaign(app: Flask, *, kind: str = "petition", slug: str = "another-campaign") -> str:
    """Another campaign, of which the organizers of one campaign know nothing."""
    with app.app_context(), transaction() as session:
        make_campaign(session, utc_now(), slug=slug, kind=kind)
    return slug


def moderator_of_one(app: Flask, login: str = "milo", slug: str = SLUG) -> Desk:
    """Somebody who moderates one campaign only."""
    with app.app_context(), transaction() as session:
        added = add_organizer(session, login=login, password=PASSWORD, role=None, now=utc_now())
        campaign = campaign_by_slug(session, slug, "en", drafts=True)
        give_role(session, added, campaign_id=campaign.id, role="moderator")
    return moderator(app, login, f"{login}@example.org")
