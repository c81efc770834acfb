"""Promise: the primary database dies in the middle of everything, its standby takes over, and nothing is lost.

PostgreSQL and its synchronous standby run with `deploy/postgresql.conf`; two machines with a web process and a worker
each stand behind nginx with `deploy/nginx.conf`; people sign and confirm over HTTPS. Every process of the primary is
killed at a random moment. The runbook of docs/operating.md is followed: the standby becomes the primary, and what was
the primary comes back as the standby (by `pg_rewind` or as a new copy), ready for the next cycle.

Each time, everything acknowledged is there: signatures answered with 303, confirmations answered with 303, one mail at
least whose link works for each signature, no mail twice more often than primaries were killed; page, sums and a new
count agree. Meanwhile `/readyz` says 503, and no answer is anything but 303 or 503 (or 404 for the link of a mail that
a later one replaced). Whoever was refused may be in: a commit whose answer was lost is in doubt.

Before the first kill, each web process is restarted under load, and nobody is refused.

At the end the second copy is switched off, and the same must be found to lose what was acknowledged: the test can fail.

A worker that dies holding mails gives them back after five minutes, and so does a claim in doubt. These are not waited
for: the run sets the clock of those rows.
"""

import http.client
import logging
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from campaign.app import create_app
from campaign.campaigns.queries import campaign_by_slug
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile
from campaign.signing.canonical_email import dedupe_tag, read_email
from tests.databases import config_for
from tests.factories import SLUG, make_site
from tests.reliability.conftest import Torture
from tests.reliability.crowd import Answers, Crowd
from tests.reliability.many_machines import Machines
from tests.reliability.nginx_front import Front
from tests.reliability.postgresql_pair import Pair, pair_of_machines, wait_until
from tests.reliability.promise import Promise, Run
from tests.smtp import Relay

DATABASE = "campaign"
TABLES = Path(__file__).parents[2] / "deploy" / "postgresql-tables.sql"
LONGEST_CALM_SECONDS = 1.5
ENOUGH_REFUSED, ENOUGH_SIGNED = 5, 20
STUCK_SECONDS = 3.0
_COUNT = re.compile(r'data-signature-count="(\d+)"')


class _Visitors(Crowd):
    """People who come through nginx."""

    front: Front

    def connect(self) -> http.client.HTTPConnection:
        return self.front.connect()


@dataclass
class _Site:
    """Everything one run works with."""

    run: Run
    pair: Pair
    machines: Machines
    front: Front
    crowd: Crowd
    application: "_Application"
    kills: int = 0

    @property
    def answers(self) -> Answers:
        return self.crowd.answers


