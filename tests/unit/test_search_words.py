"""A word is found however a keyboard or a script writes it, and by nothing that is another word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.search_words import LONGEST_QUERY, findable, is_found, words_of


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Nasrin Sotoudeh", "SOTOUDEH nasrin"),
        ("Nasrin Sotoudeh", "sotou"),
        ("Nasr\u00edn Sotud\u00e9", "nasrin sotude"),
        ("Nasrin Sotude", "NASR\u00cdN SOTUDE\u0301"),
        ("\u0130smail", "ismail"),
        ("Ismail", "\u0131smail"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u0141\u00f3d\u017a", "lodz"),
        ("O\u2019Brien", "o'brien"),
        ("O'Brien", "obrien"),
        ("\u0646\u0633\u0631\u06cc\u0646", "\u0646\u0633\u0631\u064a\u0646"),
        ("\u0646\u0633\u0631\u064a\u0646", "\u0646\u0633\u0631\u06cc\u0646"),
        ("\u0628\u062e\u0634\u0649", "\u0628\u062e\u0634\u06cc"),
        ("\u06a9\u0627\u0631\u06af\u0631", "\u0643\u0627\u0631\u06af\u0631"),
        ("\u0625\u0633\u0645\u0627\u0639\u064a\u0644", "\u0627\u0633\u0645\u0627\u0639\u06cc\u0644"),
        ("\u0626\u06cc\u0633\u0645\u0627\u0639\u06cc\u0644", "\u06cc\u06cc\u0633\u0645\u0627\u0639\u06cc\u0644"),
        ("\u0633\u062a\u0648\u062f\u0629", "\u0633\u062a\u0648\u062f\u0647"),
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u0645\u062d\u0640\u0640\u0645\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u0647\u0641\u062a\u200c\u062a\u067e\u0647", "\u0647\u0641\u062a \u062a\u067e\u0647"),
        ("\u0647\u0641\u062a\u200c\u062a\u067e\u0647", "\u0647\u0641\u062a\u062a\u067e\u0647"),
        ("\u0647\u0641\u062a\u200c\u062a\u067e\u0647", "\u062a\u067e\u0647"),
        ("\u0647\u0641\u062a \u062a\u067e\u0647", "\u0647\u0641\u062a\u200c\u062a\u067e\u0647"),
        ("Haft Tappeh", "haft-tappeh"),
        ("Haft Tappeh", "hafttappeh"),
        ("\u06f2\u06f0\u06f1\u06f9", "2019"),
        ("2019", "\u0662\u0660\u0661\u0669"),
        ("\u202bNasrin\u202c", "nasrin"),
    ],
)
def test_a_word_is_found_however_it_is_typed(written: str, typed: str) -> None:
    assert is_found(typed, findable(written))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Nasrin Sotoudeh", "toudeh"),
        ("Nasrin Sotoudeh", "nasrin bakhshi"),
        ("a final issue", "ali"),
        ("Nasrin", ""),
        ("Nasrin", "   "),
        ("Nasrin", "\u200c"),
        ("Nasrin", "\u064e"),
        ("Nasrin", "%"),
        ("Nasrin", "_"),
        ("", "nasrin"),
    ],
)
def test_what_is_another_word_is_not_found(written: str, typed: str) -> None:
    assert not is_found(typed, findable(written))


@given(st.text(max_size=200))
def test_any_text_finds_itself_or_has_no_word(text: str) -> None:
    query = text[:LONGEST_QUERY]
    assert is_found(query, findable(query)) == bool(words_of(query))


@given(st.text(max_size=60))
def test_a_word_in_its_one_spelling_stays_as_it_is(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
