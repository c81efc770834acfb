"""What `docs/api.md` shows is what the API answers: the same fields, of the same kind, at the same addresses."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from campaign.signing.queries import NAMES_A_PAGE
from tests.guard.tree import DOCS
from tests.web.conftest import NOW
from tests.web.seeded import CASES, add_actions, add_names, add_voices, seeded_site

_COMMAND = re.compile(r"^curl https://sign\.example\.org(\S+)$", re.MULTILINE)
_EXAMPLE = re.compile(_COMMAND.pattern + r"\n```\n\n```json\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
TEXT = (DOCS / "api.md").read_text("utf-8")
EXAMPLES = [(path, json.loads(body)) for path, body in _EXAMPLE.findall(TEXT)]


@pytest.fixture(scope="module")
def planted_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with time_machine.travel(NOW), seeded_site(tmp_path_factory.mktemp("shown"), now=NOW) as app:
        add_names(app, CASES[0], [f"Signatory {number}" for number in range(NAMES_A_PAGE + 1)], now=NOW)
        add_voices(app, CASES[0], now=NOW)
        add_actions(app, CASES[0], now=NOW)
        yield app


def differences(shown: Any, real: Any, where: str = "") -> list[str]:
    """Where an example is of another shape than the answer. A list may be cut short; each item in it must be real."""
    if type(shown) is not type(real):
        return [f"{where}: {type(shown).__name__}, not {type(real).__name__}"]
    if isinstance(shown, dict):
        if shown.keys() != real.keys():
            return [f"{where}: {sorted(shown.keys() ^ real.keys())}"]
        return [found for key in shown for found in differences(shown[key], real[key], f"{where}/{key}")]
    if isinstance(shown, list):
        nearest = [min((differences(item, other, where) for other in real), key=len, default=[where]) for item in shown]
        return [found for item in nearest for found in item]
    return []


@pytest.mark.parametrize(("path", "shown"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_an_example_is_of_the_shape_of_the_answer(planted_site: Flask, path: str, shown: Any) -> None:
    response = planted_site.test_client().get(path)
    assert differences(shown, response.get_json()) == []
    assert response.status_code == shown.get("status", 200)


@pytest.mark.parametrize("spoilt", [{"a": 1}, {"a": "x", "b": 1}, {"a": ["x", 1]}, {"a": [{"b": None}]}])
def test_another_shape_is_noticed(spoilt: Any) -> None:
    assert differences(spoilt, {"a": "x"})


def test_every_address_has_an_example(planted_site: Flask) -> None:
    adapter = planted_site.url_map.bind("localhost")
    shown = {adapter.match(path.partition("?")[0])[0] for path in _COMMAND.findall(TEXT)}
    assert shown == {rule.endpoint for rule in planted_site.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert len(EXAMPLES) == len(_COMMAND.findall(TEXT)) - 1, "only the description is shown without its answer"
