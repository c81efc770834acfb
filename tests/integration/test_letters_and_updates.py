"""Letters and news go the way of every change: draft, second person, publication; seeds leave alone what was edited."""

import threading
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.errors import Invalid
from campaign.editing import actions
from campaign.editing.checklist import QUESTIONS
from campaign.editing.contents import seed_contents, site_contents
from campaign.editing.hiding_parts import show_part
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import parts_of
from campaign.editing.seed_files import edited_files, seed_files, write_files
from campaign.letters.actions import count_letter, roll_up_letters
from campaign.letters.models import LetterCount, LetterDelta, ModelLetter
from campaign.letters.queries import letters_of, sent_count
from campaign.resources import SEEDS
from campaign.seeding.actions import SeedReport, plant
from campaign.seeding.letters import LetterFile
from campaign.seeding.reader import SeedSite, read_seeds
from campaign.seeding.updates import UpdateFile
from campaign.updates.models import CampaignUpdate
from campaign.updates.queries import updates_of
from tests.factories import LETTER, SOURCE, Site

OLGA, OMID = uuid.UUID(int=1), uuid.UUID(int=2)
DAY = date(2026, 11, 20)
UPDATE = f"update:{DAY}-news"
NEWS = {"date": str(DAY), "texts": {"en": {"title": "News", "body": "It is **open**."}}, "sources": []}
WORDS = {"office": {"en": "Office"}, "address": "Office\nTown", "email": None, "reads": ["en"], "valid_while": []}
MODEL = {**WORDS, "texts": {"en": {"subject": "The mill", "body": "Open it."}}, "sources": [SOURCE]}


def changed(site: Site, part: str, content: dict[str, Any] | None, now: datetime) -> None:
    """The whole way: Olga writes it, Omid publishes it."""
    with transaction() as session:
        draft = actions.save_draft(
            session,
            campaign_id=site.campaign.id,
            part=part,
            content=content,
            author_id=OLGA,
            reason="It was time",
            now=now,
        )
        actions.ask_for_review(session, revision_id=draft.id, organizer_id=OLGA, now=now)
        actions.publish(session, revision_id=draft.id, reviewer_id=OMID, answers=dict(QUESTIONS), now=now)


def letters(site: Site) -> list[str]:
    return [view.key for view in letters_of(db.session(), site.campaign.id, "en")]


def news(site: Site) -> list[tuple[str, str]]:
    return [(view.key, view.title) for view in updates_of(db.session(), site.campaign.id, "en", limit=9)]


@pytest.mark.parametrize(("part", "content"), [(f"letter:{LETTER}", MODEL), (UPDATE, NEWS)])
def test_what_was_published_reads_back_as_it_was_written(
    any_site: Site, part: str, content: dict[str, Any], now: datetime
) -> None:
    changed(any_site, part, content, now)
    kind, key = kind_of(part)
    assert kind.read(db.session(), any_site.campaign.id, key) == content
    assert part in [state.part for state in parts_of(db.session(), any_site.campaign.id)]
    changed(any_site, part, None, now)
    assert kind.read(db.session(), any_site.campaign.id, key) is None
    assert (letters(any_site), news(any_site)) == ([], [])


def test_a_changed_update_keeps_its_key_and_says_when(any_site: Site, now: datetime) -> None:
    changed(any_site, UPDATE, NEWS, now)
    later = now + timedelta(hours=3)
    changed(any_site, UPDATE, {**NEWS, "texts": {"en": {"title": "Put right", "body": "It was."}}}, later)
    assert news(any_site) == [(f"{DAY}-news", "Put right")]
    assert db.session.scalars(select(CampaignUpdate.changed_at)).one() == later


@pytest.mark.parametrize(
    ("part", "content", "rule"),
    [
        (f"letter:{LETTER}", {**MODEL, "sources": []}, "too_short"),
        (f"letter:{LETTER}", {**MODEL, "valid_while": ["bail"]}, "statuses_of_nobody"),
        (f"letter:{LETTER}", {**MODEL, "email": "javascript:alert(1)"}, "mailbox"),
        (f"letter:{LETTER}", {**MODEL, "address": "Office\u202e"}, "text_bidi"),
        (f"letter:{LETTER}", {**MODEL, "sources": [{**SOURCE, "url": "ftp://example.org"}]}, "url_scheme"),
        (UPDATE, {**NEWS, "date": "2026-11-24"}, "in_the_future"),
        (UPDATE, {**NEWS, "date": "2026-11-19"}, "other_day"),
        (UPDATE, {**NEWS, "texts": {"fa": {"title": "خبر", "body": "باز"}}}, "language_missing"),
        (UPDATE, {**NEWS, "texts": {"en": {"title": "News", "body": "\0"}}}, "text_control"),
    ],
)
def test_what_is_wrong_is_not_even_a_draft(
    any_site: Site, part: str, content: dict[str, Any], rule: str, now: datetime
) -> None:
    with pytest.raises(Mistakes) as found:
        changed(any_site, part, content, now)
    assert [each.rule for each in found.value.wrong] == [rule]


