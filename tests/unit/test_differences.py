"""A difference shows every word that went or came, and nothing else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.editing.differences import Piece, differences, word_pieces

TEXTS = st.text(alphabet="ab \n.", max_size=80)


def said(old: str, new: str) -> str:
    marks = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in word_pieces(old, new))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("one two three", "one 2 three", "one [-two -][+2 +]three"),
        ("a\n\nb\n\nc", "a\n\nc", "a\n\n[-b\n\n-]c"),
        ("", "all new", "[+all new+]"),
        ("gone", "", "[-gone-]"),
        ("او آزاد شد.", "او با وثیقه آزاد شد.", "او [+با وثیقه +]آزاد شد."),
    ],
)
def test_a_difference_is_by_paragraph_and_word(old: str, new: str, shown: str) -> None:
    assert said(old, new) == shown


@given(old=TEXTS, new=TEXTS)
def test_both_texts_can_be_read_from_their_difference(old: str, new: str) -> None:
    pieces = word_pieces(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


def test_a_huge_paragraph_does_not_hold_up_the_page() -> None:
    old, new = "a b " * 5000, "b a " * 5000
    began = time.process_time()
    assert word_pieces(old, new) == [Piece("gone", old), Piece("new", new)]
    assert time.process_time() - began < 5


def test_one_more_in_a_list_leaves_its_neighbours_alone() -> None:
    old = {"sources": [{"url": "https://b", "title": "B"}], "kind": "arrest"}
    new = {"sources": [{"url": "https://a", "title": "A"}, {"url": "https://b", "title": "B"}], "kind": "arrest"}
    assert {change.place[1] for change in differences(old, new)} == {"https://a"}


def test_a_part_taken_down_is_all_gone_and_a_new_one_all_new() -> None:
    content = {"title": "T", "notice": None, "summary": {"en": "S"}}
    (title, summary) = differences(content, None)
    assert [piece.kind for change in (title, summary) for piece in change.pieces] == ["gone", "gone"]
    assert [change.place for change in differences(None, content)] == [("title",), ("summary", "en")]
    assert differences(content, dict(content)) == []
