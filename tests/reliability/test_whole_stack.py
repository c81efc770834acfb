"""Promise: server and worker may be killed at any moment; who got an answer is in, and who is in gets their mail.

`campaign serve` with two processes and `campaign worker` run on SQLite, with a real SMTP server. People sign over HTTP,
confirm with the link from the mail that came, and send again what got no answer, as somebody does who reloads a page.
Server, worker or both are killed with `kill -9` at a random moment and started again.

At the end, once the worker has caught up: each signature answered with 303 has its row and the mail whose link works;
each confirmation answered with 303 is confirmed; the page, the sums and a new count agree; nobody is in who did not
sign; no answer was anything but 303 (or 404 for the link of a mail that a later one replaced). A mail comes twice at
most once for each time the worker was killed: it had been taken by the relay and not been crossed off.

A killed worker's mails are given back after five minutes. They are not waited for: the run sets the clock of those
rows.
"""

import random
import shutil
import time
from pathlib import Path

from tests.reliability.children import fork, wait_for
from tests.reliability.conftest import Torture
from tests.reliability.crowd import Answers, Crowd
from tests.reliability.promise import Promise, Run
from tests.reliability.rest import problems_at_rest
from tests.reliability.stack import Stack
from tests.reliability.warmed import Warmed
from tests.reliability.writers import plant
from tests.smtp import Relay

# A life ends at any moment after so many people were answered, or so many mails came.
MOST_ANSWERS, MOST_MAILS, LONGEST_REST_SECONDS = 12, 6, 0.3
# After so many the worker is let catch up, everything is compared, and a new site begun.
CYCLES_PER_SITE = 25
BOTH = ("serve", "worker")
VICTIMS = (BOTH, BOTH, ("serve",), ("worker",))


def keep(run: Run) -> None:
    planted = run.folder / "planted"
    planted.mkdir()
    wait_for(fork(lambda: plant(planted)))
    with Warmed() as warmed:
        while not run.is_over():
            instance = run.folder / f"site-{run.done}"
            shutil.copytree(planted, instance)
            with Relay() as relay:
                _one_site(run, instance, Answers(relay), warmed)
    if not run.figures["confirmations acknowledged"]:
        run.lost("nobody ever confirmed, so nothing was tested")


def _one_site(run: Run, instance: Path, answers: Answers, warmed: Warmed) -> None:
    """Kill it `CYCLES_PER_SITE` times, then let it come to rest and look at all of it."""
    killed_workers, before = 0, len(run.losses)
    with Stack(instance, answers.relay.url, run.folder / "log", warmed).up() as stack:
        with Crowd(stack.port, answers, f"s{run.done}", f"{run.seed}/{run.done}") as crowd:
            for chance in run.cycles(CYCLES_PER_SITE):
                victims = chance.choice(VICTIMS)
                killed_workers += "worker" in victims
                _live_and_die(run, chance, stack, crowd, victims)
        run.count("signatures acknowledged", len(answers.signed))
        run.count("confirmations acknowledged", len(answers.confirmed))
        for problem in problems_at_rest(stack, instance, answers, may_come_twice=killed_workers):
            run.lost(problem)
        run.count("mails", sum(answers.deliveries.values()))
        run.count("mails that came twice", answers.duplicates)
    if len(run.losses) == before:
        shutil.rmtree(instance)


def _live_and_die(run: Run, chance: random.Random, stack: Stack, crowd: Crowd, victims: tuple[str, ...]) -> None:
    began_at = time.monotonic()
    stack.start()
    run.count("ms until it answered", round(1000 * (time.monotonic() - began_at)))
    crowd.gate.set()
    answers = crowd.answers
    if chance.random() < 0.5:
        answers.wait_for_more(chance.randint(0, MOST_ANSWERS), lambda: answers.answers["303"], "answers 303")
    else:
        answers.wait_for_more(chance.randint(0, MOST_MAILS), lambda: len(answers.relay.messages), "mails")
    time.sleep(chance.uniform(0, LONGEST_REST_SECONDS))
    stack.kill(*victims)
    crowd.gate.clear()


PROMISE = Promise(
    "stack", "server and worker may be killed at any moment: nobody answered is lost, mail comes", keep, 1_000
)


def test_who_was_answered_is_in_and_gets_mail_whatever_is_killed(torture: Torture) -> None:
    figures = torture("stack", 4)["figures"]
    assert figures["signatures acknowledged"] > 20
    assert figures["mails"] > 20
