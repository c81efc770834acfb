"""What a site says can be taken away as seed files, and brought back without a word being changed."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.app import create_app
from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.editing.contents import CampaignContents, SiteContents, seed_contents, site_contents
from campaign.editing.kinds import kind_of
from campaign.editing.seed_files import differences_by_file, edited_files, seed_files, write_files
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import SeedMistakes, SeedSite, read_seeds
from campaign.seeding.toml import toml
from tests.databases import config_for, new_sqlite

SLUG = "nasrin-sotoudeh"
ARREST = "event:2018-06-13-arrest"


@pytest.fixture
def seeds(now: datetime) -> SeedSite:
    return read_seeds(SEEDS, today=now.date())


@pytest.fixture
def seeded(any_app: Flask, seeds: SeedSite, now: datetime) -> Flask:
    with transaction() as session:
        plant(session, seeds, now=now)
    return any_app


def said() -> SiteContents:
    found = site_contents(db.session())
    db.session.rollback()
    return found


def unmarked(contents: SiteContents) -> SiteContents:
    """The words alone: not which of them an organizer wrote."""
    campaigns = {slug: CampaignContents(each.about, each.parts) for slug, each in contents.campaigns.items()}
    return SiteContents(contents.site, campaigns)


def write(part: str, now: datetime, **changes: object) -> None:
    """Change a part as the desk does once it is reviewed; nothing but `gone` takes it down."""
    kind, key = kind_of(part)
    with transaction() as session:
        campaign_id = session.scalars(select(Campaign.id).where(Campaign.slug == SLUG)).one()
        content = kind.read(session, campaign_id, key) or {}
        new = (
            None
            if changes.get("gone")
            else kind.check(session, campaign_id, key, {**content, **changes}, today=now.date())
        )
        kind.write(session, campaign_id, key, new, now=now)


def edited(now: datetime) -> None:
    """A site on which organizers have changed, added, moved and taken down."""
    write(
        "text:en",
        now,
        title='Quotes " and \\ and ؛',
        notice="One line.\nAnother, with a tab\tin it.",
        body="## A\n\n+++\n\nB",
    )
    write("text:fa", now, gone=True)
    write(ARREST, now, date="2018-06-14", summary={"en": "Said anew.", "fa": "از نو."})
    write("event:2018-06-23-bail-refused", now, gone=True)
    source = {"publisher": "Paper", "title": "News", "url": "https://example.org/n", "grade": "state"}
    kind, key = kind_of("event:2020-03-written-at-the-desk")
    with transaction() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.slug == SLUG)).one()
        content = {
            "date": "2020-03",
            "kind": "other",
            "summary": {"en": "New."},
            "sources": [source],
            "uncertain": True,
        }
        checked = kind.check(session, campaign.id, key, content, today=now.date())
        kind.write(session, campaign.id, key, checked, now=now)
        campaign.state, campaign.edited_at = "closed", now
    write("case", now, status="furlough", status_as_of="2026-02")


def test_an_export_of_the_seeded_site_says_what_the_seeds_say(
    seeded: Flask, seeds: SeedSite, now: datetime, tmp_path: Path
) -> None:
    assert unmarked(said()) == unmarked(seed_contents(seeds))
    write_files(seed_files(said(), seeds), tmp_path / "out")
    again = read_seeds(tmp_path / "out", today=now.date())
    assert again == seeds


@pytest.mark.parametrize("is_edited", [False, True])
def test_importing_an_export_changes_nothing(
    seeded: Flask, seeds: SeedSite, now: datetime, tmp_path: Path, is_edited: bool
) -> None:
    if is_edited:
        edited(now)
    before = said()
    write_files(seed_files(before, seeds), tmp_path / "out")
    exported = read_seeds(tmp_path / "out", today=now.date())
    with transaction() as session:
        assert plant(session, exported, now=now).written == 0
    assert said() == before


@pytest.mark.parametrize("keys", [True, False])
def test_an_export_makes_the_same_site_elsewhere(
    seeded: Flask, seeds: SeedSite, now: datetime, tmp_path: Path, keys: bool
) -> None:
    edited(now)
    before = said()
    write_files(seed_files(before, seeds if keys else None), tmp_path / "out")
    exported = read_seeds(tmp_path / "out", today=now.date())
    assert unmarked(seed_contents(exported)) == unmarked(before)
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    made = create_app(config_for(new_sqlite(other), other))
    with made.app_context():
        with transaction() as session:
            plant(session, exported, now=now)
        assert unmarked(said()) == unmarked(before)
        db.session.remove()
        db.engine.dispose()


def test_a_check_shows_each_file_that_differs_and_which_were_edited(
    seeded: Flask, seeds: SeedSite, now: datetime
) -> None:
    files = seed_files(seed_contents(seeds), seeds)
    assert differences_by_file(seed_files(said(), seeds), files) == {}
    edited(now)
    found = differences_by_file(seed_files(said(), seeds), files)
    folder = f"campaigns/{SLUG}"
    places = {
        f"{folder}/{name}"
        for name in (
            "campaign.toml",
            "case.toml",
            "en.md",
            "fa.md",
            "sources.toml",
            "events/2018-06-13-arrest.toml",
            "events/2018-06-14-arrest.toml",
            "events/2018-06-23-bail-refused.toml",
            "events/2020-03-written-at-the-desk.toml",
        )
    }
    assert set(found) == places
    assert found[f"{folder}/campaign.toml"].splitlines() == [
        f"--- site/{folder}/campaign.toml",
        f"+++ seeds/{folder}/campaign.toml",
        "@@ -1,3 +1,3 @@",
        ' kind = "solidarity"',
        '-state = "closed"',
        '+state = "open"',
        " position = 2",
    ]
    assert edited_files(said()) & places == places - {
        f"{folder}/sources.toml",
        f"{folder}/events/2018-06-13-arrest.toml",
    }


def test_nothing_is_written_over(seeded: Flask, seeds: SeedSite, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "note.txt"):
        with pytest.raises(Refused):
            write_files(seed_files(said(), seeds), place)
    assert [path.name for path in tmp_path.iterdir() if path.name != "instance"] == ["note.txt"]


def test_a_site_without_content_has_nothing_to_export(any_app: Flask) -> None:
    with pytest.raises(NotFound):
        site_contents(db.session())


def test_two_files_do_not_claim_one_event(seeds: SeedSite, now: datetime, tmp_path: Path) -> None:
    files = seed_files(seed_contents(seeds), seeds)
    name = f"campaigns/{SLUG}/events/2018-06-13-arrest.toml"
    twin = name.replace("arrest", "again")
    write_files({**files, twin: 'key = "2018-06-13-arrest"\n' + files[name]}, tmp_path / "out")
    with pytest.raises(SeedMistakes) as found:
        read_seeds(tmp_path / "out", today=now.date())
    assert "the key 2018-06-13-arrest is given twice" in str(found.value)


def test_any_text_survives_being_written_as_toml() -> None:
    import tomllib

    hostile = {
        "a": 'x"\\\n\t\r\x00\x7f\u2028[b]#',
        "b.c": "«نان»",
        "list": ["'''", '"""'],
        "t": {"en": "=", "f g": "]"},
    }
    assert tomllib.loads(toml(hostile)) == hostile
    assert tomllib.loads(toml({"rows": [{"x": "1", "t": {"en": "\n"}}, {"x": "2"}], "no": None, "n": 3})) == {
        "rows": [{"x": "1", "t": {"en": "\n"}}, {"x": "2"}],
        "n": 3,
    }


