"""A promise, and a run that tries to break it: cycles to go through, figures, and a list of what was lost.

A test module that has a `PROMISE` is found by `tests.reliability.torture` and by the fixture `torture` of the tests:

    PROMISE = Promise("kill", "what is promised, in one sentence", keep=keep, long_run=10_000)

    def keep(run: Run) -> None:
        for chance in run.cycles():
            ...  # chance is the `random.Random` of this cycle
            run.count("acknowledged", 17)
            if missing:
                run.lost("what is missing")
"""

import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

MOST_LOSSES = 10
SECONDS_BETWEEN_LINES = 60


def new_seed() -> int:
    return secrets.randbelow(2**32)


class NotRun(Exception):
    """This machine lacks something; the message says what, and how to get it."""


@dataclass(frozen=True)
class Promise:
    """`name` is what `--only` takes; `keep` goes through cycles; `long_run` is how many are many."""

    name: str
    says: str
    keep: Callable[["Run"], None]
    long_run: int


@dataclass
class Run:
    """One run of one promise. It ends after `most_cycles`, at `ends_at` (time.monotonic), or after ten losses.

    Everything random comes from `seed`: cycle n draws from `Random(f"{seed}/{n}")`. What depends on the moment at which
    another process is met does not come back with a seed; what each cycle tries does.
    """

    promise: Promise
    seed: int
    folder: Path
    most_cycles: int | None = None
    ends_at: float | None = None
    done: int = 0
    losses: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    began_at: float = field(default_factory=time.monotonic)
    _shown_at: float = field(default_factory=time.monotonic)

    def cycles(self, most: int | None = None) -> Iterator[random.Random]:
        """The random source of each cycle, until the run is over, or for `most` of them."""
        end = None if most is None else self.done + most
        while not self.is_over() and self.done != end:
            yield random.Random(f"{self.seed}/{self.done}")
            self.done += 1
            self._show()

    def is_over(self) -> bool:
        """Whether there are cycles enough, the time is up, or there are more losses than anybody reads."""
        if len(self.losses) >= MOST_LOSSES:
            return True
        if self.most_cycles is not None and self.done >= self.most_cycles:
            return True
        return self.ends_at is not None and time.monotonic() >= self.ends_at

    def count(self, figure: str, number: int = 1) -> None:
        """Add to a figure that is printed at the end."""
        self.figures[figure] += number

    def took(self, what: str, began_at: float) -> None:
        """Keep the longest time that this has taken, from then (time.monotonic) until now."""
        name = f"at most {what}"
        self.figures[name] = max(self.figures[name], round(1000 * (time.monotonic() - began_at)))

    def lost(self, what: str) -> None:
        """The promise was broken. Said at once, with the way to try again."""
        self.losses.append(f"cycle {self.done}: {what}")
        click.echo(
            f"\n{self.promise.name}: LOST in {self.losses[-1]}\n"
            f"  again: python3 dev.py torture --only {self.promise.name} --seed {self.seed} --cycles {self.done + 1}\n"
            f"  what is left of it lies in {self.folder}",
            err=True,
        )

    def outcome(self, *, not_run: str | None = None, interrupted: bool = False) -> dict[str, Any]:
        """What came of it so far, as written to `--json`."""
        return {
            "cycles": self.done,
            "lost": self.losses,
            "figures": dict(self.figures),
            "seconds": round(time.monotonic() - self.began_at, 1),
            "seed": self.seed,
            "not_run": not_run,
            "interrupted": interrupted,
        }

    def _show(self) -> None:
        """Progress: in place on a terminal, a line a minute elsewhere."""
        progress = f"{self.promise.name}: {self.done}" + (f" of {self.most_cycles}" if self.most_cycles else "")
        if sys.stderr.isatty():
            click.echo(f"\r{progress}", nl=False, err=True)
        elif (now := time.monotonic()) - self._shown_at > SECONDS_BETWEEN_LINES:
            self._shown_at = now
            click.echo(progress, err=True)
