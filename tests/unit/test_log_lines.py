"""A log line is one JSON object that says what happened and where in the code, and holds nobody's words."""

import json
import logging
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.logs import JsonLines, Words, place_of

MARKER = "zanubia@example.org"


def record(name: str, message: object, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, __file__, 7, message, args, None)
    vars(made).update(more)
    return made


def written(made: logging.LogRecord) -> dict[str, str]:
    line = JsonLines().format(made)
    assert "\n" not in line
    found = json.loads(line)
    assert {"time", "level", "logger", "process", "event"} <= found.keys()
    assert MARKER not in line + Words().format(made)
    return dict(found)


def fail() -> NoReturn:
    raise ValueError(MARKER)


def failure() -> ValueError:
    try:
        fail()
    except ValueError as error:
        return error


def test_our_own_words_and_the_fields_we_name_are_written() -> None:
    line = written(record("campaign.worker", "tried %d times", 3, error="OSError", where="campaign/x.py:1", to=MARKER))
    assert line["event"] == "tried 3 times"
    assert (line["error"], line["where"], line["level"]) == ("OSError", "campaign/x.py:1", "error")


@pytest.mark.parametrize(
    "name", ["campaign", "flask.app", "sqlalchemy.pool", "py.warnings", "_granian.workers", "campaigner"]
)
@pytest.mark.parametrize("args", [(), (MARKER,)])
def test_of_a_library_only_the_place_is_written(name: str, args: tuple[str, ...]) -> None:
    line = written(record(name, "about %s" if args else f"Exception on /en/confirm/{MARKER} [GET]", *args))
    assert line["where"].endswith("tests/unit/test_log_lines.py:7")


def test_of_an_error_only_its_kind_and_place_are_written() -> None:
    for name in ("campaign.web", "campaign", "asyncio"):
        error = failure()
        line = written(record(name, "it broke", exc_info=(type(error), error, error.__traceback__)))
        assert line["error"] == "ValueError"
        assert "test_log_lines.py" in line["where"]


def test_the_servers_words_are_written_where_they_can_name_nobody() -> None:
    assert written(record("_granian", "Unexpected exit from worker-1"))["event"] == "Unexpected exit from worker-1"
    said = f"Application callable raised an exception\nTraceback…\nValueError: {MARKER}"
    assert written(record("_granian.wsgi.callbacks", said))["event"] == "Application callable raised an exception"
    assert "left out" in written(record("_granian", f"request from {MARKER} failed"))["event"]


def test_a_mistake_in_a_call_costs_the_words_and_nothing_else() -> None:
    assert written(record("campaign.web", "%d signatures", MARKER))["event"] == "%d signatures"


def test_the_place_of_an_error_is_where_it_was_raised() -> None:
    assert "test_log_lines.py:" in place_of(failure())
    assert place_of(ValueError()) == "unknown place"


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_words_make_one_line(message: str, field: str) -> None:
    line = JsonLines().format(record("campaign.web", "%s", message, where=field))
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["event"] == message
