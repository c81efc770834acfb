"""Seeds are right as a whole, or every mistake is named with its file and line."""

import re
from datetime import date
from pathlib import Path

import pytest

from campaign.resources import SEEDS
from campaign.seeding.mistakes import SeedMistakes
from campaign.seeding.places import line_of
from campaign.seeding.reader import read_seeds

TODAY = date(2026, 11, 22)
FILES = {
    "site.toml": 'languages = ["en", "fa"]\n[name]\nen = "Site"\n[tagline]\nen = "Words"\n',
    "campaigns/mill/campaign.toml": (
        'kind = "solidarity"\nstate = "open"\nposition = 1\n\n[[communities]]\nkey = "women"\nlabel.en = "Women"\n'
    ),
    "campaigns/mill/sources.toml": (
        '[S1]\npublisher = "Paper"\ntitle = "News"\nurl = "https://example.org/1"\ngrade = "primary"\n'
    ),
    "campaigns/mill/en.md": (
        '+++\ntitle = "The mill"\nsummary = "Short."\nask = "Open it."\naddressee = "The owner"\n+++\nBody\n'
    ),
    "campaigns/mill/case.toml": (
        'status = "bail"\nstatus_as_of = "2026-02"\nstatus_sources = ["S1"]\nchecked_on = 2026-11-01\n'
        '[status_line]\nen = "Out on bail."\n[[names]]\nscript = "latin"\nshown = "Ada"\n'
        '[[demands]]\nkey = "drop"\nvalid_while = ["bail"]\nsources = ["S1"]\ntext.en = "Drop it."\n'
    ),
    "campaigns/mill/events/2026-01-strike.toml": (
        'date = "2026-01"\nkind = "other"\nsources = ["S1"]\n[summary]\nen = "A strike began."\n'
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def mistakes_in(folder: Path) -> list[str]:
    with pytest.raises(SeedMistakes) as found:
        read_seeds(folder, today=TODAY)
    return [str(mistake) for mistake in found.value.mistakes]


def test_the_seeds_of_this_project_are_right() -> None:
    slugs = {campaign.slug for campaign in read_seeds(SEEDS, today=TODAY).campaigns}
    assert slugs == {"stop-us-war-moves-against-iran", "nasrin-sotoudeh", "esmail-bakhshi"}


def test_a_right_folder_is_read(folder: Path) -> None:
    (campaign,) = read_seeds(folder, today=TODAY).campaigns
    assert list(campaign.events) == ["2026-01-strike"]
    assert campaign.texts["en"].body == "Body"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("campaign.toml", 'kind = "solidarity"', 'kind = "solidarty"', r"campaign\.toml:1: kind"),
        ("campaign.toml", "position", "positon", r"campaign\.toml:3: positon: Extra"),
        ("campaign.toml", 'key = "women"', 'key = "W men"', r"campaign\.toml:6: communities\.0\.key"),
        (
            "campaign.toml",
            'label.en = "Women"',
            'label.de = "Frauen"',
            r"toml:7: communities\.0\.label: 'en' is",
        ),
        ("campaign.toml", 'state = "open"', "state = open", r"campaign\.toml:2: is not TOML"),
        ("sources.toml", "https://example.org/1", "javascript:alert(1)", r"sources\.toml:4: S1\.url"),
        ("sources.toml", "primary", "excellent", r"sources\.toml:5: S1\.grade"),
        ("en.md", 'ask = "Open it."', "", r"en\.md:1: ask: Field required|en\.md: ask: Field required"),
        ("en.md", "+++\ntitle", "title", r"en\.md:1: starts with TOML"),
        ("case.toml", '"bail"\nstatus_as_of', '"free"\nstatus_as_of', r"case\.toml:1: status"),
        ("case.toml", "2026-11-01", "2027-01-01", r"case\.toml:4: a status cannot be known from the future"),
        ("case.toml", 'sources = ["S1"]\ntext', 'sources = ["S9"]\ntext', r"case\.toml:13: source S9 is not in"),
        ("events/2026-01-strike.toml", 'sources = ["S1"]', "sources = []", r"strike\.toml:3: sources"),
        ("events/2026-01-strike.toml", 'sources = ["S1"]\n', "", r"strike\.toml: sources: Field required"),
        ("events/2026-01-strike.toml", "2026-01", "2026-12", r"strike\.toml:1: this event lies in the future"),
        ("events/2026-01-strike.toml", "2026-01", "2025-01", r"strike\.toml: is named for another date"),
        ("events/2026-01-strike.toml", "2026-01", "January", r"strike\.toml:1: date"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(folder: Path, name: str, old: str, new: str, said: str) -> None:
    path = folder / "campaigns/mill" / name
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    found = mistakes_in(folder)
    assert any(re.search(said, mistake) for mistake in found), found


def test_all_mistakes_of_all_files_are_named_at_once(folder: Path) -> None:
    (folder / "campaigns/mill/sources.toml").write_text("[S1]\n")
    (folder / "campaigns/mill/en.md").unlink()
    (folder / "campaigns/mill/fr.md").write_text("+++\n+++\n")
    places = {mistake.split(":")[0] for mistake in mistakes_in(folder)}
    assert places >= {"campaigns/mill/sources.toml", "campaigns/mill/en.md", "campaigns/mill/fr.md"}


@pytest.mark.parametrize(("name", "table"), [("campaign.toml", "[[communities]]"), ("case.toml", "[[demands]]")])
def test_a_key_given_twice_is_a_mistake(folder: Path, name: str, table: str) -> None:
    path = folder / "campaigns/mill" / name
    content = path.read_text()
    path.write_text(content + content[content.index(table) :])
    assert any("twice" in mistake and mistake.startswith(f"campaigns/mill/{name}") for mistake in mistakes_in(folder))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0", b"x = \x80"])
def test_bytes_that_are_no_text_are_a_mistake_like_others(folder: Path, content: bytes) -> None:
    (folder / "site.toml").write_bytes(content)
    assert mistakes_in(folder)


def test_a_slug_that_is_another_pages_address_is_a_mistake(folder: Path) -> None:
    (folder / "campaigns/mill").rename(folder / "campaigns/manage")
    assert mistakes_in(folder) == ["campaigns/manage: this slug is the address of another page"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "site.toml: is nested too deeply"),
        ("x = " + "9" * 100_000, "site.toml: is not TOML"),
        ("#" * 1_000_001, "site.toml: is no plain file of at most 1 MB"),
    ],
)
def test_a_file_made_to_stall_the_reader_is_a_mistake(folder: Path, content: str, said: str) -> None:
    (folder / "site.toml").write_text(content)
    (mistake,) = mistakes_in(folder)
    assert mistake.startswith(said)


@pytest.mark.parametrize(
    "name",
    ["site.toml", *(f"campaigns/mill/{part}" for part in ("campaign.toml", "case.toml", "events/2026-01-strike.toml"))],
)
def test_an_empty_file_is_a_mistake_and_not_a_wish_to_delete(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    assert any(mistake.startswith(f"{name}: ") and "required" in mistake for mistake in mistakes_in(folder))


def test_a_folder_named_like_a_file_is_a_mistake(folder: Path) -> None:
    (folder / "campaigns/mill/case.toml").unlink()
    (folder / "campaigns/mill/case.toml").mkdir()
    assert "campaigns/mill/case.toml: is no plain file of at most 1 MB" in mistakes_in(folder)


def test_a_folder_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path / "nowhere") == [f"{tmp_path}/nowhere: there is no such folder"]


def test_the_line_of_a_key_is_found_in_the_right_table() -> None:
    text = 'a = 1\n[[b]]\nc = 1\n[[b]]\nc = 2\n[b.d]\nen = "x"\n'
    assert line_of(text, ("b", 1, "c")) == 5
    assert line_of(text, ("b", 1, "d", "en")) == 7
    assert line_of(text, ("missing",)) == 0
