"""Promise: PostgreSQL may crash at any moment; web and worker recover by themselves, and nothing acknowledged is lost.

`campaign serve` with two processes and `campaign worker` run on PostgreSQL with `deploy/postgresql.conf`, with a real
SMTP server. People sign over HTTP and confirm with the link from the mail that came. All processes of PostgreSQL are
killed with `kill -9` at a random moment and it is started again, or only those that serve connections, which makes it
start over by itself. Nothing else is restarted.

Every few kills everything is let come to rest: each signature answered with 303 has its row and has had mail, each
confirmation answered with 303 is confirmed, page, sums and a new count agree, nobody is in who did not sign, and no
answer was anything but 303 or 503 (or 404 for the link of a mail that a later one replaced). A mail comes twice at most
once a kill. Whoever was refused may be in: a commit whose answer was lost is in doubt.

A claim in doubt holds its mails for five minutes. They are not waited for: the run sets the clock of those rows.
"""

import os
import random
import re
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.factories import SLUG
from tests.reliability.conftest import Torture
from tests.reliability.crowd import Answers, Crowd
from tests.reliability.postgresql_pair import Machine, pair_of_machines, wait_until
from tests.reliability.promise import Promise, Run
from tests.reliability.stack import Stack
from tests.reliability.writing_on import plant, tag_of
from tests.smtp import Relay

DATABASE = "campaign"
CYCLES_PER_REST = 10
ENOUGH_SIGNED = 5
LONGEST_CALM_SECONDS, LONGEST_ABSENCE_SECONDS = 0.5, 0.3
STUCK_SECONDS = 3.0
_COUNT = re.compile(r'data-signature-count="(\d+)"')


class _Stack(Stack):
    def __init__(self, instance: Path, smtp_url: str, log: Path, database_url: str) -> None:
        super().__init__(instance, smtp_url, log)
        self._environ["CAMPAIGN_DATABASE_URL"] = database_url


@dataclass
class _Site:
    run: Run
    machine: Machine
    stack: Stack
    crowd: Crowd
    instance: Path
    kills: int = 0

    @property
    def answers(self) -> Answers:
        return self.crowd.answers

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.machine.address(dbname=DATABASE)) as connection:
            return connection.execute(query.encode()).fetchall()

    def number(self, query: str) -> int:
        return int(self.rows(query)[0][0])


def keep(run: Run) -> None:
    with pair_of_machines() as pair, Relay() as relay:
        # One machine is enough to crash.
        machine = pair.primary
        pair.wait_for_second_copy(is_on=False)
        pair.standby.stop()
        machine.tell(f"SELECT pg_drop_replication_slot('{pair.standby.name}')")
        machine.tell(f"CREATE DATABASE {DATABASE}")
        url = f"postgresql+psycopg://postgres@127.0.0.1:{machine.port}/{DATABASE}"
        instance = run.folder / "instance"
        instance.mkdir(mode=0o700)
        stack = _Stack(instance, relay.url, run.folder / "log", url)
        stack.run("migrate")
        plant(instance, url)
        crowd = Crowd(stack.port, Answers(relay), "p", str(run.seed), may_refuse=True)
        with stack.up(), crowd:
            _crash_again_and_again(_Site(run, machine, stack, crowd, instance))
        if not crowd.answers.confirmed:
            run.lost("nobody ever confirmed, so nothing was tested")


def _crash_again_and_again(site: _Site) -> None:
    run, answers = site.run, site.answers
    while not run.is_over():
        site.crowd.gate.set()
        # Whoever confirms needs a mail first, which takes longer than some kills leave time for.
        confirmed = len(answers.confirmed)
        wait_until("somebody confirms", lambda before=confirmed: len(answers.confirmed) > before)
        for chance in run.cycles(CYCLES_PER_REST):
            _crash(site, chance)
        for problem in _problems(site):
            run.lost(problem)
    run.count("signatures acknowledged", len(answers.signed))
    run.count("confirmations acknowledged", len(answers.confirmed))
    run.count("answers 503", answers.answers["503"])
    run.count("mails", sum(answers.deliveries.values()))
    run.count("mails that came twice", answers.duplicates)


