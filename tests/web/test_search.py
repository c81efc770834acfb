"""People are found by every spelling of their names, and nobody is found who is not shown."""

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from campaign.core.db import transaction
from campaign.core.search_words import LONGEST_QUERY
from tests.pages import Browser, browse
from tests.web.conftest import NOW
from tests.web.seeded import CASES, PETITION, seeded_site

NASRIN, ESMAIL = CASES


@pytest.fixture
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with time_machine.travel(NOW), seeded_site(tmp_path_factory.mktemp("search"), now=NOW) as app:
        yield app


@pytest.fixture
def visitor(seeded: Flask) -> Browser:
    return browse(seeded)


def found(browser: Browser, query: str, language: str = "en") -> list[str]:
    """The slugs a search lists."""
    page = browser.read(f"/{language}/search?q={quote(query)}")
    titles = [link.get("href", "") for title in page.classed("listing-title") for link in title.iter("a")]
    return [href.split("/")[2] for href in titles]


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("nasrin sotoudeh", NASRIN),
        ("SOTUDEH", NASRIN),
        ("nesrin sutude", NASRIN),
        ("نسرين ستوده", NASRIN),
        ("نسرین ستوده", NASRIN),
        ("نەسرین", NASRIN),
        ("reza khandan", NASRIN),
        ("ismail bakhshi", ESMAIL),
        ("إسماعيل", ESMAIL),
        ("اسماعيل بخشي", ESMAIL),
        ("بخشى", ESMAIL),
    ],
)
def test_a_person_is_found_by_every_spelling_in_every_language(
    visitor: Browser, query: str, slug: str, language: str
) -> None:
    assert found(visitor, query, language) == [slug]


def test_a_campaign_is_found_by_its_title(visitor: Browser) -> None:
    assert PETITION in found(visitor, "war iran")


def test_the_form_of_the_first_page_leads_to_what_is_found(visitor: Browser) -> None:
    form = visitor.read("/en/").form("q")
    assert (form.action, form.method) == ("/en/search", "get")
    assert found(visitor, "nasrin") == [NASRIN]
    assert visitor.last.value("q") == "nasrin"


def test_who_is_not_found_is_told_what_to_try(visitor: Browser) -> None:
    assert found(visitor, "nobody at all") == []
    assert "Try the beginning of a name" in visitor.last.text
    assert found(visitor, "") == []
    assert "Nothing was found" not in visitor.last.text


def test_whoever_is_not_shown_is_not_found(seeded: Flask, visitor: Browser) -> None:
    assert found(visitor, "nasrin") == [NASRIN]
    with seeded.app_context(), transaction() as session:
        session.execute(text("UPDATE campaign SET state = 'draft' WHERE slug = :slug"), {"slug": NASRIN})
    assert found(visitor, "nasrin") == []
    assert found(visitor, "reza khandan") == []


def test_a_closed_campaign_is_found_and_not_offered_to_sign(seeded: Flask, visitor: Browser) -> None:
    with seeded.app_context(), transaction() as session:
        session.execute(text("UPDATE campaign SET state = 'closed' WHERE slug = :slug"), {"slug": NASRIN})
    assert found(visitor, "nasrin") == [NASRIN]
    assert "Read and sign" not in visitor.last.text


@pytest.mark.parametrize(
    "query", ["\"'><script>hostile()</script>", "\0", "\u202e\u202e", "%", "' OR 1=1 --", "x" * 5000, "\ud800"]
)
def test_whatever_is_typed_is_only_a_word(visitor: Browser, query: str) -> None:
    address = f"/en/search?q={quote(query, errors='replace')}"
    page = visitor.read(address)
    assert page.classed("listing") == []
    assert "no-store" in visitor.get(address).headers["Cache-Control"]


def test_two_questions_at_once_are_one(visitor: Browser) -> None:
    assert visitor.get("/en/search?q=nasrin&q=esmail").status_code == 200


@pytest.mark.parametrize(("query", "slugs"), [("ستوده", [NASRIN]), ("bakhshi", [ESMAIL]), ("", []), ("zzz", [])])
def test_programs_find_the_same(visitor: Browser, query: str, slugs: list[str]) -> None:
    answer = visitor.get(f"/api/v1/campaigns?q={quote(query)}").get_json()
    assert [one["slug"] for one in answer["_embedded"]["osdi:petitions"]] == slugs
    assert answer["total_records"] == len(slugs)
    assert visitor.get(answer["_links"]["self"]["href"]).get_json() == answer


def test_programs_are_told_that_a_question_is_too_long(visitor: Browser) -> None:
    response = visitor.get(f"/api/v1/campaigns?q={'x' * 101}")
    assert (response.status_code, response.get_json()["parameter"]) == (400, "q")


def test_another_language_finds_the_same_and_takes_nothing_else_along(visitor: Browser) -> None:
    page = visitor.read(
        "/en/search", query_string={"q": f"  sotoudeh   <b> & {'x' * 200}", "from": "a-mail", "lang": "xx"}
    )
    switch = next(element for element in page.tagged("a") if element.get("hreflang") == "fa")
    address = urlsplit(switch.get("href") or "")
    asked = parse_qs(address.query)
    assert address.path == "/fa/search"
    assert asked == {"q": [page.value("q")]}
    assert len(asked["q"][0]) == LONGEST_QUERY
    assert asked["q"][0].startswith("sotoudeh <b> & x")
    assert visitor.read(switch.get("href") or "").value("q") == page.value("q")
    bare = visitor.read("/en/search")
    assert "/fa/search" in [element.get("href") for element in bare.tagged("a")]
