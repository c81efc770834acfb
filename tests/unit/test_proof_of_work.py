"""A task is good for whom it was made for, until it expires, and nobody can make or change one but us."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from altcha import Payload, create_challenge
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.defence.proof_of_work import TASK_MINUTES, ProofOfWork
from campaign.resources import STATIC
from tests.tasks import altered, solve

SECRET = "s" * 64
NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def solution() -> str:
    """A real task, solved as slowly as a browser would."""
    with time_machine.travel(NOW, tick=False):
        return solve(ProofOfWork(SECRET).task("sign a", now=NOW))


@pytest.fixture(autouse=True)
def clock() -> object:
    """The library reads the time itself."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a_solution_is_good_for_its_purpose_in_every_process(solution: str) -> None:
    solved = ProofOfWork(SECRET).check(solution, "sign a")
    assert solved is not None
    assert solved.expires_at == (NOW + timedelta(minutes=TASK_MINUTES)).replace(microsecond=0)
    assert ProofOfWork(SECRET).check(solution, "sign a") == solved


@pytest.mark.parametrize("purpose", ["sign b", "manage", "", "sign a "])
def test_a_solution_is_good_for_nothing_else(solution: str, purpose: str) -> None:
    assert ProofOfWork(SECRET).check(solution, purpose) is None


def test_a_task_expires(solution: str, clock: time_machine.Traveller) -> None:
    clock.move_to(NOW + timedelta(minutes=TASK_MINUTES, seconds=1))
    assert ProofOfWork(SECRET).check(solution, "sign a") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"for": "sign b"}},
        {"data": None},
        {"expires_at": None},
        {"expires_at": 10**12},
        {"cost": 1},
        {"key_prefix": ""},
        {"key_signature": None},
        {"nonce": "00" * 16},
        {"salt": ""},
        {"algorithm": "SHA-256"},
    ],
)
def test_a_task_that_was_changed_is_none_of_ours(solution: str, changes: dict[str, object]) -> None:
    purpose = "sign b" if changes.get("data") else "sign a"
    assert ProofOfWork(SECRET).check(altered(solution, **changes), purpose) is None


def test_a_task_made_with_another_secret_is_none_of_ours() -> None:
    easy = {"algorithm": "PBKDF2/SHA-256", "cost": 1, "counter": 1, "data": {"for": "sign a"}}
    for keys in ({}, {"hmac_secret": "x" * 32}, {"hmac_secret": "x" * 32, "hmac_key_secret": "x" * 32}):
        task = create_challenge(**easy, expires_at=NOW + timedelta(minutes=5), **keys)
        assert ProofOfWork(SECRET).check(solve(json.dumps(task.to_dict())), "sign a") is None


def test_a_task_is_not_solved_by_what_it_says_itself(solution: str) -> None:
    """Its prefix is half of the answer; the other half takes the work."""
    payload = Payload.from_base64(solution)
    for guess in (payload.challenge.parameters.key_prefix, payload.challenge.parameters.key_prefix * 2, "", "zz"):
        payload.solution.derived_key = guess
        assert ProofOfWork(SECRET).check(payload.to_base64(), "sign a") is None


def test_a_task_says_nothing_of_who_asked(solution: str) -> None:
    task = json.loads(ProofOfWork(SECRET).task("sign a", now=NOW))
    assert set(task) == {"parameters", "signature"}
    assert task["parameters"]["data"] == {"for": "sign a"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
parts = st.fixed_dictionaries(
    {},
    optional={
        "challenge": json_values | st.fixed_dictionaries({"parameters": json_values, "signature": json_values}),
        "solution": json_values | st.fixed_dictionaries({"counter": json_values, "derivedKey": json_values}),
    },
)


@settings(deadline=None)
@given(sent=st.text() | parts.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()))
def test_whatever_is_sent_as_a_solution_is_refused_quietly(sent: str) -> None:
    assert ProofOfWork(SECRET).check(sent, "sign a") is None


@settings(deadline=None)
@given(name=st.sampled_from(["nonce", "salt", "cost", "data", "expires_at", "key_signature"]), value=json_values)
def test_whatever_stands_in_a_task_is_refused_quietly(solution: str, name: str, value: object) -> None:
    before = getattr(Payload.from_base64(solution).challenge.parameters, name)
    if value != before:
        assert ProofOfWork(SECRET).check(altered(solution, **{name: value}), "sign a") is None


@pytest.mark.parametrize("sent", ["[" * 40_000, "W" * 60_000, base64.b64encode(b"[" * 45_000).decode()])
def test_a_solution_of_any_size_is_refused_quietly(sent: str) -> None:
    assert ProofOfWork(SECRET).check(sent, "sign a") is None


def test_the_vendored_files_are_those_written_down() -> None:
    folder = STATIC / "vendor/altcha"
    written = dict(
        re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert written == {name: digest for name, digest in found.items() if name != "README.md"}