def test_saying_the_same_again_is_no_change(any_site: Site, now: datetime) -> None:
    changed(any_site, UPDATE, NEWS, now)
    with pytest.raises(Invalid):
        changed(any_site, UPDATE, NEWS, now)


def with_further(seeds: SeedSite, *, title: str = "News", subject: str = "The mill") -> SeedSite:
    """The seeds with one letter and one update in the petition."""
    (petition,) = [campaign for campaign in seeds.campaigns if campaign.about.kind == "petition"]
    source = next(iter(petition.sources))
    letter = LetterFile.model_validate(
        {**MODEL, "texts": {"en": {"subject": subject, "body": "Open it."}}, "sources": [source]}
    )
    update = UpdateFile.model_validate({**NEWS, "texts": {"en": {"title": title, "body": "Open."}}})
    changed_one = type(petition)(**{**vars(petition), "letters": {LETTER: letter}, "updates": {f"{DAY}-news": update}})
    return SeedSite(seeds.site, (changed_one,))


def planted(seeds: SeedSite, now: datetime) -> SeedReport:
    with transaction() as session:
        return plant(session, seeds, now=now)


def titles() -> list[str]:
    shown = select(CampaignUpdate).where(CampaignUpdate.retired_at.is_(None))
    return [row.texts["en"]["title"] for row in db.session.scalars(shown)]


def test_seeds_are_planted_once_changed_and_taken_down(any_app: Flask, now: datetime) -> None:
    seeds = read_seeds(SEEDS, today=now.date())
    planted(with_further(seeds), now)
    assert planted(with_further(seeds), now + timedelta(days=1)).written == 0
    assert db.session.scalars(select(CampaignUpdate.changed_at)).one() == now
    later = now + timedelta(days=2)
    assert planted(with_further(seeds, title="More", subject="Other"), later).written == 2
    assert db.session.scalars(select(CampaignUpdate.changed_at)).one() == later
    db.session.rollback()
    planted(SeedSite(seeds.site, tuple(one for one in seeds.campaigns if one.about.kind == "petition")), now)
    assert (titles(), db.session.scalar(select(func.count()).select_from(ModelLetter))) == ([], 0)


def test_seeds_leave_alone_what_was_edited_or_hidden(any_app: Flask, now: datetime) -> None:
    seeds = read_seeds(SEEDS, today=now.date())
    planted(with_further(seeds), now)
    campaign_id = db.session.scalars(select(ModelLetter.campaign_id)).one()
    with transaction() as session:
        show_part(session, kind="letter", is_shown=False, campaign_id=campaign_id, key=LETTER, now=now)
        session.scalars(select(CampaignUpdate)).one().edited_at = now
    report = planted(with_further(seeds, title="More", subject="Other"), now)
    assert report.edited == 2
    assert titles() == ["News"]
    assert letters_of(db.session(), campaign_id, "en") == ()
    with transaction() as session:
        show_part(session, kind="letter", is_shown=True, campaign_id=campaign_id, key=LETTER, now=now)
    (shown,) = letters_of(db.session(), campaign_id, "en")
    assert shown.versions[0].subject == "The mill"


def test_letters_and_news_are_taken_away_as_files_and_brought_back(
    any_app: Flask, now: datetime, tmp_path: Path
) -> None:
    seeds = read_seeds(SEEDS, today=now.date())
    planted(with_further(seeds, title='Quotes " and \\ and ؛', subject="+++"), now)
    with transaction() as session:
        letter = session.scalars(select(ModelLetter)).one()
        letter.address, letter.edited_at = "Office\n+++\n1 Street", now
    contents = site_contents(db.session())
    db.session.rollback()
    files = seed_files(contents)
    slug = next(iter(contents.campaigns))
    assert 'address = """\nOffice\n' in files[f"campaigns/{slug}/letters/{LETTER}.toml"]
    assert edited_files(contents) == {f"campaigns/{slug}/letters/{LETTER}.toml"}
    write_files(files, tmp_path / "away")
    back = seed_contents(read_seeds(tmp_path / "away", today=now.date()))
    assert back.campaigns[slug].parts == contents.campaigns[slug].parts


def test_two_workers_at_once_lose_no_letter(any_app: Flask, any_site: Site, now: datetime) -> None:
    number = 120
    with transaction() as session:
        for place in range(number):
            count_letter(session, campaign_id=any_site.campaign.id, key=f"office-{place % 3}")
    barrier = threading.Barrier(4)

    def add_up() -> None:
        with any_app.app_context():
            barrier.wait()
            for _ in range(3):
                with transaction() as session:
                    roll_up_letters(session)

    threads = [threading.Thread(target=add_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalar(select(func.sum(LetterCount.sent))) == number
    assert db.session.scalar(select(func.count()).select_from(LetterDelta)) == 0
    assert sent_count(db.session(), any_site.campaign.id, "office-1") == number // 3
