"""A site at whose desk every page has something to show: the seeds, a key, people, and work of every kind under way."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.campaigns.models import CampaignEvent
from campaign.campaigns.queries import CampaignView, campaign_by_slug
from campaign.cases.consent import Consent, record_consent
from campaign.conversation.contents import Statement, Words
from campaign.conversation.endorsements import enter_endorsement
from campaign.conversation.messages import leave_message
from campaign.conversation.models import Submission
from campaign.conversation.moderation import Deed, Moderator, decide
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.editing import texts
from campaign.editing.actions import ask_for_review, save_draft
from campaign.organizers.actions import add_organizer
from campaign.organizers.invitations import invite
from campaign.paper.actions import Deed as PaperDeed
from campaign.paper.actions import Sheets, approve, enter_sheets
from campaign.resources import SEEDS
from campaign.sealing.actions import lock, store_epoch
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import new_phrase
from campaign.sealing.queries import current_epoch
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from tests.browser.real_site import LOGIN, PASSWORD, RealSite
from tests.databases import config_for, new_sqlite
from tests.factories import Site, make_letter, make_update
from tests.paper_batches import bring
from tests.serving import serving
from tests.signers import newest_letter, sign_and_confirm
from tests.web.seeded import PETITION

CASE = "nasrin-sotoudeh"
LETTER = "prison-office"
WORDS = Words("Bread, and roses too.", False, "both", "en")


@dataclass(frozen=True)
class FullDesk:
    """The running site, and what stands in the addresses of its pages: values by the name of the part, under the name
    of the page where it has other ones than most."""

    site: RealSite
    parts: dict[str, dict[str, list[Any]]]


@contextmanager
def full_desk(folder: Path) -> Iterator[FullDesk]:
    """The site until the end of the block."""
    instance = folder / "instance"
    instance.mkdir(mode=0o700)
    url = new_sqlite(instance)
    app = create_app(config_for(url, instance))
    with app.app_context():
        parts = _Planting(app, Keyring.load(instance)).parts()
        db.session.remove()
        db.engine.dispose()
    with serving(instance, url, folder / "site.log") as server:
        yield FullDesk(RealSite(f"http://127.0.0.1:{server.port}", instance, app), parts)


class _Planting:
    """What is planted, in the order in which people would do it."""

    def __init__(self, app: Flask, keyring: Keyring) -> None:
        self._app, self._keyring, self._now = app, keyring, utc_now()
        with transaction() as session:
            plant(session, read_seeds(SEEDS, today=self._now.date()), now=self._now)
            pair, phrase = new_key_pair(), new_phrase()
            shares = [lock(pair, name, phrase) for name in ("Olga", "Edda")]
            store_epoch(session, pair.public_key, shares, is_demo=False, has_paper=True, replaces=None, now=self._now)
            self._olga = add_organizer(session, login=LOGIN, password=PASSWORD, role="owner", now=self._now)
            self._edda = add_organizer(session, login="edda", password=PASSWORD, role="editor", now=self._now)
        epoch = current_epoch(db.session(), is_demo=False)
        assert epoch is not None
        self._site = Site(self._campaign(CASE), epoch, phrase)
        db.session.rollback()

    def parts(self) -> dict[str, dict[str, list[Any]]]:
        self._sent_in()
        own, counted, rows = self._on_paper()
        with transaction() as session:
            revision = self._under_review(session)
            self._case(session)
            self._invite(session)
            key = session.scalars(select(Epoch.id)).one()
            share = session.scalars(select(WrappedKey.id).limit(1)).one()
            events = select(CampaignEvent.key).where(CampaignEvent.campaign_id == self._site.campaign.id)
            event = session.scalars(events.limit(1)).one()
        return {
            "": {
                "slug": [CASE],
                "language": ["fa"],
                "part": ["text:en"],
                "number": [own, counted, rows],
                "revision_id": [revision],
                "key_id": [key.hex],
                "share_id": [share.hex],
                "token": [newest_letter(self._keyring, "nina@example.org").values["token"]],
            },
            "organize.campaign": {"slug": [CASE, PETITION]},
            "organize.lists": {"slug": [CASE, PETITION]},
            "organize.edit_event": {"key": [event]},
            "organize.edit_letter": {"key": [LETTER]},
            "organize.edit_update": {"key": [f"{self._now.date()}-news"]},
            "organize.correct_paper": {"number": [own]},
            "organize.paper_scan": {"number": [own]},
        }

    def _sent_in(self) -> None:
        """One message approved for the person and everybody, one that waits with a telephone number; an endorsement."""
        for email in ("alice@example.org", "bob@example.org"):
            sign_and_confirm(self._site, self._keyring, self._now, email, public_name=email.partition("@")[0])
            token = newest_letter(self._keyring, email).values["manage_token"]
            with transaction() as session:
                leave_message(
                    session, token=token, link="manage", words=WORDS, key=self._keyring.waiting, now=self._now
                )
        with transaction() as session:
            first = session.scalars(select(Submission.id).limit(1)).one()
            mona = Moderator(self._edda, {self._site.campaign.id: CASE}, frozenset())
            decide(session, mona, [first], Deed("approve"), key=self._keyring.waiting, now=self._now)
            enter_endorsement(
                session,
                campaign_id=self._site.campaign.id,
                statement=Statement("Bakers' Guild", "DE", "https://guild.example/", "We stand with her.", "en"),
                organizer_id=self._edda,
                keyring=self._keyring,
                now=self._now,
            )

    def _on_paper(self) -> tuple[int, int, int]:
        """Sheets that Olga entered and that wait; Edda's, which count; rows that wait."""
        mine, hers = (PaperDeed(self._site.campaign, who, self._now) for who in (self._olga, self._edda))
        sheets = Sheets(self._now.date() - timedelta(days=1), 12, "en", 1, "The square", "Collette")
        with transaction() as session:
            own = enter_sheets(session, mine, sheets, epoch=self._site.epoch)
            counted = enter_sheets(session, hers, sheets, epoch=self._site.epoch)
        with transaction() as session:
            approve(session, mine, counted, revision=1)
        rows = bring(self._site, self._keyring, self._now, "charlie@example.org", "dora@example.org")
        return own, counted, rows

    def _under_review(self, session: Session) -> uuid.UUID:
        campaign_id = self._site.campaign.id
        content = {**(texts.read(session, campaign_id, "en") or {}), "ask": "Let her go home."}
        draft = save_draft(
            session,
            campaign_id=campaign_id,
            part="text:en",
            content=content,
            author_id=self._edda,
            reason="The ask was too long",
            now=self._now,
        )
        session.flush()
        ask_for_review(session, revision_id=draft.id, organizer_id=self._edda, now=self._now)
        return draft.id

    def _case(self, session: Session) -> None:
        campaign_id, today = self._site.campaign.id, self._now.date()
        make_letter(session, campaign_id, LETTER)
        make_update(session, campaign_id, today)
        known = Consent("family", "Her sister, by telephone.", today + timedelta(days=90))
        record_consent(session, campaign_id, known, organizer_id=self._olga, epoch=self._site.epoch, now=self._now)

    def _invite(self, session: Session) -> None:
        invite(
            session,
            email="nina@example.org",
            role="editor",
            campaign_id=self._site.campaign.id,
            invited_by=self._olga,
            inviter=LOGIN,
            language="en",
            key=self._keyring.waiting,
            now=self._now,
        )

    def _campaign(self, slug: str) -> CampaignView:
        return campaign_by_slug(db.session(), slug, "en", drafts=True)
