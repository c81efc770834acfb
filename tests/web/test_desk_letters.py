"""Letters are written at the desk: every mistake at its field, nothing public before a second person."""

import uuid

import pytest
from flask import Flask

from campaign.cases.models import Case
from campaign.core.db import transaction
from campaign.letters.models import ModelLetter
from campaign.seeding.objections import MOST_SOURCES
from tests.factories import LETTER, SLUG, SOURCE, Site
from tests.pages import Browser, browse
from tests.web.desk import CAMPAIGN, Desk, audited
from tests.web.desk_letters import (
    DAY,
    LETTERS,
    NEWS,
    RIGHT,
    UPDATES,
    fill_in,
    mistakes_of,
    planted,
    published,
    revisions,
)


def test_empty_lists_teach_what_to_do(edda: Desk) -> None:
    assert "There is no letter yet. Choose an office" in edda.browser.read(LETTERS).text
    assert "Nothing has been posted yet" in edda.browser.read(UPDATES).text
    links = edda.browser.read(CAMPAIGN).links()
    assert (links["Letters"], links["News"]) == (LETTERS, UPDATES)


def test_a_letter_is_written_reviewed_and_shown(app: Flask, site: Site, edda: Desk, browser: Browser) -> None:
    assert fill_in(edda, f"{LETTERS}/new", **RIGHT) == 303
    assert "waits for review" in edda.browser.read(LETTERS).text
    public = f"/en/{SLUG}/letters/{LETTER}"
    assert browser.get(public).status_code == 404
    published(app, f"letter:{LETTER}")
    page = browser.read(public)
    assert page.h1 == "Write to Labour office"
    assert "12 Mill Street" in page.text
    assert page.links()["فارسی"] == f"{public}?in=fa"
    assert edda.browser.read(LETTERS).links()["Labour office"] == f"{LETTERS}/edit/{LETTER}"
    assert ("asked_for_review", SLUG) in audited(app)


def test_what_was_published_comes_back_into_the_form_as_it_was(app: Flask, site: Site, edda: Desk) -> None:
    fill_in(edda, f"{LETTERS}/new", **RIGHT)
    published(app, f"letter:{LETTER}")
    address = f"{LETTERS}/edit/{LETTER}"
    assert fill_in(edda, address, reason="Nothing") == 400
    assert list(mistakes_of(edda.browser.last).values()) == ["This is what is published already."]
    page = edda.browser.read(address)
    assert (page.value("reads"), page.value("sources-0-date")) == ("en fa", "2026-02")
    assert fill_in(edda, address, reads="fa en", reason="They prefer Persian") == 303
    _, state, content = revisions(app)[-1]
    assert (state, content["reads"]) == ("in_review", ["fa", "en"])


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"key": "The Office"}, "key"),
        ({"office-0-name": ""}, "office-0-name"),
        ({"address": ""}, "address"),
        ({"address": "x\n" * 9 + "x"}, "address"),
        ({"email": "office@example.org?bcc=spy@example.net"}, "email"),
        ({"reads": ""}, "reads"),
        ({"reads": "ar"}, "reads"),
        ({"texts-0-subject": ""}, "texts-0-subject"),
        ({"texts-0-body": "a\u202eb"}, "texts-0-body"),
        ({"texts-0-body": "x" * 4001}, "texts-0-body"),
        ({"sources-0-url": "javascript:alert(1)"}, "sources-0-url"),
        ({"sources-0-url": ""}, "sources-0-url"),
        ({"sources-0-date": "last week"}, "sources-0-date"),
        (
            {"sources-0-publisher": "", "sources-0-title": "", "sources-0-url": "", "sources-0-date": ""},
            "sources-0-url",
        ),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_mistake_in_a_letter_stands_at_its_field_and_nothing_typed_is_lost(
    app: Flask, site: Site, edda: Desk, typed: dict[str, str], field: str
) -> None:
    assert fill_in(edda, f"{LETTERS}/new", **{**RIGHT, **typed}) == 400
    page = edda.browser.last
    assert list(mistakes_of(page)) == [field]
    assert page.value("texts-1-body") is not None
    assert (page.value("texts-1-body") or "").strip() == RIGHT["texts-1-body"]
    assert revisions(app) == []


def test_one_more_source_keeps_what_was_typed(edda: Desk) -> None:
    before = edda.browser.read(f"{LETTERS}/new")
    rows = len(before.classed("part-source"))
    assert fill_in(edda, f"{LETTERS}/new", "source", **RIGHT) == 200
    page = edda.browser.last
    assert len(page.classed("part-source")) == rows + 1
    assert page.value("sources-0-title") == "Who decides"
    assert page.value("email") == "office@example.org"