def _crash(site: _Site, chance: random.Random) -> None:
    """Kill it while people sign, let it come back, and wait until they sign again."""
    _wait_for_more(site)
    time.sleep(chance.uniform(0, LONGEST_CALM_SECONDS))
    site.kills += 1
    killed_at = time.monotonic()
    if chance.random() < 0.7:
        site.machine.kill()
        time.sleep(chance.uniform(0, LONGEST_ABSENCE_SECONDS))
        _start_again(site.machine)
        site.run.count("kills of all")
    else:
        _kill_connections(site)
        site.run.count("kills of connections")
    _wait_for_more(site)
    name = "at most ms until people signed again"
    site.run.figures[name] = max(site.run.figures[name], round(1000 * (time.monotonic() - killed_at)))


def _start_again(machine: Machine) -> None:
    """As systemd does: what was killed may take a moment to let go of its memory."""

    def has_started() -> bool:
        try:
            machine.start()
        except RuntimeError:
            return False
        return True

    wait_until("PostgreSQL has started again", has_started)


def _kill_connections(site: _Site) -> None:
    """PostgreSQL then takes its memory for spoilt, ends all the others, and recovers."""
    found = site.rows(f"SELECT pid FROM pg_stat_activity WHERE datname = '{DATABASE}' AND pid <> pg_backend_pid()")
    for (process,) in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _wait_for_more(site: _Site) -> None:
    signed = len(site.answers.signed)
    wait_until("people sign", lambda: len(site.answers.signed) >= signed + ENOUGH_SIGNED)


def _problems(site: _Site) -> Iterator[str]:
    """Let everything come to rest, and say what is not as people were told."""
    answers = site.answers
    site.crowd.gate.clear()
    _come_to_rest(site)
    with answers.lock:
        answers.read_mail()
        found = {bytes(tag): state for tag, state in site.rows("SELECT dedupe_tag, state FROM signature")}
        (campaign_id,) = site.rows("SELECT id FROM campaign")[0]
        states = {who: found.get(tag_of(site.instance, campaign_id, who)) for who in answers.tried}
        confirmed = sum(state == "confirmed" for state in found.values())
        with urllib.request.urlopen(f"http://127.0.0.1:{site.stack.port}/en/{SLUG}/", timeout=30) as page:
            shown = _COUNT.search(page.read().decode())
        wrong = {
            "acknowledged signatures have no row": sum(states[who] is None for who in answers.signed),
            "acknowledged signatures had no mail": sum(not answers.tokens.get(who) for who in answers.signed),
            "acknowledged confirmations are not confirmed": sum(
                states[who] != "confirmed" for who in answers.confirmed
            ),
            "rows belong to nobody who signed": len(found) - sum(state is not None for state in states.values()),
            "more mails came twice than PostgreSQL was killed": max(0, answers.duplicates - site.kills),
            "off in the sums": abs(site.number("SELECT coalesce(sum(signatures), 0) FROM campaign_count") - confirmed),
            "off by hour": abs(site.number("SELECT coalesce(sum(signatures), 0) FROM hourly_count") - confirmed),
            "off on the page": abs(int(shown[1]) - confirmed) if shown else 1,
        }
        yield from (f"{number} {what}" for what, number in wrong.items() if number)
        yield from (f"{number} times people were told {what}" for what, number in Counter(answers.never).items())
        answers.never.clear()
    yield from (f"{name} ended by itself" for name in site.stack.died())
    if "off by 0." not in (said := site.stack.run("reconcile")):
        yield f"campaign reconcile: {said.strip()}"


def _come_to_rest(site: _Site) -> None:
    """Wait until no mail waits and every step is counted; mails that a claim in doubt holds are given back."""
    left, since = -1, time.monotonic()

    def is_at_rest() -> bool:
        nonlocal left, since
        waiting = site.number("SELECT (SELECT count(*) FROM outbox_mail) + (SELECT count(*) FROM signature_delta)")
        if waiting != left:
            left, since = waiting, time.monotonic()
        elif waiting and time.monotonic() - since > STUCK_SECONDS:
            held = site.rows("UPDATE outbox_mail SET due_at = queued_at RETURNING 1")
            site.run.count("mails held by a claim in doubt", len(held))
            since = time.monotonic()
        return waiting == 0

    wait_until("the worker has caught up", is_at_rest)


PROMISE = Promise("postgresql", "PostgreSQL crashes: all recovers by itself, nothing acknowledged is lost", keep, 300)


def test_nothing_acknowledged_is_lost_when_postgresql_crashes(torture: Torture) -> None:
    figures = torture("postgresql", 4)["figures"]
    assert figures["signatures acknowledged"] >= 4 * 2 * ENOUGH_SIGNED
    assert figures["confirmations acknowledged"] > ENOUGH_SIGNED
