"""The page of a case shows what is known, each thing with its sources and date, and no more than is known."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import text

from campaign.core.db import transaction
from tests.case_files import SOURCE, make_case, particular
from tests.factories import SLUG, Site, make_campaign
from tests.pages import Browser

ARCHIVED = {**SOURCE, "archived": "https://archive.example/loom"}
OFFICE = {
    "key": "court",
    "office": {"en": "The court", "fa": "دادگاه"},
    "address": "1 Square\nTown",
    "sources": [SOURCE],
}
BEA = {
    "key": "bea",
    "name": {"en": "Bea Loom", "fa": "بئا"},
    "as_of": "2026-02",
    "note": {"en": "Her sister.", "fa": "خواهرش."},
    "sources": [SOURCE],
    "campaign": "bea-loom",
}


@pytest.fixture
def ada(app: Flask, site: Site, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        make_campaign(session, now, slug="bea-loom")
        make_case(
            session,
            SLUG,
            checked_on=now.date(),
            status_sources=[ARCHIVED],
            particulars=[
                particular("charges", "Charged with striking.", "به اعتصاب متهم شد."),
                particular("place", "Held at Gate 4.", "در دروازه ۴.", ("detained",)),
            ],
            targets=[OFFICE],
            related=[BEA],
        )


def test_what_is_known_stands_with_its_date_and_sources(ada: None, browser: Browser) -> None:
    page = browser.read(f"/en/{SLUG}/")
    (one,) = page.classed("particular")
    words = " ".join("".join(one.itertext()).split())
    assert words.startswith("Charges and convictions · as of February 2026 Charged with striking.")
    assert "The Loom: A weaver is taken" in words
    assert "Gate 4" not in page.text
    assert "به اعتصاب متهم شد." in browser.read(f"/fa/{SLUG}/").text


def test_an_archived_copy_is_linked_beside_its_source(ada: None, browser: Browser) -> None:
    assert ARCHIVED["archived"] in browser.read(f"/en/{SLUG}/").links().values()


def test_an_office_is_named_with_its_postal_address(ada: None, browser: Browser) -> None:
    page = browser.read(f"/en/{SLUG}/")
    (address,) = page.tagged("address")
    assert address.text == "1 Square\nTown"
    assert "The court" in page.text
    assert "دادگاه" in browser.read(f"/fa/{SLUG}/").text


def test_a_case_of_their_own_is_linked_only_as_long_as_it_is_shown(app: Flask, ada: None, browser: Browser) -> None:
    assert "/en/bea-loom/" in browser.read(f"/en/{SLUG}/").links().values()
    api = f"/api/v1/campaigns/{SLUG}"
    assert browser.get(api).get_json()["case"]["related"][0]["campaign"] == "bea-loom"
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE campaign SET state = 'draft' WHERE slug = 'bea-loom'"))
    page = browser.read(f"/en/{SLUG}/")
    assert "/en/bea-loom/" not in page.links().values()
    assert "Bea Loom" in page.text
    assert browser.get(api).get_json()["case"]["related"][0]["campaign"] is None


def test_when_somebody_was_born_is_shown_nowhere(app: Flask, ada: None, browser: Browser) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE \"case\" SET born = '1871-03-05'"))
    for address in (f"/en/{SLUG}/", f"/fa/{SLUG}/", f"/api/v1/campaigns/{SLUG}", f"/api/v1/campaigns/{SLUG}/events"):
        assert "1871" not in browser.get(address).get_data(as_text=True)
