"""Planting seeds: again changes nothing, a changed text is a new version, an organizer's edit stays."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.campaigns.models import Campaign, CampaignEvent, CampaignText
from campaign.campaigns.queries import campaign_by_slug, campaign_communities
from campaign.core.db import db, transaction
from campaign.resources import SEEDS
from campaign.seeding.actions import SeedReport, plant
from campaign.seeding.reader import SeedSite, read_seeds

SLUG = "nasrin-sotoudeh"


@pytest.fixture(scope="module")
def seeds() -> SeedSite:
    return read_seeds(SEEDS, today=datetime(2026, 11, 22).date())  # noqa: DTZ001 - a day, not an instant


def planted(seeds: SeedSite, now: datetime) -> SeedReport:
    with transaction() as session:
        return plant(session, seeds, now=now)


def changed(seeds: SeedSite, **changes: object) -> SeedSite:
    campaigns = tuple(replace(part, **changes) if part.slug == SLUG else part for part in seeds.campaigns)
    return replace(seeds, campaigns=campaigns)


def test_planting_twice_changes_nothing(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    assert planted(seeds, now).written > 100
    again = planted(seeds, now)
    assert (again.written, again.edited) == (0, 0)
    assert again.unchanged > 100


def test_a_changed_text_is_a_new_version(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    planted(seeds, now)
    (campaign,) = [part for part in seeds.campaigns if part.slug == SLUG]
    texts = {**campaign.texts, "en": campaign.texts["en"].model_copy(update={"ask": "Another ask."})}
    assert planted(changed(seeds, texts=texts), now).written == 1
    view = campaign_by_slug(db.session(), SLUG, "en")
    assert (view.version, view.ask) == (2, "Another ask.")
    versions = db.session.scalars(select(CampaignText.version).where(CampaignText.campaign_id == view.id)).all()
    assert sorted(versions) == [1, 1, 2]


def test_what_an_organizer_edited_is_left_alone(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    planted(seeds, now)
    with transaction() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.slug == SLUG)).one()
        campaign.state, campaign.edited_at = "closed", now
    report = planted(seeds, now)
    assert (report.written, report.edited) == (0, 1)
    assert campaign_by_slug(db.session(), SLUG, "en").state == "closed"


def test_an_event_whose_file_is_gone_is_taken_down(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    planted(seeds, now)
    (campaign,) = [part for part in seeds.campaigns if part.slug == SLUG]
    key = "2018-06-13-arrest"
    events = {name: event for name, event in campaign.events.items() if name != key}
    assert len(events) == len(campaign.events) - 1
    planted(changed(seeds, events=events), now)
    assert key not in db.session.scalars(select(CampaignEvent.key)).all()


def test_a_language_and_a_community_whose_words_are_gone_are_shown_no_more(
    any_app: Flask, seeds: SeedSite, now: datetime
) -> None:
    planted(seeds, now)
    (campaign,) = [part for part in seeds.campaigns if part.slug == SLUG]
    about = campaign.about.model_copy(update={"communities": campaign.about.communities[:-1]})
    fewer = changed(seeds, texts={"en": campaign.texts["en"]}, about=about)
    assert planted(fewer, now).written == 2
    view = campaign_by_slug(db.session(), SLUG, "fa")
    assert view.language == "en"
    shown = [community.key for community in campaign_communities(db.session(), view.id, "en") if community.is_offered]
    assert shown == [community.key for community in about.communities]
    assert planted(fewer, now).written == 0
    assert planted(seeds, now).written >= 2
    assert campaign_by_slug(db.session(), SLUG, "fa").language == "fa"


def test_the_database_refuses_an_event_without_a_source(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    planted(seeds, now)
    with pytest.raises(IntegrityError), transaction() as session:
        session.scalars(select(CampaignEvent)).first().sources = []  # type: ignore[union-attr]


def test_a_draft_is_nobodys_page(any_app: Flask, seeds: SeedSite, now: datetime) -> None:
    (campaign,) = [part for part in seeds.campaigns if part.slug == SLUG]
    planted(changed(seeds, about=campaign.about.model_copy(update={"state": "draft"})), now)
    from campaign.core.errors import NotFound

    with pytest.raises(NotFound):
        campaign_by_slug(db.session(), SLUG, "en")
