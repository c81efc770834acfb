"""Promise: what was acknowledged survives `kill -9` of the processes that write, at any moment, on SQLite.

Two processes, three people in each, sign, confirm and add up against one file, and write down every acknowledgment
after its commit has returned. They are killed at a random moment: both at once, or one while the other goes on, which
must not stand still because of it. After each kill the acknowledged are all there with their mail, no commit is there
by half, and confirmed rows are what the counters say.

A process's death loses nothing the kernel already has; see `test_power_cut.py` for what the disk has.
"""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import NamedTuple

from tests.reliability.children import fork, wait_for
from tests.reliability.conftest import Torture
from tests.reliability.ledger import Ledger, problems
from tests.reliability.promise import Promise, Run
from tests.reliability.writers import Place, plant, write_in_threads

PROCESSES = 2
THREADS = 3
# A life ends at any moment of the first tenth of a second, or at any moment after so many acknowledgments.
LONGEST_START_SECONDS, MOST_ACKNOWLEDGMENTS, LONGEST_REST_SECONDS = 0.1, 12, 0.02
# A file is written to this many times before a new one: what has grown takes long to look through.
CYCLES_PER_FILE = 25
# A machine that is busy with other tests, or its disk, can be slow for a while.
PATIENCE_SECONDS = 180
POLL_SECONDS = 0.002


def keep(run: Run) -> None:
    planted, instance = run.folder / "planted", Instance(run.folder / "instance")
    planted.mkdir()
    # In a child, as everything that writes: this process forks, so it must have neither threads nor connections.
    wait_for(fork(lambda: plant(planted)))
    instance.begin_anew(planted)
    place = Place.at(instance.folder)
    for chance in run.cycles():
        if run.done and run.done % CYCLES_PER_FILE == 0:
            _look_at_all(run, place, instance)
            instance.begin_anew(planted)
        _live_and_die(run, chance, place, instance)
        # Otherwise the next writers are the ones who find what the killed ones left.
        if chance.random() < 0.5 and not _is_whole(run, instance):
            instance.begin_anew(planted)
    _look_at_all(run, place, instance)
    if not run.figures["signatures acknowledged"]:
        run.lost("nothing was ever acknowledged, so nothing was tested")


class Instance(NamedTuple):
    """A site's folder, and the ledger of what was acknowledged on it."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def begin_anew(self, planted: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(planted, self.folder)
        self.ledger.touch()


def _live_and_die(run: Run, chance: random.Random, place: Place, instance: Instance) -> None:
    """Let two processes write, and kill them at a random moment."""
    seeds = [chance.random() for _ in range(PROCESSES)]
    written = instance.ledger.stat().st_size
    parent, ledger = os.getpid(), os.open(instance.ledger, os.O_WRONLY | os.O_APPEND)

    def write(number: int) -> None:
        name = f"c{run.done}.p{number}"
        chance = random.Random(seeds[number])
        write_in_threads(place, ledger, name, chance, threads=THREADS, until=lambda _done: os.getppid() != parent)

    alive = [fork(lambda number=number: write(number)) for number in range(PROCESSES)]
    os.close(ledger)
    if chance.random() < 0.25:
        time.sleep(chance.uniform(0, LONGEST_START_SECONDS))
    else:
        _wait_for_lines(instance, written, chance.randint(1, MOST_ACKNOWLEDGMENTS))
        time.sleep(chance.uniform(0, LONGEST_REST_SECONDS))
    if chance.random() < 0.25:
        _kill([alive.pop()])
        # Standing still because the other died, with its lock, would break the promise too.
        _wait_for_lines(instance, instance.ledger.stat().st_size, 1)
        run.count("times one went on alone")
    _kill(alive)
    run.count("kills")


def _kill(processes: list[int]) -> None:
    for process in processes:
        os.kill(process, signal.SIGKILL)
    for process in processes:
        wait_for(process)


def _wait_for_lines(instance: Instance, written: int, number: int) -> None:
    """Wait until so many more lines stand in the ledger than when it was `written` bytes long."""
    with instance.ledger.open("rb") as ledger:
        ledger.seek(written)
        lines, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while lines < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"for {PATIENCE_SECONDS} seconds nothing was acknowledged")
            time.sleep(POLL_SECONDS)
            lines += ledger.read().count(b"\n")


def _is_whole(run: Run, instance: Instance) -> bool:
    """Whether everything acknowledged is there and nothing is there by half."""
    ledger = Ledger.read(instance.ledger)
    found = problems(instance.folder, ledger)
    if found:
        run.lost("; ".join(found))
        shutil.copytree(instance.folder, run.folder / f"cycle-{run.done}")
    return not found


def _look_at_all(run: Run, place: Place, instance: Instance) -> None:
    """The last look at a file: also what the application itself finds when it counts again."""
    ledger = Ledger.read(instance.ledger)
    run.count("signatures acknowledged", len(ledger.signed))
    run.count("confirmations acknowledged", len(ledger.confirmed))

    def count_again() -> None:
        assert place.drift() == 0

    if _is_whole(run, instance) and wait_for(fork(count_again)):
        run.lost("counted again, the sums were off")


PROMISE = Promise("kill", "what was acknowledged survives kill -9 of two writers on SQLite", keep, 10_000)


def test_what_was_acknowledged_survives_the_death_of_the_writers(torture: Torture) -> None:
    outcome = torture("kill", 30)
    assert outcome["figures"]["signatures acknowledged"] > 30
