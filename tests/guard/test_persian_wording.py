"""The Persian of the site: one word for one thing, dates not read backwards, numbers where a form serves two."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.resources import SEEDS
from tests.guard.test_translations import catalogue, words

# What is not said, and what is said instead (see docs/translating.md).
INSTEAD = {
    "کارساز": "سرور",
    "مالک": "صاحب",
    "سازمان‌دهند": "برگزارکنند",
    "دارنده کلید": "کلیددار",
    "عبارت رمز": "عبارت",
    "هم‌پیمان": "همراه",
    "برخط": "اینترنتی",
    "رونوشت": "کپی",
    "وارسی": "بررسی",
    "فیلد": "خانه",
    "کادر": "خانه",
    "تیک": "علامت",
    "کهنه": "قدیمی",
    "برگزینید": "انتخاب کنید",
    "آن‌جا": "آنجا",
    "این‌جا": "اینجا",
    "اینکه": "این‌که",
    "آنکه": "آن‌که",
}
# Behind Persian words, digits with hyphens are turned round unless a mark of direction stands before them.
_READ_BACKWARDS = re.compile(r"(?<![\u200e\d-])\d{4}-\d{2}")
_ENGLISH_PUNCTUATION = re.compile(r"[\u0600-\u06ff][,;?]|[يك]")


def sentences() -> Iterator[str]:
    for entry in catalogue("fa"):
        if entry.id:
            yield from words(entry.string)


def test_one_thing_has_one_word() -> None:
    wrong = [(text, INSTEAD[word]) for text in sentences() for word in INSTEAD if re.search(rf"\b{word}", text)]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(SEEDS.rglob("fa.md")), ids=lambda path: path.parent.name)
def test_pages_call_organizers_what_the_site_calls_them(path: Path) -> None:
    assert "سازمان‌دهند" not in path.read_text("utf-8")


def test_a_date_to_be_typed_is_not_read_backwards() -> None:
    assert [text for text in sentences() if _READ_BACKWARDS.search(text)] == []


def test_punctuation_and_letters_are_persian() -> None:
    shown = (re.sub(r"<[^>]*>|\{[^}]*\}|%\(\w+\)s", "", text) for text in sentences())
    assert [text for text in shown if _ENGLISH_PUNCTUATION.search(text)] == []


def test_a_form_that_serves_none_as_well_as_one_says_which() -> None:
    """Persian counts none with one: “one code is left” must not be said of none."""
    wrong = []
    for entry in catalogue("fa"):
        if entry.id and not isinstance(entry.id, str):
            of_one, of_many = words(entry.string)
            if "%(" in of_many and set(re.findall(r"%\(\w+\)s", of_many)) - set(re.findall(r"%\(\w+\)s", of_one)):
                wrong.append(of_one)
    assert wrong == []
