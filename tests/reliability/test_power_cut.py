"""Promise: what was acknowledged survives a power cut, on SQLite in the mode the application chooses.

A site is started in an empty folder, and two writing processes are traced. Their calls are replayed on a disk that
forgets whatever was not synced, up to a random moment after the first acknowledgment, half of the time right after one.
A cut leaves nothing, everything, or any torn part of what was not synced. What is left is opened: it is whole, all
acknowledged rows are there with their mail and the keys it is sealed with, no commit is there by half.

Both modes the application may choose are tried, whichever this machine's SQLite would get. WAL with NORMAL and DELETE
with FULL do lose acknowledged commits; the same test has to show that, or it shows nothing.

It does not prove that a disk tells the truth when it says that it has synced.
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.reliability.children import PYTHON
from tests.reliability.conftest import Torture
from tests.reliability.disk import Cut, Disk
from tests.reliability.ledger import NO_ROW, Ledger, problems
from tests.reliability.promise import Promise, Run
from tests.reliability.tracing import Call, read, record

CUTS_PER_TRACE = 50
# Of each person in a trace: enough for WAL to be checkpointed and begun again, or just enough to lose something.
MANY, FEW = ("--signs", "20"), ("--signs", "5")
KINDS_OF_CUT = (Cut.NOTHING, Cut.SOME, Cut.SOME, Cut.EVERYTHING)


class Mode(NamedTuple):
    """How a trace is made: `pragmas` is what each connection is set to then, as SQLite names it."""

    name: str
    pragmas: str
    options: tuple[str, ...]


BEFORE_THE_FIX, AFTER_THE_FIX = ("--as-if", "3.40.1"), ("--as-if", "3.51.3")
CHOSEN = (
    Mode("TRUNCATE+FULL", "truncate 2", (*BEFORE_THE_FIX, *MANY)),
    Mode("WAL+FULL", "wal 2", (*AFTER_THE_FIX, *MANY)),
)
LOSES = (
    Mode("WAL+NORMAL", "wal 1", (*AFTER_THE_FIX, *FEW, "--weaken", "synchronous = NORMAL")),
    Mode("DELETE+FULL", "delete 2", (*BEFORE_THE_FIX, *FEW, "--weaken", "journal_mode = DELETE")),
)


class Moment(NamedTuple):
    """Where a cut may come: what is on the disk and what has been acknowledged by then."""

    mode: Mode
    disk: Disk
    ledger: Ledger


def keep(run: Run) -> None:
    for mode in LOSES:
        _show_that_it_loses(run, mode)
    moments = (moment for number in count() for mode in CHOSEN for moment in _moments(run, mode, number))
    for chance in run.cycles():
        moment = next(moments)
        cut = chance.choice(KINDS_OF_CUT)
        run.count(f"with {moment.mode.name}")
        run.count("acknowledgments looked for", len(moment.ledger))
        left = moment.disk.after(cut, chance)
        if found := _look(run.folder / "left", left, moment.ledger):
            run.lost(f"{moment.mode.name}, of what was not synced {cut.value} was left: {'; '.join(found)}")
            _put(run.folder / f"cut-{run.done}", left)


def _show_that_it_loses(run: Run, mode: Mode) -> None:
    chance = random.Random(f"{run.seed}/{mode.name}")
    lost = 0
    for moment in _moments(run, mode, 0):
        found = _look(run.folder / "left", moment.disk.after(Cut.NOTHING, chance), moment.ledger)
        lost += any(NO_ROW in problem for problem in found)
    run.count(f"of {CUTS_PER_TRACE} cuts lost something with {mode.name}", lost)
    if not lost:
        run.lost(f"{mode.name} is known to lose what was acknowledged and did not, so nothing was tested")


def _moments(run: Run, mode: Mode, number: int) -> Iterator[Moment]:
    """Trace writers, and stop at random while their calls are replayed; half of the time after an acknowledgment."""
    chance = random.Random(f"{run.seed}/{mode.name}/{number}")
    folder, ledger_path = run.folder / "instance", run.folder / "ledger"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    disk, ledger = Disk(folder), Ledger()
    calls = _trace(run, mode, folder, ledger_path, seed=chance.randrange(2**32))
    acknowledged = [n for n, call in enumerate(calls) if call.name == "write" and call.path() == str(ledger_path)]
    places = range(acknowledged[0], len(calls))
    stops = Counter(chance.choice(chance.choice((acknowledged, places))) for _ in range(CUTS_PER_TRACE))
    lines = set(acknowledged)
    for place, call in enumerate(calls):
        disk.replay(call)
        if place in lines:
            ledger.add(call.bytes(1).decode("ascii"))
        for _ in range(stops[place]):
            yield Moment(mode, disk, ledger)


def _trace(run: Run, mode: Mode, folder: Path, ledger: Path, *, seed: int) -> list[Call]:
    """What writers in that mode asked their kernel to do, from an empty folder on."""
    trace = run.folder / "trace"
    ledger.unlink(missing_ok=True)
    command = [*PYTHON, "-m", "tests.reliability.writers", str(folder), "--ledger", str(ledger), "--seed", str(seed)]
    pragmas = record([*command, *mode.options], trace).strip()
    if pragmas != mode.pragmas:
        raise AssertionError(f"connections were to be set to {mode.pragmas} and are set to {pragmas}")
    return list(read(trace))


def _look(folder: Path, left: dict[str, bytes], ledger: Ledger) -> list[str]:
    """What somebody is missing who switches the machine on again."""
    _put(folder, left)
    return problems(folder, ledger)


def _put(folder: Path, left: dict[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in left.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


PROMISE = Promise("power", "what was acknowledged survives a power cut on SQLite", keep, 5_000)


def test_what_was_acknowledged_survives_a_power_cut(torture: Torture) -> None:
    figures = torture("power", CUTS_PER_TRACE * len(CHOSEN))["figures"]
    assert figures["acknowledgments looked for"] > 1000
    assert {f"with {mode.name}" for mode in CHOSEN} <= figures.keys()
