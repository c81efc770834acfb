"""Seeds are right as a whole, or every mistake is named with its file and line."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from campaign.cases.statuses import CASE_STATUSES
from campaign.resources import SEEDS
from campaign.seeding.files import EventKind, Grade, Particular
from campaign.seeding.mistakes import SeedMistakes
from campaign.seeding.places import line_of
from campaign.seeding.reader import read_seeds
from campaign.web.words import EVENT_KINDS, GRADES, PARTICULARS, STATUSES

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
        ("case.toml", "2026-11-01", "2027-01-01", r"case\.toml:4: checked_on: nobody can have looked"),
        ("case.toml", 'sources = ["S1"]\ntext', 'sources = ["S9"]\ntext', r"case\.toml:13: source S9 is not in"),
        ("events/2026-01-strike.toml", 'sources = ["S1"]', "sources = []", r"strike\.toml:3: sources"),
        ("events/2026-01-strike.toml", 'sources = ["S1"]\n', "", r"strike\.toml: sources: Field required"),
        ("events/2026-01-strike.toml", "2026-01", "2026-12", r"strike\.toml:1: date: this event lies in the future"),
        ("events/2026-01-strike.toml", "2026-01", "2025-01", r"strike\.toml: is named for another date"),
        ("events/2026-01-strike.toml", "2026-01", "January", r"strike\.toml:1: date"),
        ("events/2026-01-strike.toml", "2026-01", "2026-02-30", r"strike\.toml:1: date"),
        ("events/2026-01-strike.toml", 'date = "2026-01"\n', "", r"strike\.toml: date: Field required"),
        ("sources.toml", "https://example.org/1", "ftp://example.org/1", r"sources\.toml:4: S1\.url"),
        ("sources.toml", "https://example.org/1", "data:text/html,x", r"sources\.toml:4: S1\.url"),
        ("sources.toml", "https://example.org/1", "//example.org/1", r"sources\.toml:4: S1\.url"),
        ("sources.toml", "grade", 'archived = "javascript:1"\ngrade', r"sources\.toml:5: S1\.archived"),
        (
            "sources.toml",
            "grade",
            'archived = "https://example.org/1"\ngrade',
            r"sources\.toml:5: S1\.archived: is the",
        ),
        ("sources.toml", "grade", 'date = "2027"\ngrade', r"sources\.toml:5: S1\.date: this source is dated in the"),
        ("case.toml", 'status_as_of = "2026-02"\n', "", r"case\.toml: status_as_of: Field required"),
        ("case.toml", 'status_as_of = "2026-02"', 'status_as_of = "2026-12"', r"case\.toml:2: status_as_of: a status"),
        ("case.toml", 'status_sources = ["S1"]\n', "", r"case\.toml: status_sources: Field required"),
        ("case.toml", 'status_sources = ["S1"]', "status_sources = []", r"case\.toml:3: status_sources"),
        ("case.toml", "2026-11-01", "2026-01-31", r"case\.toml:4: checked_on: lies before the date of the status"),
        ("case.toml", 'valid_while = ["bail"]', "valid_while = []", r"case\.toml:12: demands\.0\.valid_while"),
        ("case.toml", 'valid_while = ["bail"]\n', "", r"case\.toml:10: demands\.0\.valid_while: Field required"),
        ("case.toml", 'valid_while = ["bail"]', 'valid_while = ["free"]', r"case\.toml:12: demands\.0\.valid_while"),
        ("case.toml", 'status = "bail"', 'status = "bail"\nborn = "2027"', r"case\.toml:2: born: lies in the future"),
        ("case.toml", 'status = "bail"', 'status = "bail"\nborn = "2026-03"', r"status_as_of: lies before the birth"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(folder: Path, name: str, old: str, new: str, said: str) -> None:
    path = folder / "campaigns/mill" / name
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    found = mistakes_in(folder)
    assert any(re.search(said, mistake) for mistake in found), found


BORN = ('status = "bail"', 'status = "bail"\nborn = "1963"')


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "campaigns/mill" / name
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("date", "is_before"), [("1962", True), ("1962-12-31", True), ("1963", False), ("1963-01", False)]
)
def test_no_event_lies_before_the_birth_of_the_person(folder: Path, date: str, is_before: bool) -> None:
    change(folder, "case.toml", *BORN)
    (folder / f"campaigns/mill/events/{date}-past.toml").write_text(
        FILES["campaigns/mill/events/2026-01-strike.toml"].replace("2026-01", date)
    )
    if is_before:
        said = f"campaigns/mill/events/{date}-past.toml:1: date: this event lies before the birth of the person, 1963"
        assert mistakes_in(folder) == [said]
    else:
        assert read_seeds(folder, today=TODAY).campaigns[0].case


PARTICULAR = (
    '[[particulars]]\nabout = "place"\nas_of = "2026-02"\nvalid_while = ["detained"]\n'
    'sources = ["S1"]\ntext.en = "Evin."\n'
)
OFFICE = '[[targets]]\nkey = "court"\noffice.en = "The court"\naddress = """\n1 Street\nTown"""\n'
RELATED = '[[related]]\nkey = "bea"\nname.en = "Bea"\nas_of = "2026"\nsources = ["S1"]\nnote.en = "Her sister."\n'


def test_a_whole_record_is_read(folder: Path) -> None:
    path = folder / "campaigns/mill/case.toml"
    path.write_text(path.read_text() + PARTICULAR + OFFICE + RELATED)
    case = read_seeds(folder, today=TODAY).campaigns[0].case
    assert case is not None
    assert [one.about for one in case.particulars] == ["place"]
    assert [one.address for one in case.targets] == ["1 Street\nTown"]


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        (
            PARTICULAR,
            '["detained"]',
            '["bail"]',
            r"particulars\.0\.valid_while: a place is one of detention, never a home",
        ),
        (PARTICULAR, 'valid_while = ["detained"]\n', "", r"particulars\.0\.valid_while: a place is one of detention"),
        (PARTICULAR, '"2026-02"', '"2026-12"', r"case\.toml:17: particulars\.0\.as_of: lies in the future"),
        (PARTICULAR, '"place"', '"home"', r"case\.toml:16: particulars\.0\.about"),
        (PARTICULAR, '["S1"]', "[]", r"case\.toml:19: particulars\.0\.sources"),
        (PARTICULAR, '["S1"]', '["S9"]', r"case\.toml:19: source S9 is not in"),
        (PARTICULAR * 2, "x", "x", r"case\.toml:21: particulars\.1\.key: the key place is given twice"),
        (OFFICE * 2, "x", "x", r"case\.toml:22: targets\.1\.key: the key court is given twice"),
        (OFFICE, "office.en", "office.de", r"targets\.0\.office: 'en' is missing"),
        (RELATED, '"2026"', '"2027"', r"case\.toml:18: related\.0\.as_of: lies in the future"),
        (
            RELATED,
            "sources",
            'campaign = "mill"\nsources',
            r"case\.toml:19: related\.0\.campaign: is the campaign that",
        ),
        (
            RELATED,
            "sources",
            'campaign = "bea"\nsources',
            r"case\.toml:19: related\.0\.campaign: there is no campaign bea",
        ),
    ],
)
def test_a_mistake_in_the_record_is_named_with_file_and_line(
    folder: Path, part: str, old: str, new: str, said: str
) -> None:
    path = folder / "campaigns/mill/case.toml"
    path.write_text(path.read_text() + part.replace(old, new))
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


def test_a_folder_with_nothing_but_the_site_gives_it_its_name(folder: Path, tmp_path: Path) -> None:
    """An empty folder of campaigns stays a mistake: there was something."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "site.toml").write_bytes((folder / "site.toml").read_bytes())
    assert read_seeds(own, today=date(2026, 11, 22)).campaigns == ()
    (own / "campaigns").mkdir()
    assert "holds no campaign" in mistakes_in(own)[0]


def test_a_folder_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path / "nowhere") == [f"{tmp_path}/nowhere: there is no such folder"]


def test_the_line_of_a_key_is_found_in_the_right_table() -> None:
    text = 'a = 1\n[[b]]\nc = 1\n[[b]]\nc = 2\n[b.d]\nen = "x"\n'
    assert line_of(text, ("b", 1, "c")) == 5
    assert line_of(text, ("b", 1, "d", "en")) == 7
    assert line_of(text, ("missing",)) == 0


def test_whatever_files_may_say_has_a_word_on_pages_and_at_the_desk() -> None:
    assert EVENT_KINDS.keys() == set(get_args(EventKind))
    assert GRADES.keys() == set(get_args(Grade))
    assert STATUSES.keys() == set(CASE_STATUSES)
    assert PARTICULARS.keys() == set(get_args(Particular.model_fields["about"].annotation))
