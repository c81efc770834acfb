"""Letters and news as seed files: what is wrong with one is said with its file and line."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from campaign.seeding.mistakes import SeedMistakes
from campaign.seeding.reader import read_seeds
from tests.unit.test_seed_reader import FILES

TODAY = date(2026, 11, 22)
LETTER = """\
reads = ["fa"]
valid_while = ["bail"]
email = "office@example.org"
address = '''
Office
1 Street
Town'''
sources = ["S1"]

[office]
en = "Office"
fa = "اداره"

[texts.en]
subject = "Ada"
body = "Open the mill."

[texts.fa]
subject = "آدا"
body = "کارخانه را باز کنید."
"""
UPDATE = """\
date = 2026-11-20
sources = ["S1"]

[texts.en]
title = "News"
body = "It is **open**."
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A right folder with one letter and one update, or with others in their place."""

    def written(letter: str = LETTER, update: str = UPDATE, **names: str) -> Path:
        mill = "campaigns/mill"
        more = {
            f"{mill}/letters/{names.get('letter_name', 'office')}.toml": letter,
            f"{mill}/updates/{names.get('update_name', '2026-11-20-open')}.toml": update,
        }
        for name, content in {**FILES, **more}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return written


def mistakes_in(folder: Path) -> list[str]:
    with pytest.raises(SeedMistakes) as found:
        read_seeds(folder, today=TODAY)
    return [str(mistake) for mistake in found.value.mistakes]


def test_a_letter_and_news_are_read(write: Write) -> None:
    (campaign,) = read_seeds(write(), today=TODAY).campaigns
    assert campaign.letters["office"].address == "Office\n1 Street\nTown"
    assert campaign.updates["2026-11-20-open"].texts["en"].title == "News"


def test_an_office_may_read_a_language_that_the_site_does_not_have(write: Write) -> None:
    german = LETTER.replace('["fa"]', '["de"]') + '[texts.de]\nsubject = "Ada"\nbody = "Öffnen Sie die Mühle."\n'
    (campaign,) = read_seeds(write(german), today=TODAY).campaigns
    assert set(campaign.letters["office"].texts) == {"en", "fa", "de"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sources = ["S1"]', "sources = []", "letters/office.toml:8: sources"),
        ('sources = ["S1"]', 'sources = ["S9"]', "letters/office.toml:8: source S9 is not in sources.toml"),
        ("office@example.org", "office@example.org?bcc=x@example.net", "letters/office.toml:3: email"),
        ("office@example.org", "https://example.org/contact", "letters/office.toml:3: email"),
        ('["bail"]', '["free"]', "letters/office.toml:2: valid_while"),
        ('valid_while = ["bail"]\n', "", "says under which statuses"),
        ('reads = ["fa"]', 'reads = ["ar"]', "the office reads 'ar'"),
        ('reads = ["fa"]', "reads = []", "letters/office.toml:1: reads"),
        ("1 Street", "\n".join("123456789"), "letters/office.toml:4: address: an address has at most 8 lines"),
        ("Open the mill.", "Open\u202e the mill.", "invisible characters that change its direction"),
        ("Open the mill.", "Open \\u0000 it.", "characters that cannot be shown"),
        ("Open the mill.", "x" * 4001, "at most 4000 characters"),
        ('subject = "Ada"', 'subject = "Ada\\nBcc: x@example.net"', "texts.en.subject"),
        ('en = "Office"', 'de = "Amt"', "the site has no language 'de'"),
        ("[texts.en]", "[texts.de]", "'en' is missing"),
        ('reads = ["fa"]', 'reads = ["fa"]\nphone = "1"', "phone: Extra"),
    ],
)
def test_a_wrong_letter_is_named_with_file_and_line(write: Write, old: str, new: str, said: str) -> None:
    assert old in LETTER
    found = mistakes_in(write(LETTER.replace(old, new)))
    assert any(said in mistake for mistake in found), found
    assert all(mistake.startswith("campaigns/mill/letters/office.toml") for mistake in found)


def test_a_letter_of_a_petition_has_no_status(write: Write) -> None:
    folder = write()
    about = folder / "campaigns/mill/campaign.toml"
    about.write_text(about.read_text().replace("solidarity", "petition"))
    (folder / "campaigns/mill/case.toml").unlink()
    assert mistakes_in(folder) == ["campaigns/mill/letters/office.toml:2: a petition has no status; leave this out"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2026-11-20", "2026-11-21", ":1: is named for another date than its own"),
        ("2026-11-20", "2026-11-23", ":1: this news lies in the future"),
        ("date = 2026-11-20", 'date = "2026-11"', ":1: date"),
        ("[texts.en]", "[texts.fa]", "'en' is missing"),
        ("[texts.en]", "[texts.de]", "the site has no language 'de'"),
        ('["S1"]', '["S2"]', ":2: source S2 is not in sources.toml"),
        ('title = "News"', 'title = ""', ":5: texts.en.title"),
        ("It is", "It \u202dis", ":6: texts.en.body: the text holds invisible characters"),
        ("It is", "![](//evil.example/x)", ":6: texts.en.body: a page shows no pictures"),
        ("It is", "<b>It</b>", ":6: texts.en.body: a page shows no HTML"),
    ],
)
def test_wrong_news_is_named_with_file_and_line(write: Write, old: str, new: str, said: str) -> None:
    found = mistakes_in(write(update=UPDATE.replace(old, new)))
    assert any(said in mistake for mistake in found), found


@pytest.mark.parametrize("names", [{"letter_name": "The Office"}, {"update_name": "2026-11-20_open"}])
def test_a_file_is_named_as_its_address_will_be(write: Write, names: dict[str, str]) -> None:
    assert any("is named" in mistake for mistake in mistakes_in(write(**names)))
