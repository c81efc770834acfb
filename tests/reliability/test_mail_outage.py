"""Promise: whatever the relay does, and whatever the clock says meanwhile, each mail goes out.

A worker's own code delivers to a real SMTP server that refuses connections, answers 421 or 5xx at any stage, hangs
after the message, or takes it and ends the connection before saying so. Between the rounds the clock goes on by minutes
or hours, and now and then stands wrong by an hour or by ten years, in either direction, while housekeeping runs.

At the end each mail has come, and none came twice but those the relay took without saying so. A mail may be missing
only if the relay refused that very mailbox for good.

Clients give up after 0.4 seconds here, and a machine may stand still for longer: then a 250 comes too late, and the
mail comes twice as well. The relay's own record has to show each of these: the message taken, and the client gone
without another word, no sooner than it may give up.
"""

import logging
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.outbox import transports
from campaign.outbox.actions import LONGEST_HELD_SECONDS, enqueue
from campaign.outbox.letters import Letter
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import SmtpTransport
from campaign.web.services import services
from campaign.worker import deliver_due, keep_house
from tests.databases import config_for, new_sqlite
from tests.reliability.conftest import Torture
from tests.reliability.promise import Promise, Run
from tests.reliability.stack import wait_until
from tests.smtp import DROP, HANG, Relay

MAILS_A_CYCLE = 100
ROUNDS = 12
# Not half a minute, for the relay hangs often here; long enough that a busy machine does not seem to hang.
HANGING_SECONDS = 0.4
WRONG_BY = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=3652), timedelta(days=-3652))
FOR_ALL = ("421 going down", "450 not now", "451 too fast", "550 no", "554 5.7.1 not you", HANG)
# What a relay says of one mail, and whether it says so of a mailbox for good.
FOR_ONE = {
    "RCPT": (("450 greylisted", False), ("421 later", False), ("554 Relay access denied", False), ("550 none", True)),
    "DATA": 3 * (("451 try again", False), ("554 5.7.1 looks odd", False), (DROP, False)) + ((HANG, False),),
}


@dataclass
class Fate:
    """What a relay does in one round: the same to all at one stage, or to each as chance has it."""

    chance: random.Random
    said: Counter[str]
    stage: str | None = None
    answer: str = ""
    share: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, stage: str) -> str | None:
        with self.lock:
            if stage == self.stage:
                self.said[f"{stage} {self.answer}"] += 1
                return self.answer
            if stage in FOR_ONE and self.chance.random() < self.share:
                answer, for_good = self.chance.choice(FOR_ONE[stage])
                self.said[DROP if answer == DROP else "for good" if for_good else f"{stage} {answer}"] += 1
                return answer
            return None


def keep(run: Run) -> None:
    planted = run.folder / "planted"
    planted.mkdir()
    new_sqlite(planted)
    for chance in run.cycles():
        folder = run.folder / f"site-{run.done}"
        shutil.copytree(planted, folder)
        app = create_app(config_for(f"sqlite:///{folder / 'campaign.sqlite3'}", folder))
        # It warns of every failure, as it should.
        logging.getLogger("campaign").setLevel(logging.CRITICAL)
        with Relay() as relay, app.app_context():
            with _waiting_for(HANGING_SECONDS):
                now, said = _one_outage(chance, relay)
            # It hangs no more, so nobody need give up when the machine itself stands still for a while.
            _get_well(relay, now)
            _look(run, relay, said)
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(folder)


@contextmanager
def _waiting_for(seconds: float) -> Iterator[None]:
    """Have the worker wait that long for an answer instead of half a minute."""
    usual = transports._TIMEOUT_SECONDS
    transports._TIMEOUT_SECONDS = seconds  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        transports._TIMEOUT_SECONDS = usual  # type: ignore[misc]


