"""What is sealed comes back only with its key, whole, and only in the row it was sealed for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings
from nacl.public import PrivateKey, SealedBox

from campaign.core.errors import SealingError
from campaign.sealing.boxes import KeyPair, new_key_pair, open_sealed, seal

PAIR = new_key_pair()
ROW = {"campaign": "free-her", "signature": "0b" * 16}


def sealed_json(plain: bytes) -> bytes:
    return bindings.crypto_box_seal(bindings.sodium_pad(plain, 512), PAIR.public_key)


@settings(deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
    | st.sampled_from(["می\u200cخواهم آزادی", "👩🏽‍🏭", "\0", '"\\\n', "ﷺ"]),
    message=st.text(st.characters(exclude_categories=["Cs"]), max_size=1000),
)
def test_whatever_was_typed_comes_back_as_it_was(name: str, message: str) -> None:
    fields = ROW | {"name": name, "email": "a@example.org", "message": message}
    assert open_sealed(PAIR.secret_key, seal(PAIR.public_key, fields)) == fields


def test_the_length_of_a_box_does_not_tell_short_names_from_long_ones() -> None:
    lengths = {len(seal(PAIR.public_key, ROW | {"name": name})) for name in ("", "Li", "م" * 100, "x" * 300)}
    assert lengths == {512 + 48}


@pytest.mark.parametrize(
    ("plain_bytes", "padded"), [(511, 512), (512, 1024), (1023, 1024), (1024, 2048), (2048, 4096), (5000, 8192)]
)
def test_longer_messages_come_in_few_sizes(plain_bytes: int, padded: int) -> None:
    around = len('{"campaign":"free-her","signature":"","m":""}') + len(ROW["signature"])
    fields = ROW | {"m": "x" * (plain_bytes - around)}
    blob = seal(PAIR.public_key, fields)
    assert len(blob) == padded + 48
    assert open_sealed(PAIR.secret_key, blob) == fields


def test_the_same_words_are_never_sealed_to_the_same_box() -> None:
    assert seal(PAIR.public_key, ROW) != seal(PAIR.public_key, ROW)


def test_a_box_is_an_ordinary_libsodium_sealed_box() -> None:
    opened = SealedBox(PrivateKey(PAIR.secret_key)).decrypt(seal(PAIR.public_key, ROW))
    assert opened.startswith(b'{"campaign":"free-her"')


@pytest.mark.parametrize("at", [0, 31, 32, 47, 48, 300, -1])
def test_a_box_with_one_bit_changed_does_not_open(at: int) -> None:
    blob = bytearray(seal(PAIR.public_key, ROW))
    blob[at] ^= 1
    with pytest.raises(SealingError, match="damaged"):
        open_sealed(PAIR.secret_key, bytes(blob))


@pytest.mark.parametrize("length", [0, 1, 47, 48, 49, 559])
def test_a_box_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(SealingError, match="damaged"):
        open_sealed(PAIR.secret_key, seal(PAIR.public_key, ROW)[:length])


def test_a_box_does_not_open_with_another_key() -> None:
    with pytest.raises(SealingError, match="another key"):
        open_sealed(new_key_pair().secret_key, seal(PAIR.public_key, ROW))


@pytest.mark.parametrize(
    "plain", [b"", b"x", b"[]", b"null", b'{"name":1}', b'{"name":null}', b'{"name":"\\ud800"}', b"\xff", b"[" * 500]
)
def test_a_box_that_holds_no_fields_is_refused(plain: bytes) -> None:
    with pytest.raises(SealingError):
        open_sealed(PAIR.secret_key, sealed_json(plain))


def test_an_empty_or_unpadded_box_is_refused() -> None:
    for plain in (b"", b"{}", bytes(512)):
        with pytest.raises(SealingError, match="damaged"):
            open_sealed(PAIR.secret_key, bindings.crypto_box_seal(plain, PAIR.public_key))


@pytest.mark.parametrize("missing", ["campaign", "signature"])
def test_nothing_is_sealed_without_saying_which_row_it_is(missing: str) -> None:
    with pytest.raises(SealingError, match="names its campaign"):
        seal(PAIR.public_key, ROW | {missing: ""})


def test_half_a_character_cannot_be_sealed_and_the_error_does_not_repeat_it() -> None:
    with pytest.raises(SealingError) as refused:
        seal(PAIR.public_key, ROW | {"name": "Secret Name \ud800"})
    assert "Secret" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_nothing_is_sealed_to_something_that_is_no_key() -> None:
    with pytest.raises(SealingError):
        seal(b"short", ROW)


def test_a_key_pair_does_not_show_its_secret_half() -> None:
    assert repr(PAIR.secret_key) not in repr(PAIR)
    assert KeyPair.of_secret(PAIR.secret_key) == PAIR
