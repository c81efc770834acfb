"""What each part of a campaign may hold when it is edited, and what seeds leave alone afterwards."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from campaign.campaigns.models import CampaignText
from campaign.campaigns.queries import campaign_by_slug, campaign_events
from campaign.cases.queries import case_of
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.editing.kinds import KINDS, kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import history, parts_of
from tests.integration.editing import EVENT, SLUG, changed, published, seeded, written


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 201, "a\x00b", "‮abc"])
def test_a_change_has_a_reason(campaign_id: uuid.UUID, now: datetime, reason: str) -> None:
    content = {**published(campaign_id, "text:en"), "ask": "Why?"}
    with pytest.raises(Invalid) as found:
        written(campaign_id, "text:en", content, now, reason=reason)
    assert found.value.field == "reason"


@pytest.mark.parametrize("part", ["text:en", "text:fa", "case", EVENT])
def test_what_is_published_passes_its_own_check_unchanged(campaign_id: uuid.UUID, now: datetime, part: str) -> None:
    kind, key = kind_of(part)
    content = published(campaign_id, part)
    assert kind.check(db.session(), campaign_id, key, content, today=now.date()) == content
    with pytest.raises(Invalid):
        written(campaign_id, part, content, now)


def test_an_event_and_a_case_change_the_same_way(campaign_id: uuid.UUID, now: datetime) -> None:
    event, case = published(campaign_id, EVENT), published(campaign_id, "case")
    source = {"publisher": "Paper", "title": "News", "url": "https://example.org/", "grade": "primary"}
    changed(campaign_id, EVENT, {**event, "sources": [*event["sources"], source]}, now)
    changed(campaign_id, "case", {**case, "status": "bail", "status_as_of": "2026-03", "status_sources": [source]}, now)
    shown = next(e for e in campaign_events(db.session(), campaign_id, "en") if e.key == EVENT.partition(":")[2])
    assert shown.sources[-1].publisher == "Paper"
    seen = case_of(db.session(), campaign_id, "en", today=now.date())
    assert seen is not None
    assert (seen.status, str(seen.status_as_of), seen.status_sources[0].url) == ("bail", "2026-03", source["url"])


def test_a_new_event_can_be_written_and_taken_down_again(campaign_id: uuid.UUID, now: datetime) -> None:
    event = published(campaign_id, EVENT)
    part = "event:2020-01-02-written-at-the-desk"
    changed(campaign_id, part, {**event, "date": "2020-01-02"}, now)
    assert part in [state.part for state in parts_of(db.session(), campaign_id) if state.is_published]
    changed(campaign_id, part, None, now)
    assert part not in [state.part for state in parts_of(db.session(), campaign_id)]
    assert [each.content is None for each in history(db.session(), campaign_id, part)] == [True, False]


@pytest.mark.parametrize(
    ("part", "change", "place", "rule"),
    [
        ("text:en", {"title": ""}, ("title",), "string_too_short"),
        ("text:en", {"title": "x" * 301}, ("title",), "string_too_long"),
        ("text:en", {"titel": "x"}, ("titel",), "extra_forbidden"),
        (EVENT, {"sources": []}, ("sources",), "too_short"),
        (EVENT, {"sources": [{"url": "javascript:alert(1)"}]}, ("sources", 0, "url"), "url_scheme"),
        (EVENT, {"sources": ["S1"]}, ("sources", 0), "model_type"),
        (EVENT, {"date": "2027-01-01"}, ("date",), "in_the_future"),
        (EVENT, {"summary": {"fa": "متن"}}, ("summary",), "language_missing"),
        (EVENT, {"summary": {"en": "A", "de": "B"}}, ("summary", "de"), "language_unknown"),
        ("case", {"status_sources": []}, ("status_sources",), "too_short"),
        ("case", {"status": "free"}, ("status",), "literal_error"),
        ("case", {"status_as_of": "2027-01-01"}, ("status_as_of",), "in_the_future"),
    ],
)
def test_a_mistake_is_named_by_place_and_rule(
    campaign_id: uuid.UUID, now: datetime, part: str, change: dict[str, Any], place: tuple[Any, ...], rule: str
) -> None:
    with pytest.raises(Mistakes) as found:
        written(campaign_id, part, {**published(campaign_id, part), **change}, now)
    assert (place, rule) in [(wrong.place, wrong.rule) for wrong in found.value.wrong]
    assert history(db.session(), campaign_id, part) == []


@pytest.mark.parametrize("part", ["text", "case:x", "event:", "event:../x", "event:" + "a" * 121, "nothing:x", ""])
def test_there_is_no_part_of_another_name(part: str) -> None:
    with pytest.raises(NotFound):
        kind_of(part)


def test_the_original_language_and_a_case_stay(campaign_id: uuid.UUID, now: datetime) -> None:
    for part in ("text:en", "case"):
        with pytest.raises(Refused):
            written(campaign_id, part, None, now)
    with pytest.raises(Refused):
        written(campaign_id, "text:tlh", published(campaign_id, "text:en"), now)


def test_a_language_taken_down_stays_down_when_seeds_are_planted(campaign_id: uuid.UUID, now: datetime) -> None:
    changed(campaign_id, "text:fa", None, now)
    changed(campaign_id, EVENT, None, now)
    assert seeded(now).written == 0
    assert campaign_by_slug(db.session(), SLUG, "fa").language == "en"
    assert EVENT.partition(":")[2] not in [e.key for e in campaign_events(db.session(), campaign_id, "en")]


@pytest.mark.parametrize("part", ["text:en", "case", EVENT])
def test_seeds_leave_alone_what_was_edited_and_only_that(campaign_id: uuid.UUID, now: datetime, part: str) -> None:
    texts = ("status_line", "summary", "ask")
    content = published(campaign_id, part)
    field = next(name for name in texts if name in content and (part != "text:en" or name == "ask"))
    new = "Edited." if isinstance(content[field], str) else {**content[field], "en": "Edited."}
    changed(campaign_id, part, {**content, field: new}, now)
    with transaction() as session:
        fa = session.scalars(
            select(CampaignText).where(CampaignText.campaign_id == campaign_id, CampaignText.language == "fa")
        ).one()
        fa.title = "کهنه"
    report = seeded(now)
    assert (report.written, report.edited) == (1, 1)
    assert published(campaign_id, part)[field] == new
    assert campaign_by_slug(db.session(), SLUG, "fa").title != "کهنه"


def test_a_translation_says_what_it_was_made_from(campaign_id: uuid.UUID, now: datetime) -> None:
    assert published(campaign_id, "text:fa")["made_from"] == 1
    changed(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "Newer."}, now)
    persian = published(campaign_id, "text:fa")
    assert persian["made_from"] == 1
    changed(campaign_id, "text:fa", {**persian, "made_from": 2}, now)
    # Nothing that somebody signs has changed, so it is the same version.
    assert (published(campaign_id, "text:fa")["made_from"], campaign_by_slug(db.session(), SLUG, "fa").version) == (
        2,
        1,
    )


def test_every_kind_reads_all_the_parts_it_lists(campaign_id: uuid.UUID) -> None:
    for kind in KINDS.values():
        for key in kind.keys(db.session(), campaign_id):
            assert kind.read(db.session(), campaign_id, key) is not None