def _one_outage(chance: random.Random, relay: Relay) -> tuple[datetime, Counter[str]]:
    """Queue, and deliver as far as the relay lets it; the time it is then, and what the relay has said."""
    now, said = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC), Counter[str]()
    _queue(now)
    for _ in range(ROUNDS):
        now += timedelta(minutes=chance.choice((1, 10, 60, 200)))
        wrong_by = chance.choice(WRONG_BY) if chance.random() < 0.4 else timedelta()
        if chance.random() < 0.2:
            relay.close()
            said["connection refused"] += 1
        else:
            relay.open()
            relay.misbehave = _fate(chance, said)
        keep_house(now + wrong_by)
        _deliver(relay, now + wrong_by)
    return now, said


def _get_well(relay: Relay, now: datetime) -> None:
    relay.open()
    relay.misbehave = lambda _stage: None
    # As long as a mail may be put off by anything above.
    now += timedelta(seconds=LONGEST_HELD_SECONDS)
    keep_house(now)
    _deliver(relay, now)


def _fate(chance: random.Random, said: Counter[str]) -> Fate:
    if chance.random() < 0.5:
        stage = chance.choice(("CONNECT", "EHLO", "MAIL"))
        return Fate(chance, said, stage, chance.choice(FOR_ALL))
    return Fate(chance, said, share=chance.choice((0.1, 0.5, 0.9)))


def _queue(now: datetime) -> None:
    values = {"title": "Bread and roses", "confirm_token": "c" * 64, "manage_token": "m" * 64}
    with transaction() as session:
        for number in range(MAILS_A_CYCLE):
            letter = Letter(f"signer{number}@example.org", "confirm", "en", values)
            enqueue(session, letter, key=services().keyring.waiting, now=now)


def _deliver(relay: Relay, now: datetime) -> None:
    """Batch after batch, until nothing is due at this instant."""
    transport = SmtpTransport(relay.url)
    while deliver_due(transport, services(), clock=lambda: now):
        pass
    # Else stopping the relay would cut its record short.
    wait_until(lambda: relay.talking == 0, "the relay has seen the worker hang up")


def _look(run: Run, relay: Relay, said: Counter[str]) -> None:
    waiting = db.session.scalar(select(func.count()).select_from(OutboxMail))
    came = Counter(str(message["To"]) for message in relay.messages)
    twice = sum(number - 1 for number in came.values())
    missing = MAILS_A_CYCLE - len(came)
    if waiting:
        run.lost(f"{waiting} mails still wait although the relay takes them")
    # A mail dropped before its 250 can be refused for good the next time, so these may be fewer.
    if missing > said["for good"]:
        run.lost(f"{missing} mails never came, but the relay refused only {said['for good']} mailboxes for good")
    too_late = sum(waited >= HANGING_SECONDS for waited in relay.unheard)
    if at_once := len(relay.unheard) - too_late:
        run.lost(f"{at_once} times the worker left without a word although it was answered in time")
    if twice > said[DROP] + too_late:
        run.lost(f"{twice} mails came twice, but the relay took only {said[DROP] + too_late} without saying so in time")
    if len({message["Message-ID"] for message in relay.messages}) != len(came):
        run.lost("a mail that came again had another Message-ID")
    run.count("mails queued", MAILS_A_CYCLE)
    run.count("mails that came", len(came))
    run.count("mailboxes refused for good", said["for good"])
    run.count("mails that came twice", twice)
    run.count("taken without a 250", said[DROP])
    run.count("taken with a 250 that came too late", too_late)
    run.count("other failures", said.total() - said["for good"] - said[DROP])


PROMISE = Promise("mail", "whatever the relay does and the clock says, each mail goes out, and once", keep, 50)


def test_every_mail_goes_out_whatever_the_relay_does(torture: Torture) -> None:
    figures = torture("mail", 2)["figures"]
    assert figures["other failures"] > 10
    assert figures["mails that came"] + figures["mailboxes refused for good"] >= 2 * MAILS_A_CYCLE
