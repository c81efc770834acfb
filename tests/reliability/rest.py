"""What must be so once the worker has caught up: what people were told against what the database, page and mail say."""

import hashlib
import re
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from campaign.core.sqlite import sqlite3
from tests.factories import SLUG
from tests.reliability.crowd import Answers
from tests.reliability.ledger import DATABASE
from tests.reliability.stack import Stack, wait_until

_COUNT = re.compile(r'data-signature-count="(\d+)"')


class _Rest(NamedTuple):
    """What the database says once nothing is waiting any more."""

    states: dict[bytes, str]
    counted: int
    counted_by_hour: int
    ballots: int


def problems_at_rest(stack: Stack, instance: Path, answers: Answers, *, may_come_twice: int) -> list[str]:
    """Let the worker catch up, and say what is missing, too much, or not what people were told.

    `may_come_twice`: how often a worker was kept from crossing off a mail that the relay had taken.
    """
    database = instance / DATABASE
    stack.start()
    _give_back(database)
    wait_until(lambda: _waiting(database) == 0, "the worker has caught up")
    rest = _read(database)
    with answers.lock:
        answers.read_mail()
    address_of = {
        hashlib.sha256(token.encode()).digest(): who for who, all_of in answers.tokens.items() for token in all_of
    }
    states = {address_of[digest]: state for digest, state in rest.states.items() if digest in address_of}
    confirmed = sum(state == "confirmed" for state in rest.states.values())
    found = {
        "acknowledged signatures have no row, or no mail whose link works": len(answers.signed - states.keys()),
        "acknowledged confirmations are not confirmed": sum(
            states.get(who) != "confirmed" for who in answers.confirmed
        ),
        "rows belong to nobody who signed": len(states.keys() - answers.tried),
        "rows have no mail whose link works, or are somebody's second": len(rest.states) - len(states),
        "are in although they were told that nothing was saved": len(states.keys() & answers.refused),
        "more mails came twice than may": max(0, answers.duplicates - may_come_twice),
        "off in the sums": abs(rest.counted - confirmed),
        "off in the sums by hour": abs(rest.counted_by_hour - confirmed),
        "off in the ballots": abs(rest.ballots - confirmed),
        "off on the page": abs(_on_the_page(stack) - confirmed),
    }
    problems = [f"{number} {what}" for what, number in found.items() if number] + answers.never
    said = stack.run("reconcile")
    return problems if "off by 0." in said else [*problems, f"campaign reconcile: {said.strip()}"]


def _give_back(database: Path) -> None:
    """Let the leases of killed workers run out, as five minutes would."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute("UPDATE outbox_mail SET due_at = queued_at")


def _waiting(database: Path) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("outbox_mail", "signature_delta")
        )


def _read(database: Path) -> _Rest:
    with closing(sqlite3.connect(database, timeout=30)) as connection:

        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        return _Rest(
            states=dict(connection.execute("SELECT confirm_digest, state FROM signature")),
            counted=number("SELECT coalesce(sum(signatures), 0) FROM campaign_count"),
            counted_by_hour=number("SELECT coalesce(sum(signatures), 0) FROM hourly_count"),
            ballots=number("SELECT coalesce(sum(people), 0) FROM community_count")
            + number("SELECT count(*) FROM community_ballot"),
        )


def _on_the_page(stack: Stack) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/en/{SLUG}/", timeout=30) as page:
        count = _COUNT.search(page.read().decode())
    assert count is not None
    return int(count.group(1))
