"""Every sentence of the site is there in every language, with the same places to fill in."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from campaign.resources import SEEDS, TRANSLATIONS
from campaign.seeding.reader import read_seeds
from campaign.web.i18n import RIGHT_TO_LEFT
from tests.guard.tree import PACKAGE, ROOT, TEMPLATES
from tests.web.conftest import NOW

LANGUAGES = ("fa",)
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
_PLACES = re.compile(r"%(?:\((\w+)\))?[sd]|%%")
_PLACEHOLDERS = re.compile(
    r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}|<code.*?</code>|<script.*?</script>", re.DOTALL
)
_TAGS = re.compile(r"</?[a-z][^>]*>")


def _found() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    code = [("**.py", "python")]
    pages = [("**", "jinja2")]
    options = {pattern: {"extensions": "jinja2.ext.i18n"} for pattern, _ in pages}
    for folder, methods in ((PACKAGE, code), (TEMPLATES, pages)):
        for name, line, message, *_ in extract_from_dir(folder, methods, options, keywords=KEYWORDS):
            yield f"{folder.relative_to(ROOT)}/{name}:{line}", message


@cache
def messages() -> dict[str | tuple[str, ...], str]:
    """Where each sentence stands first."""
    found: dict[str | tuple[str, ...], str] = {}
    for place, message in _found():
        found.setdefault(message, place)
    return found


@cache
def catalogue(language: str) -> Catalog:
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    assert path.exists(), f"{path.relative_to(ROOT)} is not there"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def words(texts: str | tuple[str, ...] | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def test_sentences_are_found_in_code_pages_and_mails() -> None:
    places = {Path(place.partition(":")[0]).suffix for place in messages().values()}
    assert {".py", ".html", ".txt", ".subject"} <= places
    assert len(messages()) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    known = catalogue(language)
    missing = {}
    for message, place in messages().items():
        entry = known.get(words(message)[0])
        if entry is None or not all(words(entry.string)):
            missing[place] = message
    assert missing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_waits_for_a_second_look(language: str) -> None:
    assert [entry.id for entry in catalogue(language) if entry.id and entry.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_of_a_sentence_that_is_gone(language: str) -> None:
    used = {words(message)[0] for message in messages()}
    assert [entry.id for entry in catalogue(language) if entry.id and words(entry.id)[0] not in used] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_places_with_the_same_marks(language: str) -> None:
    wrong = []
    for entry in catalogue(language):
        if not entry.id:
            continue
        ids = words(entry.id)
        places, tags = {place for one in ids for place in _places(one)}, sorted(_TAGS.findall(ids[-1]))
        for text in words(entry.string):
            may_miss = {"count", "num"} if len(ids) > 1 else set()
            if not places - may_miss <= _places(text) <= places or sorted(_TAGS.findall(text)) != tags:
                wrong.append((entry.id, text))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_all_its_forms(language: str) -> None:
    known = catalogue(language)
    plurals = [entry for entry in known if entry.id and not isinstance(entry.id, str)]
    assert plurals
    assert [entry.id for entry in plurals if len(words(entry.string)) != known.num_plurals] == []


def test_every_language_of_the_seeds_can_be_spoken_by_the_site() -> None:
    languages = read_seeds(SEEDS, today=NOW.date()).site.languages
    assert set(languages) == {"en", *LANGUAGES}
    assert set(LANGUAGES) & RIGHT_TO_LEFT


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_holds_no_words_of_one_language(path: Path) -> None:
    """Words between two tags that went through no translation."""
    text = _PLACEHOLDERS.sub("", path.read_text("utf-8"))
    bare = [between.strip() for between in re.findall(r">([^<>]+)<", text)]
    assert [words for words in bare if re.search("[A-Za-z]{3,}", re.sub(r'&\w+;|[\w-]+="[^"]*"', "", words))] == []


def _places(text: str) -> set[str]:
    return {found.group(1) or found.group(0) for found in _PLACES.finditer(text) if found.group(0) != "%%"}
