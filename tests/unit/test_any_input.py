"""Whatever comes from outside, a parser gives a value or the error it promises, and nothing else.

One row a parser: what it is fed, and how it may refuse. `test_hostile_requests.py` does the same for whole requests.
"""

import atexit
import base64
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from nacl import bindings

from campaign.config import KNOWN, Config
from campaign.core.errors import ConfigError, Invalid, SealingError
from campaign.core.keyring import Keyring
from campaign.core.markdown import render_markdown
from campaign.core.partial_date import PartialDate
from campaign.core.text_rules import BadText, check_message, check_name
from campaign.core.tokens import new_link_token, tag_of, token_digest
from campaign.core.waiting_seal import open_waiting, seal_waiting
from campaign.defence.networks import is_this_machine, network_of
from campaign.defence.proof_of_work import ProofOfWork
from campaign.sealing.boxes import KeyPair, new_key_pair, open_sealed
from campaign.sealing.phrases import Wrapped, normal_phrase, unwrap
from campaign.seeding.mistakes import SeedMistakes
from campaign.seeding.places import line_of
from campaign.seeding.reader import read_seeds
from campaign.signing.canonical_email import read_email
from tests.sealed_lists import read_list
from tests.unit.sealed_files import end, epoch, row
from tests.unit.test_seed_reader import FILES

KEY = bytes(range(32))
PAIR: KeyPair = new_key_pair()
NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
WORK = ProofOfWork("x" * 32)
# Half characters too: they come in by `\ud800` in JSON and by file names and settings that are no UTF-8.
TEXT = st.text(st.characters(), max_size=200)
JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def nearly(*right: str, alphabet: SearchStrategy[str] | None = None) -> SearchStrategy[str]:
    """Something right with a piece of it replaced, so that more than the first check is reached."""
    pieces = st.text(st.characters(), max_size=6) if alphabet is None else alphabet

    def spoil(parts: tuple[str, int, int, str]) -> str:
        whole, start, length, piece = parts
        start %= len(whole) + 1
        return whole[:start] + piece + whole[start + length :]

    spoiled = st.tuples(st.sampled_from(right), st.integers(0, 10_000), st.integers(0, 8), pieces).map(spoil)
    return spoiled | TEXT


def in_bytes(texts: SearchStrategy[str]) -> SearchStrategy[bytes]:
    return texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=300)


class Parser(NamedTuple):
    read: Callable[[Any], object]
    fed: SearchStrategy[Any]
    refuses_with: tuple[type[Exception], ...] = ()


ADDRESSES = ("alice@example.org", "a.b+c@müller.example", '"a b"@example.org', "ａ＠example.org", "a@[127.0.0.1]")
HTTP_ADDRESSES = ("https://sign.example.org", "http://127.0.0.1:8000", "https://müller.example:443/")
SETTINGS = {
    "CAMPAIGN_BASE_URL": HTTP_ADDRESSES,
    "CAMPAIGN_BIND": ("127.0.0.1:8000", "[::1]:80"),
    "CAMPAIGN_DATABASE_URL": (
        "sqlite:////tmp/x",
        "postgresql+psycopg://user:pass%40word@host:5432/name?sslmode=require",
    ),
    "CAMPAIGN_MAIL_FROM": ADDRESSES,
    "CAMPAIGN_SMTP_URL": ("smtp://user:pass@host:587", "smtps://host", "file:"),
    "CAMPAIGN_TRUSTED_PROXIES": ("0", "1", "10"),
}
WRAPPED = Wrapped(bytes(16), 1, 8192, bytes(24), bytes(48))
LIST_HEADER = {
    "format": "campaign-sealed-list/1",
    "campaign": "c",
    "made_at": "2026-11-22T18:00Z",
    "epochs": [epoch("aa" * 16, PAIR, [WRAPPED])],
}
SEALED_LIST = b"".join([json.dumps(LIST_HEADER).encode() + b"\n", row(1), row(2), end(2)]).decode()


