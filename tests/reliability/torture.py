"""`python3 dev.py torture`: breaks things for as long as told to, and prints what was lost.

Each promise runs in a process of its own, so that nothing of one is left for the next. Exit code 1 if anything was
lost, or if a promise that `--only` names could not be run; 2 for misuse; 130 if it was interrupted, with what came of
it until then.
"""

import argparse
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import click

from tests.reliability.children import PYTHON
from tests.reliability.promise import NotRun, Promise, Run, new_seed

ROOT = Path(__file__).parents[2]


def promises() -> dict[str, Promise]:
    """Every promise by its name, from the test modules of this folder."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.reliability.{path.stem}")
        promise = getattr(module, "PROMISE", None)
        if isinstance(promise, Promise):
            found[promise.name] = promise
    return found


def run_here(promise: Promise, *, seed: int, cycles: int | None, seconds: float | None) -> dict[str, Any]:
    """Run one promise in this process. Its folder is kept if something was lost."""
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{promise.name}-"))
    ends_at = None if seconds is None else time.monotonic() + seconds
    run = Run(promise, seed, folder, cycles, ends_at)
    not_run, interrupted = None, False
    try:
        promise.keep(run)
    except KeyboardInterrupt:
        interrupted = True
    except NotRun as reason:
        not_run = str(reason)
    except Exception as error:  # noqa: BLE001 - a run that cannot go on has shown nothing, which is a loss too
        traceback.print_exc()
        run.lost(f"the run broke off: {type(error).__name__}: {error}")
    if not run.losses:
        shutil.rmtree(folder, ignore_errors=True)
    return run.outcome(not_run=not_run, interrupted=interrupted)


def run_apart(name: str, *, seed: int, cycles: int | None, seconds: float | None) -> dict[str, Any]:
    """Run one promise in a process of its own. A process that dies has lost whatever it was asked to keep."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "outcome.json"
        command = [*PYTHON, "-m", "tests.reliability.torture", "--here", name, "--seed", str(seed)]
        command += ["--json", str(written)]
        command += [] if cycles is None else ["--cycles", str(cycles)]
        command += [] if seconds is None else ["--minutes", str(seconds / 60)]
        with subprocess.Popen(command, cwd=ROOT) as process:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                # It was interrupted too; it has servers to stop, and says how far it came.
                code = process.wait()
        if not written.exists():
            never_was = Run(promises()[name], seed, Path(folder))
            never_was.lost(f"the run itself ended with {code}")
            return never_was.outcome()
        outcome: dict[str, Any] = json.loads(written.read_text("utf-8"))[name]
        return outcome


def main(arguments: list[str]) -> int:
    known = promises()
    options = _parser(known).parse_args(arguments)
    seed = new_seed() if options.seed is None else options.seed
    names = [options.here] if options.here else options.only or list(known)
    ends_at = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    outcomes: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(names):
        # What one promise does not need of its share of the time is the others'.
        seconds = None if ends_at is None else max(0.0, ends_at - time.monotonic()) / (len(names) - place)
        cycles = options.cycles or (known[name].long_run if seconds is None else None)
        if options.here:
            outcomes[name] = run_here(known[name], seed=seed, cycles=cycles, seconds=seconds)
        else:
            outcomes[name] = run_apart(name, seed=seed, cycles=cycles, seconds=seconds)
        if outcomes[name]["interrupted"]:
            break
    if options.json:
        options.json.write_text(json.dumps(outcomes, indent=2) + "\n", "utf-8")
    if not options.here:
        click.echo(_table(known, outcomes))
    return _exit_code(list(outcomes.values()), were_named=options.only is not None)


def _exit_code(outcomes: list[dict[str, Any]], *, were_named: bool) -> int:
    if any(outcome["lost"] for outcome in outcomes):
        return 1
    if any(outcome["interrupted"] for outcome in outcomes):
        return 130
    return int(were_named and any(outcome["not_run"] for outcome in outcomes))


def _parser(known: dict[str, Promise]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dev.py torture", description="Break things, and say what was lost.")

    def names(text: str) -> list[str]:
        for name in text.split(","):
            if name not in known:
                raise argparse.ArgumentTypeError(f"no promise is called {name}; there are {', '.join(known)}")
        return text.split(",")

    parser.add_argument("--only", type=names, help=f"some of {','.join(known)}")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="all of it together, shared out; default: the long run of each")
    length.add_argument("--cycles", type=int, help="of each promise")
    parser.add_argument("--seed", type=int, help="as printed by a run before")
    parser.add_argument("--json", type=Path, help="where to write the outcome")
    parser.add_argument("--here", choices=list(known), help=argparse.SUPPRESS)
    return parser


def _table(known: dict[str, Promise], outcomes: dict[str, dict[str, Any]]) -> str:
    rows = [("promise", "cycles", "lost", "seconds", "seed", "figures")]
    for name, outcome in outcomes.items():
        figures = ", ".join(f"{number:,} {figure}" for figure, number in outcome["figures"].items())
        what = f"NOT RUN: {outcome['not_run']}" if outcome["not_run"] else figures
        what = f"INTERRUPTED; {what}" if outcome["interrupted"] else what
        lost = "-" if outcome["not_run"] else str(len(outcome["lost"]))
        rows.append((name, f"{outcome['cycles']:,}", lost, f"{outcome['seconds']:,.0f}", str(outcome["seed"]), what))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows]
    lines += [f"{name}: {known[name].says}" for name in outcomes]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
