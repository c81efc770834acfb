"""Promise: what was acknowledged survives `kill -9` of the processes that write, at any moment, on SQLite.

Two processes, three people in each, sign, confirm and add up against one file, and write down every acknowledgment
after its commit has returned. They are killed at a random moment: both at once, or one while the other goes on, which
must not stand still because of it. After each kill the acknowledged are all there with their mail, no commit is there
by half, and confirmed rows are what the counters say.

A process's death loses nothing the kernel already has; see `test_power_cut.py` for what the disk has.
"""

import gc
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.reliability.children import fork, wait_for
from tests.reliability.conftest import Torture
from tests.reliability.ledger import Ledger, problems
from tests.reliability.promise import Promise, Run
from tests.reliability.writers import Place, Writer, plant, write_in_threads

PROCESSES = 2
THREADS = 3
# A life ends at any moment of the first tenth of a second, or at any moment after so many acknowledgments.
LONGEST_START_SECONDS, MOST_ACKNOWLEDGMENTS, LONGEST_REST_SECONDS = 0.1, 12, 0.02
# Every second file lies in memory, where no commit waits for a disk: there a kill meets the code between two calls more
# often, on the disk the calls themselves. The death of a process takes neither from the kernel.
MEMORY = Path("/dev/shm")
ENOUGH_TO_BE_WARM = 20
# A file is written to this many times before a new one: what has grown takes long to look through.
CYCLES_PER_FILE = 25
# A machine that is busy with other tests, or its disk, can be slow for a while.
PATIENCE_SECONDS = 180
POLL_SECONDS = 0.002


def keep(run: Run) -> None:
    planted = run.folder / "planted"
    planted.mkdir()
    # In a child, as everything that writes: this process forks, so it must have neither threads nor connections.
    wait_for(fork(lambda: plant(planted)))
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="torture-kill-", dir=memory) as in_memory:
        sites = [Site.at(folder / "instance", planted) for folder in (run.folder, Path(in_memory))]
        # What does not change is not to be copied for each child because it was counted or collected.
        gc.freeze()
        _live_and_die_again(run, sites, planted)
    if not run.figures["signatures acknowledged"]:
        run.lost("nothing was ever acknowledged, so nothing was tested")


class Site(NamedTuple):
    """A site's folder, the code at work on it, and the ledger of what was acknowledged there."""

    folder: Path
    place: Place

    @classmethod
    def at(cls, folder: Path, planted: Path) -> "Site":
        """Load the code and let it do everything once, so that children begin with a signature, not with imports."""
        shutil.copytree(planted, folder)
        place = Place.at(folder)
        ledger = os.open(os.devnull, os.O_WRONLY)
        Writer(place, ledger, "warm", random.Random(0)).go_on(lambda done: done >= ENOUGH_TO_BE_WARM)
        os.close(ledger)
        place.disconnect()
        return cls(folder, place)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def begin_anew(self, planted: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(planted, self.folder)
        self.ledger.touch()


def _live_and_die_again(run: Run, sites: list[Site], planted: Path) -> None:
    site = sites[0]
    for chance in run.cycles():
        if run.done % CYCLES_PER_FILE == 0:
            if run.done:
                _look_at_all(run, site)
            site = sites[run.done // CYCLES_PER_FILE % len(sites)]
            site.begin_anew(planted)
        _live_and_die(run, chance, site)
        # Otherwise the next writers are the ones who find what the killed ones left.
        if chance.random() < 0.5 and not _is_whole(run, site):
            site.begin_anew(planted)
    _look_at_all(run, site)


def _live_and_die(run: Run, chance: random.Random, site: Site) -> None:
    """Let two processes write, and kill them at a random moment."""
    seeds = [chance.random() for _ in range(PROCESSES)]
    written = site.ledger.stat().st_size
    parent, ledger = os.getpid(), os.open(site.ledger, os.O_WRONLY | os.O_APPEND)

    def write(number: int) -> None:
        name = f"c{run.done}.p{number}"
        chance = random.Random(seeds[number])
        write_in_threads(site.place, ledger, name, chance, threads=THREADS, until=lambda _done: os.getppid() != parent)

    alive = [fork(lambda number=number: write(number)) for number in range(PROCESSES)]
    os.close(ledger)
    if chance.random() < 0.25:
        time.sleep(chance.uniform(0, LONGEST_START_SECONDS))
    else:
        _wait_for_lines(site, written, chance.randint(1, MOST_ACKNOWLEDGMENTS))
        time.sleep(chance.uniform(0, LONGEST_REST_SECONDS))
    if chance.random() < 0.25:
        _kill([alive.pop()])
        # Standing still because the other died, with its lock, would break the promise too.
        _wait_for_lines(site, site.ledger.stat().st_size, 1)
        run.count("times one went on alone")
    _kill(alive)
    run.count("kills")


def _kill(processes: list[int]) -> None:
    for process in processes:
        os.kill(process, signal.SIGKILL)
    for process in processes:
        wait_for(process)


def _wait_for_lines(site: Site, written: int, number: int) -> None:
    """Wait until so many more lines stand in the ledger than when it was `written` bytes long."""
    with site.ledger.open("rb") as ledger:
        ledger.seek(written)
        lines, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while lines < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"for {PATIENCE_SECONDS} seconds nothing was acknowledged")
            time.sleep(POLL_SECONDS)
            lines += ledger.read().count(b"\n")


def _is_whole(run: Run, site: Site) -> bool:
    """Whether everything acknowledged is there and nothing is there by half."""
    ledger = Ledger.read(site.ledger)
    found = problems(site.folder, ledger)
    if found:
        run.lost("; ".join(found))
        shutil.copytree(site.folder, run.folder / f"cycle-{run.done}")
    return not found


def _look_at_all(run: Run, site: Site) -> None:
    """The last look at a file: also what the application itself finds when it counts again."""
    ledger = Ledger.read(site.ledger)
    run.count("signatures acknowledged", len(ledger.signed))
    run.count("confirmations acknowledged", len(ledger.confirmed))

    def count_again() -> None:
        assert site.place.drift() == 0

    if _is_whole(run, site) and wait_for(fork(count_again)):
        run.lost("counted again, the sums were off")


PROMISE = Promise("kill", "what was acknowledged survives kill -9 of two writers on SQLite", keep, 10_000)


def test_what_was_acknowledged_survives_the_death_of_the_writers(torture: Torture) -> None:
    outcome = torture("kill", 30)
    assert outcome["figures"]["signatures acknowledged"] > 30
