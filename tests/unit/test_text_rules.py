"""Names of any script pass; what only deceives or breaks does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.text_rules import MAX_MARKS, MAX_MESSAGE, MAX_NAME, BadText, check_message, check_name


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "O'Brien",
        "Ní Dhomhnaill",
        "پروین اعتصام\u200cزاده",
        "نەسرین",
        "عبد الرحمن",
        "李明",
        "Nguyễn Thị Ánh",
        "ศิริพร",
        "क्षितिज",
        "ພຣະເຈົ້າ",
        "מֹשֶׁה בֶּן עַמְרָם",
        "X Æ A-12",
        "Ada 🌹",
        "علی\u200f",
        "A" * MAX_NAME,
    ],
)
def test_names_people_have_are_kept_as_typed(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "empty"),
        (" \u200c ", "empty"),
        ("...", "empty"),
        ("A" * (MAX_NAME + 1), "long"),
        ("Ada\0", "control"),
        ("Ada\x1b[31m", "control"),
        ("Ada\nLovelace", "control"),
        ("Ada\u2028x", "control"),
        ("Ada\ufffd", "control"),
        ("Ada\u202egro.live", "bidi"),
        ("\u2067Ada", "bidi"),
        ("A" + "\u0301" * (MAX_MARKS + 2), "marks"),
        ("a" + ("\u0489" * 8 + "\u200c") * 11, "marks"),
        ("a" + "\u0489\u200d" * 40, "marks"),
        ("a" + "\u200f" * 80, "marks"),
        ("\u3164", "empty"),
        ("\u115f\uffa0", "empty"),
        ("Ada\ufdd0\uffff", "control"),
        ("\u0301" * 15900 + "\u0323" * 15900, "long"),
    ],
)
def test_names_that_deceive_or_break_are_refused(name: str, rule: str) -> None:
    with pytest.raises(BadText) as bad:
        check_name(name)
    assert bad.value.rule == rule


def test_white_space_is_made_single_and_letters_composed() -> None:
    assert check_name("  Ada\t \u00a0 Lovelace ") == "Ada Lovelace"
    assert check_name("Ne\u0301e") == "Née"


def test_a_message_may_have_lines_and_may_be_empty() -> None:
    assert check_message(" one\r\n two \rthree ") == "one\ntwo\nthree"
    assert check_message(" \n ") == ""


@pytest.mark.parametrize(
    "message", ["نمی\u200cخواهم که می\u200cگویند " * 38, "ක්\u200dෂ්\u200dර " * 60], ids=["Persian", "Sinhala"]
)
def test_a_long_paragraph_may_hold_many_joiners(message: str) -> None:
    assert check_message(message) == message.strip()


@pytest.mark.parametrize(("message", "rule"), [("x" * (MAX_MESSAGE + 1), "long"), ("a\0", "control")])
def test_a_message_that_breaks_a_rule_is_refused(message: str, rule: str) -> None:
    with pytest.raises(BadText) as bad:
        check_message(message)
    assert bad.value.rule == rule


@given(st.text(max_size=200))
def test_checking_a_name_twice_changes_nothing_more(text: str) -> None:
    try:
        name = check_name(text)
    except BadText:
        return
    assert check_name(name) == name