def test_the_command_checks_exports_and_says_how_it_ended(
    seeded: Flask, seeds: SeedSite, now: datetime, instance: Path, tmp_path: Path
) -> None:
    url = seeded.config["SQLALCHEMY_DATABASE_URI"]
    environ = {**os.environ, "CAMPAIGN_INSTANCE": str(instance), "CAMPAIGN_DATABASE_URL": str(url)}

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "campaign", "seed", *arguments]
        return subprocess.run(command, env={**environ, **more}, capture_output=True, text=True, check=False)

    assert run("--check").returncode == 0
    write("text:en", now, ask="Written at the desk.")
    checked = run("--check")
    assert checked.returncode == 3
    assert '-ask = "Written at the desk."' in checked.stdout
    assert "changed at the desk" in checked.stdout
    out = tmp_path / "out"
    assert run("--export", str(out)).returncode == 0
    assert run(str(out), "--check").returncode == 0
    assert run("--export", str(out)).returncode == 1
    assert run("--export", str(out), "--check").returncode == 2
    (out / "site.toml").unlink()
    assert run(str(out), "--check").returncode == 1


def test_checking_where_there_is_no_site_makes_none(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    command = [sys.executable, "-m", "campaign", "seed", "--check"]
    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "3 campaigns, nothing wrong.\n")
    assert list(tmp_path.iterdir()) == []