class _Application:
    """The code itself, in this process, to plant the site and to count again."""

    def __init__(self, config: Config) -> None:
        self._key = Keyring.load(config.instance).tags
        self.app = create_app(config)
        with self.app.app_context():
            make_site(utc_now())
            self._campaign_id = campaign_by_slug(db.session(), SLUG, "en").id
            db.session.remove()

    def tag_of(self, address: str) -> bytes:
        """What stands for an address in the table of signatures."""
        return dedupe_tag(self._key, self._campaign_id, read_email(address).canonical)

    def drift(self) -> int:
        """By how much the sums are off, counted by the application itself."""
        with self.app.app_context(), transaction() as session:
            return reconcile(session)

    def disconnect(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


def keep(run: Run) -> None:
    with _site(run) as site:
        site.crowd.gate.set()
        _restart_one_by_one(site)
        for chance in run.cycles():
            _lose_the_primary(site, chance)
            for problem in _problems(site):
                run.lost(problem)
            _mend(site, chance)
            site.crowd.gate.set()
        answers = site.answers
        run.count("signatures acknowledged", len(answers.signed))
        run.count("confirmations acknowledged", len(answers.confirmed))
        run.count("answers 503", answers.answers["503"])
        run.count("mails", sum(answers.deliveries.values()))
        run.count("mails that came twice", answers.duplicates)
        run.count("requests without an answer", sum(n for what, n in answers.answers.items() if "no answer" in what))
        if not run.losses and not any("acknowledged" in problem for problem in _lose_something(site)):
            run.lost("this test cannot fail: it saw no loss where the second copy was switched off")


@contextmanager
def _site(run: Run) -> Iterator[_Site]:
    with pair_of_machines() as pair, Relay() as relay:
        pair.primary.tell(f"CREATE DATABASE {DATABASE}")
        machines = Machines(run.folder, pair.url(DATABASE), relay.url)
        machines.run("migrate")
        with psycopg.connect(pair.primary.address(dbname=DATABASE)) as connection:
            connection.execute(TABLES.read_bytes())
        application = _Application(config_for(pair.url(DATABASE), run.folder / "machine-0"))
        # It would write down every word that is said to it.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        with machines.up() as front:
            wait_until("both web processes are ready", lambda: machines.readiness() == [200, 200])
            crowd = _Visitors(front.https_port, Answers(relay), "p", str(run.seed), may_refuse=True)
            crowd.front = front
            with crowd:
                yield _Site(run, pair, machines, front, crowd, application)
        application.disconnect()


def _restart_one_by_one(site: _Site) -> None:
    """Restart each web process as docs/operating.md says to; nobody must notice."""
    for machine in range(site.machines.number):
        site.machines.restart("serve", machine)
        wait_until("both web processes are ready", lambda: site.machines.readiness() == [200, 200])
        signed, since = len(site.answers.signed), time.monotonic()
        wait_until(
            "nginx uses it again, and people sign",
            lambda since=since, signed=signed: time.monotonic() - since > 2 and len(site.answers.signed) > signed,
        )
    if refused := site.answers.answers["503"]:
        site.run.lost(f"{refused} forms were refused while web processes were restarted one by one")


def _lose_the_primary(site: _Site, chance: random.Random) -> None:
    """Kill it under load, see that the site says so, promote the standby, and wait until people sign again."""
    run, answers = site.run, site.answers
    signed = len(answers.signed)
    wait_until("people sign", lambda: len(answers.signed) >= signed + ENOUGH_SIGNED)
    time.sleep(chance.uniform(0, LONGEST_CALM_SECONDS))
    refused = answers.answers["503"]
    killed_at = time.monotonic()
    site.pair.primary.kill()
    site.kills += 1
    wait_until("both web processes say that they are not ready", lambda: site.machines.readiness() == [503, 503])
    wait_until("people are refused", lambda: answers.answers["503"] >= refused + ENOUGH_REFUSED)
    promoted_at = time.monotonic()
    site.pair.fail_over()
    signed = len(answers.signed)
    wait_until("somebody signs again", lambda: len(answers.signed) > signed)
    run.took("ms from the promotion until somebody signed", promoted_at)
    wait_until("both web processes are ready again", lambda: site.machines.readiness() == [200, 200])
    run.took("ms from the kill until all were ready", killed_at)
    wait_until("people sign as before", lambda: len(answers.signed) >= signed + ENOUGH_SIGNED)


def _lose_something(site: _Site) -> list[str]:
    """Acknowledge what only the primary has, kill it, and say what that looks like."""
    site.pair.wait_for_second_copy(is_on=False)
    site.pair.standby.stop()
    signed = len(site.answers.signed)
    wait_until("people sign", lambda: len(site.answers.signed) >= signed + ENOUGH_SIGNED)
    site.pair.primary.kill()
    site.pair.standby.start()
    site.pair.fail_over()
    wait_until("both web processes are ready again", lambda: site.machines.readiness() == [200, 200])
    return list(_problems(site))


def _problems(site: _Site) -> Iterator[str]:
    """Let everything come to rest, and say what is not as people were told."""
    answers = site.answers
    site.crowd.gate.clear()
    wait_until("every form is answered", lambda: site.front.on_the_way == 0)
    _come_to_rest(site)
    with answers.lock:
        answers.read_mail()
        found = {bytes(tag): state for tag, state in _rows(site, "SELECT dedupe_tag, state FROM signature")}
        states = {address: found.get(site.application.tag_of(address)) for address in answers.tried}
        confirmed = sum(state == "confirmed" for state in found.values())
        wrong = {
            "acknowledged signatures have no row": sum(states[who] is None for who in answers.signed),
            "acknowledged signatures had no mail": sum(not answers.tokens.get(who) for who in answers.signed),
            "acknowledged confirmations are not confirmed": sum(
                states[who] != "confirmed" for who in answers.confirmed
            ),
            "rows belong to nobody who signed": len(found) - sum(state is not None for state in states.values()),
            "more mails came twice than primaries were killed": max(0, answers.duplicates - site.kills),
            "off in the sums": abs(_sum(site, "campaign_count") - confirmed),
            "off in the sums by hour": abs(_sum(site, "hourly_count") - confirmed),
            "off on the page": abs(_on_the_page(site.front) - confirmed),
            "off in a new count": site.application.drift(),
        }
        site.run.figures["refused, and in all the same"] = sum(states[who] is not None for who in answers.refused)
        yield from (f"{number} {what}" for what, number in wrong.items() if number)
        yield from answers.never
        answers.never.clear()
    yield from (f"{name} ended by itself" for name in site.machines.died())


def _come_to_rest(site: _Site) -> None:
    """Wait until no mail waits and every step is counted; mails that a claim in doubt holds are given back."""
    left, since = -1, time.monotonic()

    def is_at_rest() -> bool:
        nonlocal left, since
        waiting = _number(site, "SELECT (SELECT count(*) FROM outbox_mail) + (SELECT count(*) FROM signature_delta)")
        if waiting != left:
            left, since = waiting, time.monotonic()
        elif waiting and time.monotonic() - since > STUCK_SECONDS:
            held = _rows(site, "UPDATE outbox_mail SET due_at = queued_at RETURNING 1")
            site.run.count("mails held by a claim in doubt", len(held))
            since = time.monotonic()
        return waiting == 0

    wait_until("the workers have caught up", is_at_rest)


def _mend(site: _Site, chance: random.Random) -> None:
    """Bring what was the primary back as the standby."""
    began_at = time.monotonic()
    if chance.random() < 0.5:
        site.pair.rewind_to_standby()
    else:
        site.pair.copy_to_standby()
    site.run.took("ms to make the old primary the standby", began_at)


def _rows(site: _Site, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(site.pair.primary.address(dbname=DATABASE)) as connection:
        return connection.execute(query.encode()).fetchall()


def _number(site: _Site, query: str) -> int:
    return int(_rows(site, query)[0][0])


def _sum(site: _Site, table: str) -> int:
    return _number(site, f"SELECT coalesce(sum(signatures), 0) FROM {table}")


def _on_the_page(front: Front) -> int:
    """What a campaign's page says, once there is one: a process remembers for half a second that it got no answer."""
    found: list[int] = []

    def is_there() -> bool:
        connection = front.connect()
        connection.request("GET", f"/en/{SLUG}/")
        answer = connection.getresponse()
        found.extend(int(count) for count in _COUNT.findall(answer.read().decode()))
        connection.close()
        return answer.status == 200 and bool(found)

    wait_until("the campaign's page is there", is_there)
    return found[0]


PROMISE = Promise(
    "failover", "the primary dies, its standby takes over: nothing acknowledged is lost, each mail comes", keep, 100
)


def test_nothing_acknowledged_is_lost_when_the_standby_takes_over(torture: Torture) -> None:
    figures = torture("failover", 2)["figures"]
    assert figures["signatures acknowledged"] > 4 * ENOUGH_SIGNED
    assert figures["confirmations acknowledged"] > ENOUGH_SIGNED
    assert figures["answers 503"] >= 2 * ENOUGH_REFUSED
