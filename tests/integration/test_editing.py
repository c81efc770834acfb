"""What campaigns say changes by draft, review and publication, on both databases, and nothing is lost on the way."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign, CampaignEvent
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.editing import actions
from campaign.editing.actions import OtherDraft, Outdated, OwnRevision
from campaign.editing.checklist import Unfit
from campaign.editing.models import Revision
from campaign.editing.queries import draft_of, history, published_number, revision, waiting_for_review
from tests.integration.editing import EVENT, GOOD_ANSWERS, OLGA, OMID, SLUG, asked, changed, let_out, published, written


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
