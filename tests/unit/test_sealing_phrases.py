"""A phrase is strong enough, forgiving to type, and the only thing that unlocks a key."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from campaign.core.errors import SealingError
from campaign.sealing.phrases import PHRASE_WORDS, Wrapped, new_phrase, normal_phrase, unwrap, word_list, wrap

SECRET = bytes(range(32))
PHRASE = "yo-yo abacus t-shirt drop-down felt-tip zoom mummified"


@pytest.fixture(scope="module")
def wrapped() -> Wrapped:
    return wrap(SECRET, PHRASE)


def test_a_phrase_has_at_least_ninety_bits() -> None:
    told_apart = {normal_phrase(word) for word in word_list()}
    assert PHRASE_WORDS * math.log2(len(told_apart)) >= 90


def test_the_words_are_the_whole_list_of_the_eff() -> None:
    assert len(word_list()) == len(set(word_list())) == 7776
    assert (word_list()[0], word_list()[-1]) == ("abacus", "zoom")


def test_no_word_begins_another_so_spaces_carry_nothing() -> None:
    words = sorted({normal_phrase(word) for word in word_list()})
    assert not [first for first, second in pairwise(words) if second.startswith(first)]


def test_a_new_phrase_is_seven_words_of_the_list_and_never_the_same() -> None:
    first, second = new_phrase(), new_phrase()
    assert first != second
    assert len(first.split(" ")) == 7
    assert set(first.split(" ")) <= set(word_list())


@pytest.mark.parametrize(
    "typed",
    [
        PHRASE,
        PHRASE.upper(),
        f"  {PHRASE.replace(' ', '   ')}\r\n",
        PHRASE.replace("-", " "),
        PHRASE.replace("-", "").replace(" ", "-"),
        PHRASE.replace("-", "\u2011").replace(" ", "\u00a0"),
        "1. yo-yo\n2. abacus\n3. t-shirt\n4. drop-down\n5. felt-tip\n6. zoom\n7. mummified",
        "ｙｏ-ｙｏ abacus t-shirt drop-down felt-tip zoom mummified",
    ],
)
def test_a_phrase_may_be_typed_carelessly(typed: str) -> None:
    assert normal_phrase(typed) == "yoyoabacustshirtdropdownfelttipzoommummified"


def test_a_key_comes_back_with_its_phrase(wrapped: Wrapped) -> None:
    assert unwrap(wrapped, PHRASE.title()) == SECRET


@pytest.mark.parametrize("phrase", ["", "abacus", PHRASE + " zoom", PHRASE.removesuffix("d")])
def test_a_key_stays_locked_with_another_phrase(wrapped: Wrapped, phrase: str) -> None:
    with pytest.raises(SealingError, match="the phrase does not open this key"):
        unwrap(wrapped, phrase)


def test_locking_twice_gives_nothing_to_compare(wrapped: Wrapped) -> None:
    again = wrap(SECRET, PHRASE)
    assert (again.salt, again.nonce, again.ciphertext) != (wrapped.salt, wrapped.nonce, wrapped.ciphertext)
    assert (len(again.salt), len(again.nonce), len(again.ciphertext)) == (16, 24, 48)
    assert (again.opslimit, again.memlimit_bytes) == (3, 64 * 1024 * 1024)


@pytest.mark.parametrize(
    "damage", [{"salt": b"short"}, {"nonce": b""}, {"ciphertext": bytes(48)}, {"memlimit_bytes": 8192}]
)
def test_a_damaged_locked_key_does_not_open(wrapped: Wrapped, damage: dict[str, bytes]) -> None:
    with pytest.raises(SealingError):
        unwrap(replace(wrapped, **damage), PHRASE)  # type: ignore[arg-type]


@pytest.mark.parametrize("demand", [{"memlimit_bytes": 1 << 40}, {"opslimit": 1 << 30}, {"opslimit": 0}])
def test_a_file_cannot_make_the_machine_stall(wrapped: Wrapped, demand: dict[str, int]) -> None:
    with pytest.raises(SealingError, match="more memory or time"):
        unwrap(replace(wrapped, **demand), PHRASE)  # type: ignore[arg-type]
