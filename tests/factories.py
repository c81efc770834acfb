"""Makes the things tests are about. Alice, Bob and Charlie sign; Olga organizes."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from unittest.mock import patch

from campaign.campaigns.models import Campaign, CampaignCommunity, CampaignText, SiteSetting
from campaign.campaigns.queries import CampaignView, campaign_by_slug
from campaign.core.db import db, transaction
from campaign.letters.models import ModelLetter
from campaign.sealing import phrases
from campaign.sealing.actions import Share, lock, store_epoch
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.phrases import new_phrase
from campaign.sealing.queries import OpenEpoch, current_epoch
from campaign.signing.actions import Entry
from campaign.signing.canonical_email import read_email
from campaign.updates.models import CampaignUpdate

SLUG = "bread-and-roses"
LETTER = "labour-office"
SOURCE = {
    "publisher": "The Paper",
    "title": "Who decides",
    "url": "https://example.org/office",
    "date": "2026-02",
    "grade": "primary",
    "archived": None,
}
COMMUNITIES = ("workers", "women", "youth")


@dataclass(frozen=True)
class Site:
    """A site made for a test. `phrase` opens its lists."""

    campaign: CampaignView
    epoch: OpenEpoch
    phrase: str


def make_site(now: datetime, *, state: str = "open", slug: str = SLUG) -> Site:
    """One petition in two languages with three communities, and a key."""
    with quick_locks(), transaction() as session:
        make_settings(session)
        pair, _, share = _olgas_key()
        store_epoch(session, pair.public_key, [share], is_demo=False, has_paper=True, replaces=None, now=now)
        make_campaign(session, now, slug=slug, state=state)
    return find_site(slug)


def find_site(slug: str = SLUG) -> Site:
    """The site that was made in this database."""
    view = campaign_by_slug(db.session(), slug, "en", drafts=True)
    epoch = current_epoch(db.session(), is_demo=False)
    db.session.rollback()
    assert epoch is not None
    return Site(view, epoch, _olgas_key()[1])


@cache
def _olgas_key() -> tuple[KeyPair, str, Share]:
    """One for all sites of a process: to lock it takes longer than all the rest of a site."""
    pair, phrase = new_key_pair(), new_phrase()
    return pair, phrase, lock(pair, "Olga", phrase)


@contextmanager
def quick_locks() -> Iterator[None]:
    """Inside, phrases lock with a little of the memory and time they take in life (test_sealing_phrases holds that)."""
    with patch.object(phrases, "_MEMLIMIT_BYTES", 1 << 20):
        yield


def make_settings(session: Any) -> None:
    session.add(
        SiteSetting(
            id=1,
            languages=["en", "fa"],
            name={"en": "In Solidarity", "fa": "در همبستگی"},
            tagline={"en": "Together", "fa": "با هم"},
            allies=["union.example", "ally.example"],
        )
    )


def make_campaign(session: Any, now: datetime, *, slug: str, state: str = "open", kind: str = "petition") -> None:
    campaign_id = uuid.uuid4()
    session.add(Campaign(id=campaign_id, slug=slug, kind=kind, state=state, position=1))
    session.flush()
    for language, title in (("en", "Bread and roses"), ("fa", "نان و گل سرخ")):
        session.add(
            CampaignText(
                campaign_id=campaign_id,
                language=language,
                version=1,
                title=title,
                summary=f"{title}.",
                ask=f"{title}!",
                addressee="The mill",
                body=f"**{title}**",
                written_at=now,
            )
        )
    for position, key in enumerate(COMMUNITIES):
        label = {"en": key.title(), "fa": key}
        session.add(CampaignCommunity(campaign_id=campaign_id, key=key, position=position, label=label))


def make_letter(session: Any, campaign_id: uuid.UUID, key: str = LETTER, **changes: Any) -> None:
    """A letter to an office that reads Persian; English is there for those who send it."""
    values: dict[str, Any] = {
        "office": {"en": "Labour office", "fa": "اداره کار"},
        "address": "Labour office\n12 Mill Street\nMilltown",
        "email": "office@example.org",
        "reads": ["fa"],
        "valid_while": [],
        "texts": {
            "en": {"subject": "The mill", "body": "To whom it may concern,\n\nopen the mill."},
            "fa": {"subject": "کارخانه", "body": "با سلام،\n\nکارخانه را باز کنید."},
        },
        "sources": [SOURCE],
        **changes,
    }
    session.add(ModelLetter(campaign_id=campaign_id, key=key, **values))


def make_update(session: Any, campaign_id: uuid.UUID, day: date, name: str = "news", **changes: Any) -> None:
    """News in both languages."""
    key = f"{day}-{name}"
    texts = {
        "en": {"title": f"News of {day}", "body": "The mill is **open**."},
        "fa": {"title": f"خبر {day}", "body": "کارخانه **باز** است."},
    }
    changed_at = datetime.combine(day, time(12), UTC)
    values: dict[str, Any] = {"day": day, "texts": texts, "sources": [], "changed_at": changed_at, **changes}
    session.add(CampaignUpdate(campaign_id=campaign_id, key=key, **values))


def entry(email: str = "alice@example.org", **changes: Any) -> Entry:
    """What Alice fills in, or somebody else."""
    values: dict[str, Any] = {
        "name": "Alice Appleton",
        "email": read_email(email),
        "public_name": None,
        "country": "DE",
        "message": "",
        "wants_updates": False,
        "language": "en",
        "source": "site",
        **changes,
    }
    return Entry(**values)
