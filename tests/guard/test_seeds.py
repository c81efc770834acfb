"""The content a new site starts with is whole in every language, and its sources are named."""

import pytest

from campaign.resources import SEEDS
from campaign.seeding.reader import SeedCampaign, SeedSite, read_seeds
from tests.web.conftest import NOW

SLUGS = ("stop-us-war-moves-against-iran", "nasrin-sotoudeh", "esmail-bakhshi")


@pytest.fixture(scope="module")
def seeds() -> SeedSite:
    return read_seeds(SEEDS, today=NOW.date())


def local_texts(campaign: SeedCampaign) -> list[dict[str, str]]:
    """Every text of a campaign that is written once per language."""
    found = [community.label for community in campaign.about.communities]
    for event in campaign.events.values():
        found += [event.summary, *([event.disagreement] if event.disagreement else [])]
        found += [text for account in event.accounts for text in (account.claim, account.by)]
    if campaign.case:
        found.append(campaign.case.status_line)
        found += [demand.text for demand in campaign.case.demands]
        found += [text for person in campaign.case.related for text in (person.name, person.note)]
    return found


def test_the_three_campaigns_are_there(seeds: SeedSite) -> None:
    assert {campaign.slug for campaign in seeds.campaigns} == set(SLUGS)


def test_the_site_has_its_name_in_every_language(seeds: SeedSite) -> None:
    for texts in (seeds.site.name, seeds.site.tagline):
        assert set(texts) == set(seeds.site.languages)
        assert all(text.strip() for text in texts.values())


def test_every_text_is_there_in_every_language(seeds: SeedSite) -> None:
    languages = set(seeds.site.languages)
    for campaign in seeds.campaigns:
        assert set(campaign.texts) == languages, campaign.slug
        for texts in local_texts(campaign):
            assert set(texts) == languages, f"{campaign.slug}: {texts}"
            assert all(text.strip() for text in texts.values()), f"{campaign.slug}: {texts}"
        for key, update in campaign.updates.items():
            assert set(update.texts) == languages, f"{campaign.slug}: {key}"


def test_a_persian_text_is_not_the_english_one(seeds: SeedSite) -> None:
    for campaign in seeds.campaigns:
        for texts in local_texts(campaign):
            assert texts["fa"] != texts["en"], texts["en"]
        assert campaign.texts["fa"].title != campaign.texts["en"].title


def test_every_demand_holds_under_the_status_of_its_case(seeds: SeedSite) -> None:
    """Others wait until the status changes; a case without one asks for nothing."""
    for campaign in seeds.campaigns:
        if campaign.case:
            assert [demand for demand in campaign.case.demands if campaign.case.status in demand.valid_while]


def test_no_source_is_cited_by_nobody(seeds: SeedSite) -> None:
    for campaign in seeds.campaigns:
        cited = {key for event in campaign.events.values() for key in event.sources}
        cited |= {key for event in campaign.events.values() for account in event.accounts for key in account.sources}
        for further in (*campaign.letters.values(), *campaign.updates.values()):
            cited |= set(further.sources)
        if campaign.about.original:
            cited.add(campaign.about.original)
        if campaign.case:
            cited |= set(campaign.case.status_sources)
            cited |= {key for demand in campaign.case.demands for key in demand.sources}
            cited |= {key for person in campaign.case.related for key in person.sources}
        assert set(campaign.sources) - cited == set(), campaign.slug


def test_the_petition_calls_on_the_communities_of_the_original(seeds: SeedSite) -> None:
    (petition,) = [campaign for campaign in seeds.campaigns if campaign.about.kind == "petition"]
    keys = " ".join(community.key for community in petition.about.communities)
    for community in ("workers", "women", "lgbtq", "youth", "minorities"):
        assert community in keys


def test_no_letter_goes_to_an_office_whose_address_nobody_has_looked_up(seeds: SeedSite) -> None:
    """The facts that the seeds are made from name no office's address; whoever runs a site writes the first letter."""
    assert [campaign.slug for campaign in seeds.campaigns if campaign.letters] == []
