"""The content a new site starts with: every page of it is sound, and says nothing that is not known."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.resources import SEEDS
from campaign.sealing.actions import create_epoch
from campaign.seeding.actions import plant
from campaign.seeding.reader import SeedSite, read_seeds
from tests.databases import config_for, new_sqlite
from tests.pages import Browser, browse

PLANTED_AT = datetime(2026, 11, 22, 18, 54, tzinfo=UTC)
PETITION = "stop-us-war-moves-against-iran"
CASES = ("nasrin-sotoudeh", "esmail-bakhshi")
CAMPAIGNS = (PETITION, *CASES)
LANGUAGES = ("en", "fa")


@pytest.fixture(scope="module")
def seeds() -> SeedSite:
    return read_seeds(SEEDS, today=PLANTED_AT.date())


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, seeds: SeedSite) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("seeded")
    made = create_app(config_for(new_sqlite(folder), folder))
    with made.app_context(), time_machine.travel(PLANTED_AT), transaction() as session:
        plant(session, seeds, now=PLANTED_AT)
        create_epoch(session, holder="Olga", is_demo=False, now=PLANTED_AT)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def reader(seeded: Flask) -> Browser:
    return browse(seeded)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", CAMPAIGNS)
@pytest.mark.parametrize("page", ["", "check-your-email", "confirmed", "signatures", "statistics"])
def test_every_page_of_every_campaign_is_sound(reader: Browser, slug: str, lang: str, page: str) -> None:
    root = reader.read(f"/{lang}/{slug}/{page}").root
    assert root.get("lang") == lang


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_every_campaign_can_be_embedded(reader: Browser, slug: str, lang: str) -> None:
    page = reader.read(f"/embed/{slug}?lang={lang}")
    assert page.count == 0
    assert page.form("name", "email")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_a_campaign_shows_its_count_its_ask_and_its_form(
    reader: Browser, seeds: SeedSite, slug: str, lang: str
) -> None:
    page = reader.read(f"/{lang}/{slug}/")
    (text,) = [campaign.texts[lang] for campaign in seeds.campaigns if campaign.slug == slug]
    assert page.count == 0
    assert " ".join(text.ask.split()) in page.text
    assert text.addressee in page.text
    assert page.form("name", "email").action == f"/{lang}/{slug}/sign"
    assert page.classed("campaign-text")[0].get("lang") == lang


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", CASES)
def test_a_case_opens_with_the_name_in_both_scripts_and_the_status_with_its_date(
    reader: Browser, seeds: SeedSite, slug: str, lang: str
) -> None:
    page = reader.read(f"/{lang}/{slug}/")
    (case,) = [campaign.case for campaign in seeds.campaigns if campaign.slug == slug]
    assert case is not None
    for name in case.names:
        if name.script in ("latin", "persian"):
            assert name.shown in page.h1
    assert " ".join(case.status_line[lang].split()) in page.text
    (date,) = page.classed("status-date")
    year = str(case.status_as_of.first_day.year)
    in_words = "".join(date.itertext())
    assert (year if lang == "en" else year.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))) in in_words


@pytest.mark.parametrize("slug", CASES)
def test_a_case_not_checked_in_time_says_so_by_itself(reader: Browser, slug: str) -> None:
    with time_machine.travel(PLANTED_AT):
        assert "Things may have changed since" in reader.read(f"/en/{slug}/").text


@pytest.mark.parametrize("address", ["/en/", "/en/nasrin-sotoudeh/", "/embed/nasrin-sotoudeh"])
def test_sotoudeh_is_never_said_to_be_in_prison(reader: Browser, address: str) -> None:
    """She was on leave and on bail when last reported: neither free nor in prison."""
    words = reader.read(address).text.lower()
    for claim in ("free nasrin", "she is in prison", "is imprisoned", "remains in prison", "release her from prison"):
        assert claim not in words
    for claim in ("nasrin sotoudeh is in prison", "nasrin sotoudeh is free", "nasrin sotoudeh, imprisoned"):
        assert claim not in words


def test_sotoudehs_status_is_a_leave(reader: Browser) -> None:
    (english,) = reader.read("/en/nasrin-sotoudeh/").classed("status-word")
    assert "".join(english.itertext()).startswith("On leave from prison")
    (persian,) = reader.read("/fa/nasrin-sotoudeh/").classed("status-word")
    words = "".join(persian.itertext())
    assert "در زندان" not in words
    assert "زندانی" not in words


@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_every_event_has_a_date_and_a_source(reader: Browser, seeds: SeedSite, slug: str) -> None:
    page = reader.read(f"/en/{slug}/")
    (expected,) = [campaign.events for campaign in seeds.campaigns if campaign.slug == slug]
    events = page.classed("event")
    assert len(events) == len(expected)
    for event in events:
        assert any(time.get("datetime") for time in event.iter("time"))
        assert [link for link in event.iter("a") if (link.get("href") or "").startswith("http")]


@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_every_heading_of_a_long_page_is_one_step_from_its_head(reader: Browser, slug: str) -> None:
    page = reader.read(f"/en/{slug}/")
    (contents,) = page.classed("contents")
    linked = {link.get("href") for link in contents.iter("a")}
    (article,) = page.classed("campaign-text")
    assert linked == {f"#{heading.get('id')}" for heading in article.iter("h2") if heading.get("id")}


@pytest.mark.parametrize("slug", CASES)
def test_a_case_has_ten_sourced_events_or_more(seeds: SeedSite, slug: str) -> None:
    (events,) = [campaign.events for campaign in seeds.campaigns if campaign.slug == slug]
    assert len(events) >= 10


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_front_page_lists_all_and_dates_every_status(reader: Browser, lang: str) -> None:
    page = reader.read(f"/{lang}/")
    assert {f"/{lang}/{slug}/" for slug in CAMPAIGNS} <= set(page.links().values())
    assert len(page.classed("listing-status")) == len(CASES)
    assert len([element for element in page.elements if element.get("data-signature-count")]) == len(CAMPAIGNS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_petition_is_dated_and_leads_to_its_original(reader: Browser, lang: str) -> None:
    page = reader.read(f"/{lang}/{PETITION}/")
    assert "2019" in page.text or "۲۰۱۹" in page.text
    assert [link for link in page.links().values() if "imhojournal.org" in link or "marxisthumanist" in link]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", CAMPAIGNS)
def test_links_to_sources_are_https_or_http_and_have_words(reader: Browser, slug: str, lang: str) -> None:
    for words, href in reader.read(f"/{lang}/{slug}/").links().items():
        assert words
        assert href.startswith(("https://", "http://", "/", "#", "mailto:")), href
