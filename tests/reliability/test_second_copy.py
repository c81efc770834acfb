"""With a synchronous standby nothing is acknowledged that only one machine has; what is in doubt may be sent again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from campaign.app import create_app
from campaign.core.db import db
from campaign.migrating import migrate
from tests.databases import config_for
from tests.factories import make_site
from tests.pages import browse
from tests.reliability.postgresql_pair import Pair, pair_of_machines, wait_until
from tests.web.signing import FILLED_IN, SIGN

SIGNATURES = "SELECT count(*) FROM signature"
BEFORE = {"name": "Bob", "email": "bob@example.org"}
WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@dataclass
class Answer:
    """What a form was answered, once it was."""

    status: int | None = None


@contextmanager
def signing(app: Flask) -> Iterator[Answer]:
    """Alice's form, on its way while the block runs; answered when it is over."""
    answer = Answer()

    def send() -> None:
        answer.status = browse(app).post(SIGN, data=FILLED_IN).status_code

    thread = threading.Thread(target=send)
    thread.start()
    yield answer
    thread.join()


def until_the_commit_waits(pair: Pair) -> None:
    wait_until("the commit waits for its copy", lambda: pair.primary.ask(f"SELECT count(*) {WAITING}") == 1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with pair_of_machines() as made:
        yield made


@pytest.fixture
def app(pair: Pair, instance: Path, now: datetime) -> Iterator[Flask]:
    """The site on the pair, with a signature."""
    made = create_app(config_for(pair.url("postgres"), instance))
    with made.app_context():
        migrate()
        make_site(now)
        db.session.remove()
    # The first of the day also makes what all of the day need, in commits of its own.
    assert browse(made).post(SIGN, data=BEFORE).status_code == 303
    yield made
    with made.app_context():
        db.engine.dispose()


def test_a_commit_in_doubt_is_refused_though_it_is_in_and_sending_again_makes_no_second(pair: Pair, app: Flask) -> None:
    pair.standby.stop()
    with signing(app) as answer:
        until_the_commit_waits(pair)
        assert answer.status is None
        pair.primary.ask(f"SELECT pg_terminate_backend(pid) {WAITING}")
    assert answer.status == 503
    assert pair.primary.ask(SIGNATURES) == 2
    with signing(app) as answer:
        until_the_commit_waits(pair)
        pair.standby.start()
    assert answer.status == 303
    assert (pair.primary.ask(SIGNATURES), pair.standby.ask(SIGNATURES)) == (2, 2)


def test_what_only_the_dead_primary_had_was_acknowledged_to_nobody(pair: Pair, app: Flask) -> None:
    pair.standby.stop()
    with signing(app) as answer:
        until_the_commit_waits(pair)
        pair.primary.kill()
    assert answer.status == 503
    pair.standby.start()
    pair.fail_over()
    assert pair.primary.ask(SIGNATURES) == 1
    with signing(app) as answer:
        pass
    assert answer.status == 303
    # What was the primary still has the row that nobody was told of; following the new one it gives it up.
    pair.rewind_to_standby()
    assert (pair.primary.ask(SIGNATURES), pair.standby.ask(SIGNATURES)) == (2, 2)


def test_an_old_primary_that_comes_back_by_itself_acknowledges_nothing(pair: Pair, app: Flask) -> None:
    pair.primary.kill()
    pair.fail_over()
    # Nobody kept it off, so there are two primaries. It is named first, so people come to it.
    pair.standby.start()
    with signing(app) as answer:
        wait_until("the commit waits for its copy", lambda: pair.standby.ask(f"SELECT count(*) {WAITING}") == 1)
        assert answer.status is None
        pair.standby.kill()
    assert answer.status == 503
    with signing(app) as answer:
        pass
    assert answer.status == 303
    assert pair.primary.ask(SIGNATURES) == 2
