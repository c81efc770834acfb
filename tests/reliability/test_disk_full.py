"""Promise: a full disk refuses and breaks nothing; when there is space again, it goes on by itself.

The site lies on a small disk of its own, which is filled at random moments while people sign and confirm over HTTP:
first to within some pages, then to the last one. Meanwhile every form is answered, with 303 or with 503 ("nothing was
saved"), and pages can still be read. Then space is freed, and people sign again; neither server nor worker had to be
started anew.

At the end whoever was told 303 is in, with their mail, whoever gave up after a 503 is not, and counters are exact. A
mail comes twice at most once for each time the disk was full: the relay had it, and crossing it off could not be
written.
"""

import random
import shutil
import time
import urllib.request
from pathlib import Path

from tests.factories import SLUG
from tests.reliability.children import fork, wait_for
from tests.reliability.conftest import Torture
from tests.reliability.crowd import Answers, Crowd
from tests.reliability.promise import Promise, Run
from tests.reliability.rest import problems_at_rest
from tests.reliability.small_disk import Filler, small_disk
from tests.reliability.stack import Stack
from tests.reliability.writers import plant
from tests.smtp import Relay

# Room for a write-ahead log of full length (4,000 pages, 16 MB), the database, and what people write until the end:
# where the site itself fills the disk, nothing is left to free.
MEGABYTES = 64
PAGE = 4096
MOST_SPARE_PAGES = 60
FILLS_PER_SITE = 25
LONGEST_PAUSE_SECONDS = 0.3


def keep(run: Run) -> None:
    planted, disk = run.folder / "planted", run.folder / "disk"
    planted.mkdir()
    disk.mkdir()
    with small_disk(disk, megabytes=MEGABYTES):
        wait_for(fork(lambda: plant(planted)))
        while not run.is_over():
            instance = shutil.copytree(planted, disk / "instance")
            with Relay() as relay:
                _one_site(run, instance, Answers(relay), Filler(disk))
            if run.losses:
                shutil.copytree(instance, run.folder / f"instance-{run.done}")
            shutil.rmtree(instance)
    if not run.figures["answers 503"]:
        run.lost("nobody was ever refused, so nothing was tested")


def _one_site(run: Run, instance: Path, answers: Answers, filler: Filler) -> None:
    began = run.done
    with Stack(instance, answers.relay.url, run.folder / "log").up() as stack:
        with Crowd(stack.port, answers, f"s{run.done}", f"{run.seed}/{run.done}", may_refuse=True) as crowd:
            crowd.gate.set()
            for chance in run.cycles(FILLS_PER_SITE):
                _fill_and_free(run, chance, stack, answers, filler)
        for problem in problems_at_rest(stack, instance, answers, may_come_twice=run.done - began):
            run.lost(problem)
        if died := stack.died():
            run.lost(f"{', '.join(died)} ended")
        if silent := {answer: number for answer, number in answers.answers.items() if answer.startswith("no answer")}:
            run.lost(f"people got no answer at all: {silent}")
    run.count("answers 303", answers.answers["303"])
    run.count("answers 503", answers.answers["503"])
    run.count("mails that came twice", answers.duplicates)


def _fill_and_free(run: Run, chance: random.Random, stack: Stack, answers: Answers, filler: Filler) -> None:
    _wait_for_more(answers, "303", chance.randint(1, 10))
    time.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))
    filler.fill(spare=PAGE * chance.randint(0, MOST_SPARE_PAGES))
    time.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))
    filler.fill(spare=0)
    _wait_for_more(answers, "503", chance.randint(1, 10))
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/en/{SLUG}/", timeout=30) as page:
        assert page.status == 200
    filler.free()


def _wait_for_more(answers: Answers, answer: str, number: int) -> None:
    answers.wait_for_more(number, lambda: answers.answers[answer], f"answers {answer}")


PROMISE = Promise("disk", "a full disk refuses and breaks nothing, and it goes on when there is space", keep, 200)


def test_a_full_disk_refuses_and_breaks_nothing(torture: Torture) -> None:
    figures = torture("disk", 5)["figures"]
    assert figures["answers 503"] >= 5
    assert figures["answers 303"] >= 5