def setting(folder: Path) -> SearchStrategy[dict[str, str]]:
    """Settings as a shell can hand them over: any bytes but NUL. Nothing is read or written outside the folder."""
    given = {name: nearly(*SETTINGS.get(name, ("x" * 32,))) for name in KNOWN - {"CAMPAIGN_INSTANCE"}}
    names = st.fixed_dictionaries({}, optional={name: texts.filter(_may_be_set) for name, texts in given.items()})
    return names.map(lambda chosen: {**chosen, "CAMPAIGN_INSTANCE": str(folder)})


def _may_be_set(text: str) -> bool:
    return "\0" not in text and not re.search("[\ud800-\udc7f\udd00-\udfff]", text)


def _is_utf_8(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


def _seeds(folder: Path) -> Callable[[tuple[str, bytes]], object]:
    """Read the folder with the content of one file replaced."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)

    def read(changed: tuple[str, bytes]) -> object:
        name, content = changed
        (folder / name).write_bytes(content)
        try:
            return read_seeds(folder, today=date(2026, 11, 22))
        finally:
            (folder / name).write_text(FILES[name])

    return read


def _one_file() -> SearchStrategy[tuple[str, bytes]]:
    return st.sampled_from(sorted(FILES)).flatmap(
        lambda name: st.tuples(st.just(name), in_bytes(nearly(FILES[name], alphabet=TOML_PIECES)))
    )


TOML_PIECES = st.text(max_size=6) | st.sampled_from(
    (
        *("[", "]]", "=", '"""', "'", "{}", "\n", "+++\n", "\n+++", "nan", "inf", "1979-05-27T07:32:00Z", "0x", "true"),
        *("\\u0000", "9" * 400, "-1", "[[x]]", "a.b.c = 1\n", "en = ", '"\\ud800"', "\0", "\ufeff", "'''\n", "# x"),
        *("2026-13-45", "0" * 9, "[" * 3000, "a." * 500),
    )
)


def _key_file(folder: Path) -> Callable[[bytes], object]:
    (folder / "keys").mkdir(exist_ok=True)

    def load(content: bytes) -> object:
        (folder / "keys" / "tags.key").write_bytes(content)
        return Keyring.load(folder)

    return load


def _box(plain: bytes) -> bytes:
    """Anybody can seal anything to a public key, so what is inside a box is foreign too."""
    size = max(512, 1 << len(plain).bit_length())
    return bindings.crypto_box_seal(bindings.sodium_pad(plain, size), PAIR.public_key)


