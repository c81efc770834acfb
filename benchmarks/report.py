"""What a run says: a table to read, and JSON for programs."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import FIGURES, Figure
from benchmarks.rounds import Measured

Results = Mapping[str, Measured | str]


def table_line(key: str, found: Measured | str) -> str:
    """One row; `found` is a figure, or why there is none."""
    figure = FIGURES[key]
    start = f"{key:13} {figure.what:41}"
    limits = f"{_shown(figure.at_least, figure):>7} {_shown(figure.aim, figure):>7}"
    if isinstance(found, str):
        return f"{start} {'failed':>8} {limits}  {found}"
    spread = f"{_shown(min(found.rounds), figure)}…{_shown(max(found.rounds), figure)}"
    sides = ", ".join(f"{name} {value:,.4g}" for name, value in found.sides.items())
    return f"{start} {_shown(found.value, figure):>8} {limits}  {verdict(figure, found):6} {spread:15} {sides}"


def heading() -> str:
    return f"{'id':13} {'what':41} {'value':>8} {'least':>7} {'aim':>7}  {'':6} {'rounds':15} sides"


def verdict(figure: Figure, found: Measured) -> str:
    if figure.meets(figure.aim, found.value):
        return "aim"
    return "ok" if figure.meets(figure.at_least, found.value) else "below"


def write_json(path: Path, results: Results, machine: Mapping[str, str]) -> None:
    """Every figure under its id, and the machine beside them."""
    written: dict[str, object] = {key: _as_json(FIGURES[key], found) for key, found in results.items()}
    path.write_text(json.dumps({**written, "machine": machine}, indent=1) + "\n", "utf-8")


def _as_json(figure: Figure, found: Measured | str) -> dict[str, object]:
    common = {"unit": figure.unit, "what": figure.what, "at_least": figure.at_least, "aim": figure.aim}
    if isinstance(found, str):
        return {"value": None, **common, "failed": found}
    return {
        "value": found.value,
        **common,
        "verdict": verdict(figure, found),
        "rounds": found.rounds,
        "sides": dict(found.sides),
    }


def _shown(value: float, figure: Figure) -> str:
    return f"{value:.3f}" if figure.unit == "ratio" else f"{value:.4g}"
