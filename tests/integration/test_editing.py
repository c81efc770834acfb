"""What campaigns say changes by draft, review and publication, on both databases, and nothing is lost on the way."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign, CampaignEvent, CampaignText
from campaign.campaigns.queries import campaign_by_slug, campaign_events
from campaign.cases.queries import case_of
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.editing import actions
from campaign.editing.actions import OtherDraft, Outdated, OwnRevision
from campaign.editing.checklist import Unfit
from campaign.editing.kinds import KINDS, kind_of
from campaign.editing.models import Revision
from campaign.editing.parts import Mistakes
from campaign.editing.queries import draft_of, history, parts_of, published_number, revision, waiting_for_review
from campaign.resources import SEEDS
from campaign.seeding.actions import SeedReport, plant
from campaign.seeding.reader import read_seeds

SLUG = "nasrin-sotoudeh"
EVENT = "event:2018-06-13-arrest"
GOOD_ANSWERS = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
OLGA, OMID = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def campaign_id(any_app: Flask, now: datetime) -> uuid.UUID:
    seeded(now)
    return db.session.scalars(select(Campaign.id).where(Campaign.slug == SLUG)).one()


def seeded(now: datetime) -> SeedReport:
    with transaction() as session:
        return plant(session, read_seeds(SEEDS, today=now.date()), now=now)


def published(campaign_id: uuid.UUID, part: str) -> dict[str, Any]:
    kind, key = kind_of(part)
    content = kind.read(db.session(), campaign_id, key)
    db.session.rollback()
    assert content is not None
    return content


def written(campaign_id: uuid.UUID, part: str, content: dict[str, Any] | None, now: datetime, **more: Any) -> uuid.UUID:
    values = {"author_id": OLGA, "reason": "It was out of date", **more}
    with transaction() as session:
        made = actions.save_draft(session, campaign_id=campaign_id, part=part, content=content, now=now, **values)
        return made.id


def asked(revision_id: uuid.UUID, now: datetime, organizer_id: uuid.UUID = OLGA) -> None:
    with transaction() as session:
        actions.ask_for_review(session, revision_id=revision_id, organizer_id=organizer_id, now=now)


def let_out(revision_id: uuid.UUID, now: datetime, reviewer_id: uuid.UUID = OMID) -> None:
    with transaction() as session:
        actions.publish(session, revision_id=revision_id, reviewer_id=reviewer_id, answers=GOOD_ANSWERS, now=now)


def changed(campaign_id: uuid.UUID, part: str, content: dict[str, Any] | None, now: datetime) -> uuid.UUID:
    """The whole way: Olga writes it, Omid publishes it."""
    revision_id = written(campaign_id, part, content, now)
    asked(revision_id, now)
    let_out(revision_id, now)
    return revision_id


def test_a_draft_changes_nothing_that_is_published(campaign_id: uuid.UUID, now: datetime) -> None:
    before = published(campaign_id, "text:en")
    draft_id = written(campaign_id, "text:en", {**before, "ask": "Another ask."}, now)
    assert published(campaign_id, "text:en") == before
    draft = draft_of(db.session(), campaign_id, "text:en")
    assert draft is not None
    assert (draft.id, draft.state, draft.author_id, draft.seen_number) == (draft_id, "draft", OLGA, 1)


def test_a_second_person_publishes_and_the_history_is_whole(campaign_id: uuid.UUID, now: datetime) -> None:
    before = published(campaign_id, "text:en")
    changed(campaign_id, "text:en", {**before, "ask": "Another ask."}, now)
    view = campaign_by_slug(db.session(), SLUG, "en")
    assert (view.version, view.ask) == (2, "Another ask.")
    newest, first = history(db.session(), campaign_id, "text:en")
    assert (first.content, first.author_id, first.state, first.number) == (before, None, "published", 1)
    assert (newest.state, newest.author_id, newest.reviewer_id) == ("published", OLGA, OMID)
    assert published_number(db.session(), campaign_id, "text:en") == 2
    said = db.session.execute(select(AuditEntry.action, AuditEntry.organizer_id, AuditEntry.subject)).all()
    assert said == [
        ("saved_draft", OLGA, SLUG),
        ("asked_for_review", OLGA, SLUG),
        ("published_revision", OMID, SLUG),
    ]


def test_nobody_reviews_what_they_wrote(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "Mine."}, now)
    asked(draft_id, now)
    with pytest.raises(OwnRevision):
        let_out(draft_id, now, reviewer_id=OLGA)
    with pytest.raises(OwnRevision), transaction() as session:
        actions.decline(session, revision_id=draft_id, reviewer_id=OLGA, note="No", now=now)
    assert campaign_by_slug(db.session(), SLUG, "en").ask != "Mine."
    db.session.rollback()
    alone = update(Revision).where(Revision.id == draft_id).values(state="published", reviewer_id=OLGA)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(alone)


def test_a_draft_is_not_published_before_its_author_says_it_is_ready(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "Half a"}, now)
    with pytest.raises(Refused):
        let_out(draft_id, now)
    with pytest.raises(Refused):
        asked(draft_id, now, OMID)


def test_what_is_in_review_changes_only_as_a_new_revision(campaign_id: uuid.UUID, now: datetime) -> None:
    """Otherwise somebody could swap the text between the reading and the publishing."""
    content = published(campaign_id, "text:en")
    read_id = written(campaign_id, "text:en", {**content, "ask": "What Omid reads."}, now)
    asked(read_id, now)
    other_id = written(campaign_id, "text:en", {**content, "ask": "What Omid has not read."}, now)
    assert other_id != read_id
    with pytest.raises(Refused):
        let_out(read_id, now)
    with pytest.raises(Refused):
        let_out(other_id, now)


def test_ones_own_draft_is_continued_in_place(campaign_id: uuid.UUID, now: datetime) -> None:
    content = published(campaign_id, "text:en")
    first = written(campaign_id, "text:en", {**content, "ask": "One."}, now)
    again = written(campaign_id, "text:en", {**content, "ask": "Two."}, now + timedelta(minutes=5))
    assert first == again
    assert [each.number for each in history(db.session(), campaign_id, "text:en")] == [2, 1]


def test_nobody_writes_over_a_draft_they_have_not_seen(campaign_id: uuid.UUID, now: datetime) -> None:
    content = published(campaign_id, "text:en")
    olgas = written(campaign_id, "text:en", {**content, "ask": "Olga's."}, now)
    with pytest.raises(OtherDraft):
        written(campaign_id, "text:en", {**content, "ask": "Omid's."}, now, author_id=OMID)
    omids = written(campaign_id, "text:en", {**content, "ask": "Both."}, now, author_id=OMID, seen_draft=olgas)
    states = {each.id: each.state for each in history(db.session(), campaign_id, "text:en")}
    assert (states[olgas], states[omids]) == ("discarded", "draft")


def test_a_draft_written_against_an_older_version_is_not_published(campaign_id: uuid.UUID, now: datetime) -> None:
    content = published(campaign_id, "text:en")
    changed(campaign_id, "text:en", {**content, "ask": "Published meanwhile."}, now)
    late = written(campaign_id, "text:en", {**content, "title": "Begun before"}, now, seen_number=1)
    asked(late, now)
    with pytest.raises(Outdated):
        let_out(late, now)
    assert campaign_by_slug(db.session(), SLUG, "en").ask == "Published meanwhile."
    both = {**published(campaign_id, "text:en"), "title": "Begun before"}
    changed(campaign_id, "text:en", both, now)
    view = campaign_by_slug(db.session(), SLUG, "en")
    assert (view.title, view.ask) == ("Begun before", "Published meanwhile.")


def test_what_seeds_changed_meanwhile_makes_a_draft_outdated(campaign_id: uuid.UUID, now: datetime) -> None:
    content = published(campaign_id, EVENT)
    draft_id = written(campaign_id, EVENT, {**content, "kind": "incident"}, now)
    asked(draft_id, now)
    with transaction() as session:
        row = session.scalars(select(CampaignEvent).where(CampaignEvent.key == EVENT.partition(":")[2])).one()
        row.summary = {**row.summary, "en": "Said otherwise by newer files."}
    with pytest.raises(Outdated):
        let_out(draft_id, now)
    # Worked in by hand, it goes out; the version in between is kept.
    again = {**published(campaign_id, EVENT), "kind": "incident"}
    changed(campaign_id, EVENT, again, now)
    numbers = [(each.number, each.state) for each in history(db.session(), campaign_id, EVENT)]
    assert [state for _, state in numbers] == ["published", "published", "discarded", "published"]
    assert published_number(db.session(), campaign_id, EVENT) == max(number for number, _ in numbers)


@pytest.mark.parametrize("answers", [{}, {**GOOD_ANSWERS, "endangers": "yes"}, {**GOOD_ANSWERS, "consent": "maybe"}])
def test_nothing_about_a_person_is_published_before_the_checklist_is_answered(
    campaign_id: uuid.UUID, now: datetime, answers: dict[str, str]
) -> None:
    draft_id = written(campaign_id, EVENT, {**published(campaign_id, EVENT), "kind": "other"}, now)
    asked(draft_id, now)
    with pytest.raises(Unfit), transaction() as session:
        actions.publish(session, revision_id=draft_id, reviewer_id=OMID, answers=answers, now=now)
    assert published(campaign_id, EVENT)["kind"] == "arrest"
    let_out(draft_id, now)
    assert revision(db.session(), campaign_id, draft_id).answers == GOOD_ANSWERS


def test_taking_down_is_not_held_up_by_questions(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, EVENT, None, now)
    asked(draft_id, now)
    with transaction() as session:
        actions.publish(session, revision_id=draft_id, reviewer_id=OMID, answers={}, now=now)
    assert revision(db.session(), campaign_id, draft_id).state == "published"


def test_declining_needs_a_note_and_ends_the_review(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "Hm."}, now)
    asked(draft_id, now)
    with pytest.raises(Invalid) as found, transaction() as session:
        actions.decline(session, revision_id=draft_id, reviewer_id=OMID, note="  ", now=now)
    assert found.value.field == "note"
    with transaction() as session:
        actions.decline(session, revision_id=draft_id, reviewer_id=OMID, note="No source", now=now)
    with pytest.raises(Refused):
        let_out(draft_id, now)
    assert draft_of(db.session(), campaign_id, "text:en") is None
    assert history(db.session(), campaign_id, "text:en")[0].review_note == "No source"


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


def test_another_campaigns_revision_is_not_found(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "A."}, now)
    other = db.session.scalars(select(Campaign.id).where(Campaign.slug != SLUG)).first()
    assert other is not None
    assert revision(db.session(), campaign_id, draft_id).id == draft_id
    with pytest.raises(NotFound):
        revision(db.session(), other, draft_id)


def test_what_waits_for_review_is_listed(campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "A."}, now)
    assert waiting_for_review(db.session()) == []
    db.session.rollback()
    asked(draft_id, now)
    assert [each.id for each in waiting_for_review(db.session())] == [draft_id]
    assert waiting_for_review(db.session(), {uuid.uuid4()}) == []


def test_every_kind_reads_all_the_parts_it_lists(campaign_id: uuid.UUID) -> None:
    for kind in KINDS.values():
        for key in kind.keys(db.session(), campaign_id):
            assert kind.read(db.session(), campaign_id, key) is not None


def test_of_two_who_publish_at_once_one_does(any_app: Flask, campaign_id: uuid.UUID, now: datetime) -> None:
    draft_id = written(campaign_id, "text:en", {**published(campaign_id, "text:en"), "ask": "Once."}, now)
    asked(draft_id, now)
    outcomes = at_once(
        any_app, [lambda: let_out(draft_id, now, OMID), lambda: let_out(draft_id, now, uuid.UUID(int=3))]
    )
    assert set(outcomes) == {None, "Refused"}
    assert campaign_by_slug(db.session(), SLUG, "en").version == 2


def test_of_two_who_begin_a_draft_at_once_one_is_told(any_app: Flask, campaign_id: uuid.UUID, now: datetime) -> None:
    content = published(campaign_id, "text:en")
    outcomes = at_once(
        any_app,
        [
            lambda: written(campaign_id, "text:en", {**content, "ask": "Olga's."}, now, author_id=OLGA),
            lambda: written(campaign_id, "text:en", {**content, "ask": "Omid's."}, now, author_id=OMID),
        ],
    )
    assert set(outcomes) == {None, "OtherDraft"}
    assert len([each for each in history(db.session(), campaign_id, "text:en") if each.state == "draft"]) == 1


def at_once(app: Flask, deeds: list[Callable[[], object]]) -> list[str | None]:
    """The name of the error each ended with, None if it worked."""
    barrier, ended = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                deed()
                ended.append(None)
            except Refused as refused:
                ended.append(type(refused).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