def parsers(folder: Path) -> dict[str, Parser]:
    wrapped = st.builds(
        Wrapped,
        salt=st.binary(max_size=20) | st.just(bytes(16)),
        # Small or refused: in between it would take minutes, as it should.
        opslimit=st.integers(-2, 2) | st.integers(17),
        memlimit_bytes=st.integers(-2, 20_000) | st.integers(2**29 + 1),
        nonce=st.binary(max_size=30) | st.just(bytes(24)),
        ciphertext=st.binary(max_size=60),
    )
    plain = in_bytes(nearly('{"campaign":"c","signature":"s","name":"\\ud800"}') | JSON.map(json.dumps))
    task = WORK.task("sign", now=NOW)
    solution = {"challenge": json.loads(task), "solution": {"counter": 7, "derivedKey": "00" * 32}}
    altcha = st.dictionaries(st.sampled_from(["challenge", "solution", "parameters", "signature"]), JSON) | JSON
    return {
        "settings": Parser(Config.from_env, setting(folder), (ConfigError,)),
        "key file": Parser(_key_file(folder), in_bytes(nearly("ab" * 32, "ab" * 32 + "\n")), (ConfigError,)),
        "e-mail address": Parser(read_email, nearly(*ADDRESSES), (Invalid,)),
        "name": Parser(check_name, nearly("Zoë O’Néill", "نازنین‌زهرا", "प्रिया"), (BadText,)),
        "message": Parser(check_message, nearly("One\r\ntwo\n\nthree"), (BadText,)),
        "date": Parser(PartialDate.parse, nearly("2019-06-13", "2019-06", "0001", "9999-12-31"), (ValueError,)),
        # Texts come out of files and databases, both UTF-8: half characters cannot be in them.
        "Markdown": Parser(
            render_markdown, nearly("# A\n\n[b](https://c.example 'd')\n\n> - *e*\n\n```\nf\n```\n").filter(_is_utf_8)
        ),
        "seed file": Parser(_seeds(folder), _one_file(), (SeedMistakes,)),
        "line of a key": Parser(lambda text: line_of(text, ("a", 0, "b")), nearly(*FILES.values())),
        "sealed list": Parser(
            lambda content: read_list(content.splitlines(keepends=True)),
            in_bytes(
                nearly(SEALED_LIST, alphabet=st.sampled_from(['"', "{", "[" * 5000, "null", "1e999", "\n"]) | TEXT)
            ),
            (SealingError,),
        ),
        "sealed list of other shapes": Parser(
            lambda value: read_list([json.dumps({**LIST_HEADER, **value}).encode()]),
            st.dictionaries(st.sampled_from(sorted(LIST_HEADER)), JSON),
            (SealingError,),
        ),
        "sealed box": Parser(lambda blob: open_sealed(PAIR.secret_key, blob), st.binary(max_size=700), (SealingError,)),
        "inside of a box": Parser(lambda plain: open_sealed(PAIR.secret_key, _box(plain)), plain, (SealingError,)),
        "locked key": Parser(lambda found: unwrap(found, "x"), wrapped, (SealingError,)),
        "phrase": Parser(normal_phrase, nearly("yo-yo Abacus\n3. zoom")),
        "waiting": Parser(lambda blob: open_waiting(KEY, blob), st.binary(max_size=300), (SealingError,)),
        "token": Parser(token_digest, TEXT),
        "link": Parser(tag_of, nearly(new_link_token(b"t" * 32))),
        "network": Parser(network_of, nearly("203.0.113.9", "::ffff:203.0.113.9", "fe80::1%eth0")),
        "this machine": Parser(is_this_machine, nearly("127.0.0.1", "::1", "::ffff:127.0.0.1")),
        "solved task": Parser(
            lambda said: WORK.check(said, "sign"), TEXT | in_base64(altcha) | in_base64(_changed(solution))
        ),
    }


def in_base64(values: SearchStrategy[Any]) -> SearchStrategy[str]:
    return values.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode())


def _changed(value: dict[str, Any]) -> SearchStrategy[Any]:
    """The same with one of its inner values replaced."""

    def paths(inside: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, inner in inside.items() if isinstance(inside, dict) else ():
            yield (*above, name)
            yield from paths(inner, (*above, name))

    def replaced(chosen: tuple[tuple[str, ...], Any]) -> Any:
        path, new = chosen
        copy = json.loads(json.dumps(value))
        place = copy
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = new
        return copy

    return st.tuples(st.sampled_from(sorted(paths(value))), JSON).map(replaced)


def _scratch() -> Path:
    folder = tempfile.mkdtemp(prefix="campaign-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


PARSERS = parsers(_scratch())


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_input_is_read_or_refused_as_promised(name: str, data: st.DataObject) -> None:
    parser = PARSERS[name]
    with suppress(*parser.refuses_with):
        parser.read(data.draw(parser.fed))


@given(JSON.filter(lambda value: value == value), st.integers(1, 4096))
@settings(max_examples=100, deadline=None)
def test_what_waits_comes_back_as_it_was(value: Any, block_bytes: int) -> None:
    try:
        sealed = seal_waiting(KEY, value, block_bytes=block_bytes)
    except UnicodeEncodeError:
        return
    assert json.dumps(open_waiting(KEY, sealed)) == json.dumps(value)


@given(nearly("One\r\ntwo\n\nthree"))
def test_checking_a_message_twice_changes_nothing_more(text: str) -> None:
    try:
        once = check_message(text)
    except BadText:
        return
    assert check_message(once) == once


@given(TEXT)
def test_a_phrase_is_the_same_however_often_it_is_cleaned(text: str) -> None:
    assert normal_phrase(normal_phrase(text)) == normal_phrase(text)


@given(nearly(*ADDRESSES))
def test_an_address_reads_the_same_once_it_was_read(text: str) -> None:
    """Mail goes to what was typed; read again, it must be the same person."""
    try:
        once = read_email(text)
    except Invalid:
        return
    assert read_email(once.typed) == once
