"""What holders keep: a slip on paper is named, a key file works as a phrase, weak or wild locks are refused."""

import secrets
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.errors import Invalid, SealingError
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.checks import check_public_key, check_wrapped
from campaign.sealing.key_files import key_file_text, new_file_secret, read_key_file
from campaign.sealing.openers import Opener
from campaign.sealing.paper_key import paper_lines, read_paper
from campaign.sealing.phrases import Wrapped, normal_phrase, unwrap, wrap

SECRETS = st.binary(min_size=32, max_size=32)
WRAPPED = Wrapped(bytes(16), 3, 64 * 1024 * 1024, bytes(24), bytes(48))


@given(SECRETS)
def test_what_is_printed_is_read_again_however_it_is_typed(secret: bytes) -> None:
    lines = paper_lines(secret)
    assert [[len(group) for group in line.split()] for line in lines] == [[4] * 4] * 4
    assert read_paper("\n".join(lines)) == secret
    assert read_paper("".join(lines).replace(" ", "").lower().replace("o", "0").replace("i", "1")) == secret
    assert read_paper(" - ".join(lines)) == secret


@given(SECRETS, st.integers(0, 63), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_letter_names_its_line(secret: bytes, place: int, letter: str) -> None:
    written = "".join(paper_lines(secret)).replace(" ", "")
    slipped = written[:place] + letter + written[place + 1 :]
    if slipped == written:
        return
    # A check of 16 bits misses one slip in 65,536; then the key is another, which the public key tells.
    try:
        said = repr(read_paper(slipped) != secret)
    except SealingError as error:
        said = str(error)
    assert said == "True" or f"line {place // 16 + 1} " in said


def test_lines_in_another_order_are_noticed() -> None:
    lines = paper_lines(secrets.token_bytes(32))
    with pytest.raises(SealingError, match="line 1"):
        read_paper("\n".join([lines[1], lines[0], *lines[2:]]))


@pytest.mark.parametrize("text", ["", "ABCD", "A" * 63, "A" * 65, "seven words are no key on paper"])
def test_what_is_no_paper_copy_says_how_much_is_missing(text: str) -> None:
    with pytest.raises(SealingError, match="of 64 were typed"):
        read_paper(text)


def test_an_error_holds_nothing_of_what_was_typed() -> None:
    lines = paper_lines(secrets.token_bytes(32))
    with pytest.raises(SealingError) as refused:
        read_paper("\n".join([*lines[:3], "MARK" * 4]))
    assert not [line for line in [*lines, "MARK"] if line in f"{refused.value!r}{refused.value.__context__!r}"]


def test_a_key_file_is_a_phrase_of_256_bits() -> None:
    pair, secret = new_key_pair(), new_file_secret()
    assert normal_phrase(secret) == secret
    assert len({*(new_file_secret() for _ in range(8)), secret}) == 9
    text = key_file_text(secret, fingerprint="abcd")
    assert read_key_file(text.replace("\n", "\r\n")) == secret
    wrapped = wrap(pair.secret_key, secret)
    assert Opener.of_file(text).pair_of(pair.public_key, [wrapped]) == pair


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "campaign-key-file/1\nkey\n",
        "campaign-key-file/2\nkey\n" + "a" * 64,
        "campaign-key-file/1\nkey\n" + "z" * 64,
    ],
)
def test_what_is_no_key_file_is_said_so(text: str) -> None:
    with pytest.raises(SealingError, match="not a key file"):
        read_key_file(text)


def test_an_opener_shows_nothing() -> None:
    assert "abacus" not in repr(Opener(phrase="abacus"))


def test_the_paper_of_another_key_opens_nothing() -> None:
    ours, theirs = new_key_pair(), new_key_pair()
    opener = Opener.of_paper("\n".join(paper_lines(theirs.secret_key)))
    assert opener.pair_of(ours.public_key, [wrap(ours.secret_key, "a phrase")]) is None


# https://cr.yp.to/ecdh.html#validate, and one that is written in two ways.
LOW_ORDER = [
    bytes(32),
    b"\1" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    b"\xff" * 32,
]


@pytest.mark.parametrize("key", [*LOW_ORDER, b"", bytes(31), bytes(33)])
def test_a_key_that_gives_its_secret_away_is_refused(key: bytes) -> None:
    with pytest.raises(Invalid):
        check_public_key(key)


def test_an_honest_key_is_taken() -> None:
    for _ in range(50):
        assert check_public_key(key := new_key_pair().public_key) == key


@pytest.mark.parametrize(
    "change",
    [
        {"salt": bytes(15)},
        {"nonce": bytes(25)},
        {"ciphertext": bytes(47)},
        {"opslimit": 0},
        {"opslimit": 2},
        {"opslimit": -1},
        {"opslimit": 17},
        {"memlimit_bytes": 8192},
        {"memlimit_bytes": 513 * 1024 * 1024},
        {"memlimit_bytes": 2**63},
    ],
)
def test_a_lock_too_weak_or_too_wild_is_refused(change: dict[str, object]) -> None:
    assert check_wrapped(WRAPPED) is WRAPPED
    with pytest.raises(Invalid):
        check_wrapped(replace(WRAPPED, **change))  # type: ignore[arg-type]


def test_what_is_locked_here_passes_its_own_check() -> None:
    pair = new_key_pair()
    assert unwrap(check_wrapped(wrap(pair.secret_key, "a phrase")), "a phrase") == pair.secret_key
