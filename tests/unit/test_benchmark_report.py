"""The harness of the benchmarks: sides take turns, medians are taken, and a figure that fails stops no other."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.bench import Bench
from benchmarks.figures import FIGURES, GROUPS
from benchmarks.rounds import CannotMeasure, Measured, interleaved, ratio


def test_sides_take_turns_and_change_who_is_first() -> None:
    called: list[str] = []
    interleaved(3, {"a": lambda: called.append("a"), "b": lambda: called.append("b")})
    assert called == ["a", "b", "b", "a", "a", "b"]


def test_a_ratio_is_the_median_of_each_rounds_own() -> None:
    rounds = [{"ours": 1.0, "theirs": 2.0}, {"ours": 9.0, "theirs": 10.0}, {"ours": 3.0, "theirs": 4.0}]
    measured = ratio(rounds, "ours", "theirs")
    assert measured.rounds == [0.5, 0.9, 0.75]
    assert measured.value == 0.75
    assert measured.sides == {"ours": 3.0, "theirs": 4.0}


def test_every_figure_is_measured_by_one_group() -> None:
    assert sorted(key for keys in GROUPS for key in keys) == sorted(FIGURES)


def test_a_figure_below_is_marked_and_one_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def low(_bench: Bench) -> dict[str, Measured]:
        return {"B1": Measured([0.1, 0.3, 0.15], {"sign/s": 150.0})}

    def impossible(_bench: Bench) -> dict[str, Measured]:
        raise CannotMeasure("nginx is not installed")

    def broken(_bench: Bench) -> dict[str, Measured]:
        raise ZeroDivisionError("division by zero")

    def good(_bench: Bench) -> dict[str, Measured]:
        return {"B12": Measured([1.0], {})}

    groups = {("B1",): low, ("B5",): impossible, ("B6",): broken, ("B12",): good}
    monkeypatch.setattr(command, "GROUPS", groups)
    written = tmp_path / "figures.json"
    arguments = ["--quick", "--only", "b1,b5,b6,b12", "--json", str(written), "--work", str(tmp_path)]
    assert command.main(arguments) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "below" in lines["B1"]
    assert "aim" in lines["B12"]
    assert "nginx is not installed" in lines["B5"]
    assert "ZeroDivisionError" in lines["B6"]
    found = json.loads(written.read_text())
    assert (found["B1"]["value"], found["B1"]["unit"], found["B1"]["rounds"]) == (0.15, "ratio", [0.1, 0.3, 0.15])
    assert found["B5"]["value"] is None
    assert found["machine"]["cores"]
    assert list(tmp_path.iterdir()) == [written]


def test_a_figure_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--only", "B99"])
    assert "known are B1, B2" in capsys.readouterr().err