def test_rows_for_sources_end_somewhere(app: Flask, site: Site, edda: Desk) -> None:
    many = {f"sources-{place}-title": "One" for place in range(40)}
    assert fill_in(edda, f"{LETTERS}/new", "source", **{**RIGHT, **many}) == 200
    assert len(edda.browser.last.classed("part-source")) == MOST_SOURCES
    planted(app, site, sources=[{**SOURCE, "url": f"https://example.org/{place}"} for place in range(MOST_SOURCES)])
    page = edda.browser.read(f"{LETTERS}/edit/{LETTER}")
    assert len(page.classed("part-source")) == MOST_SOURCES


@pytest.mark.parametrize("language", ["<script>", "zz", "\0", "x" * 5000])
def test_a_form_that_was_tampered_with_is_shown_again(app: Flask, site: Site, edda: Desk, language: str) -> None:
    typed = {**RIGHT, "office-0-language": language, "texts-0-language": language}
    assert fill_in(edda, f"{LETTERS}/new", **typed) == 400
    assert fill_in(edda, f"{UPDATES}/new", **{**NEWS, "texts-0-language": language}) == 400
    assert revisions(app) == []


def test_a_letter_in_a_language_the_site_does_not_have(app: Flask, site: Site, edda: Desk) -> None:
    german = {"reads": "de", "texts-2-language": "de", "texts-2-subject": "Die Mühle", "texts-2-body": "Öffnen Sie."}
    assert fill_in(edda, f"{LETTERS}/new", **{**RIGHT, **german}) == 303
    assert set(revisions(app)[-1][2]["texts"]) == {"en", "fa", "de"}
    assert edda.browser.read(f"{LETTERS}/edit/{LETTER}").value("texts-2-language") == "de"


def test_a_name_that_is_taken_is_not_taken_twice(app: Flask, site: Site, edda: Desk) -> None:
    planted(app, site)
    assert fill_in(edda, f"{LETTERS}/new", **RIGHT) == 400
    assert "There is a letter of this name" in mistakes_of(edda.browser.last)["key"]
    assert fill_in(edda, f"{UPDATES}/new", **{**NEWS, "name": "news"}) == 400
    assert "There is news of this day and name" in mistakes_of(edda.browser.last)["name"]


def test_somebody_elses_draft_is_not_written_over_unseen(app: Flask, site: Site, edda: Desk) -> None:
    planted(app, site)
    address = f"{LETTERS}/edit/{LETTER}"
    form = edda.browser.read(address).form("seen", "reason")
    olga = Desk(browse(app))
    olga.log_in("olga")
    assert fill_in(olga, address, "save", **{"texts-0-subject": "Hers", "reason": "Better"}) == 303
    values = {name: value for name, value in form.values.items() if value is not None}
    answer = edda.browser.post(address, data={**values, "texts-0-subject": "Mine", "reason": "Mine", "do": "save"})
    assert answer.status_code == 409
    assert "Somebody else has begun a draft" in edda.browser.last.text
    assert edda.browser.last.value("texts-0-subject") == "Mine"
    assert [content["texts"]["en"]["subject"] for _, state, content in revisions(app) if state == "draft"] == ["Hers"]


def test_a_draft_is_written_on(app: Flask, site: Site, edda: Desk) -> None:
    assert fill_in(edda, f"{UPDATES}/new", "save", **NEWS) == 303
    address = f"{UPDATES}/edit/{DAY}-open"
    assert edda.browser.read(UPDATES).links()[f"{DAY}-open"] == address
    assert "This is your draft." in edda.browser.read(address).text
    assert fill_in(edda, address, "save", **{"texts-0-title": "Wide open"}) == 303
    assert [(state, content["texts"]["en"]["title"]) for _, state, content in revisions(app)] == [
        ("draft", "Wide open")
    ]


def test_a_change_of_status_asks_for_a_new_letter(app: Flask, site: Site, edda: Desk) -> None:
    planted(app, site, valid_while=["imprisoned"])
    assert "A new letter is wanted" not in edda.browser.read("/organize/").text
    with app.app_context(), transaction() as session:
        session.add(
            Case(
                campaign_id=site.campaign.id,
                names=[{"script": "latin", "shown": "Ada", "also": []}],
                status="bail",
                status_as_of=DAY,
                status_precision="day",
                status_line={"en": "Reported."},
                status_sources=[SOURCE],
                demands=[],
                related=[],
                checked_on=DAY,
                recheck_days=30,
            )
        )
    page = edda.browser.read("/organize/")
    assert "A new letter is wanted" in page.text
    assert LETTERS in [link.get("href") for link in page.tagged("a")]
    assert "it was not written for the status “Out on bail”" in edda.browser.read(LETTERS).text
    with app.app_context(), transaction() as session:
        session.get_one(ModelLetter, (site.campaign.id, LETTER)).valid_while = ["bail"]
    assert "A new letter is wanted" not in edda.browser.read("/organize/").text


def test_who_only_moderates_is_not_asked_for_letters(app: Flask, site: Site, desk: Desk) -> None:
    planted(app, site, valid_while=["imprisoned"])
    desk.log_in("mona")
    page = desk.browser.read(LETTERS)
    assert "Write a model letter" not in page.links()
    assert uuid.UUID(int=0) not in page.links().values()
