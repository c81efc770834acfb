"""`python -m benchmarks [--quick] [--only B1,B5] [--json FILE] [--work FOLDER]`."""

import argparse
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import FIGURES, GROUPS
from benchmarks.machine import description, is_busy
from benchmarks.report import heading, table_line, write_json
from benchmarks.rounds import CannotMeasure, Measured

_FULL = partial(Bench, rounds=5, seconds=8.0, many=10_000_000, some=1_000_000)
_QUICK = partial(Bench, rounds=3, seconds=2.0, many=100_000, some=100_000)


def main(arguments: list[str]) -> int:
    """Measure, print, and perhaps write. 0 also where a figure is below what it should be: this only measures."""
    chosen = _parser().parse_args(arguments)
    wanted = [key for key in FIGURES if not chosen.only or key.partition("-")[0] in chosen.only]
    results: dict[str, Measured | str] = {}
    with ExitStack() as stack:
        if chosen.work:
            chosen.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=chosen.work))).resolve()
        machine = description(run)
        print(", ".join(f"{name} {value}" for name, value in machine.items()))
        if is_busy():
            print("This machine has other things to do: figures will be rough.")
        print(heading(), flush=True)
        kept = chosen.work.resolve() if chosen.work else run
        bench = (_QUICK if chosen.quick else _FULL)(run, kept, stack=stack)
        for keys, measure in GROUPS.items():
            if set(keys) & set(wanted):
                results |= _measured(keys, measure, bench)
                for key in keys:
                    print(table_line(key, results[key]), flush=True)
    if chosen.json:
        write_json(chosen.json, {key: results[key] for key in FIGURES if key in results}, machine)
    return 0


def _measured(
    keys: tuple[str, ...], measure: Callable[[Bench], dict[str, Measured]], bench: Bench
) -> Mapping[str, Measured | str]:
    """What a group measured; a group that fails says why, and the next one has its turn."""
    try:
        return measure(bench)
    except CannotMeasure as problem:
        return dict.fromkeys(keys, str(problem))
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other figures are still worth having
        traceback.print_exc()
        return dict.fromkeys(keys, f"{type(problem).__name__}: {problem}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev.py bench", description="Measure how fast the application is.")
    parser.add_argument("--quick", action="store_true", help="3 short rounds and 100 thousand rows, under 5 minutes")
    parser.add_argument("--only", type=_ids, help="figures, such as B1,B5")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep full tables there for the next run")
    return parser


def _ids(text: str) -> set[str]:
    asked, known = set(text.upper().split(",")), {key.partition("-")[0] for key in FIGURES}
    if not asked <= known:
        raise argparse.ArgumentTypeError(f"known are {', '.join(sorted(known, key=lambda key: int(key[1:])))}")
    return asked


if __name__ == "__main__":
    # The PostgreSQL wheel asks for it and does without.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    # Stopped by a signal, it stops its servers as at its end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
