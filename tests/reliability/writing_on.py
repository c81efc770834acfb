"""People who sign, confirm and withdraw on any database while something is done to it, and a ledger of their answers.

A line of the ledger is written after the commit has returned: `signed ADDRESS`, `confirmed ADDRESS`, `withdrawn
ADDRESS`, `took MILLISECONDS` for the longest so far, `failed WHAT` for what should never happen.
"""

import os
import random
import shutil
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from campaign.app import create_app
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import roll_up
from campaign.outbox.letters import open_letter
from campaign.outbox.models import OutboxMail
from campaign.sealing.queries import current_epoch
from campaign.signing.actions import confirm
from campaign.signing.canonical_email import dedupe_tag, read_email
from campaign.signing.self_service import withdraw
from tests.databases import config_for
from tests.factories import COMMUNITIES, SLUG, Site, entry, make_site
from tests.reliability.children import fork, wait_for
from tests.reliability.ledger import write_line
from tests.signers import sign_petition

PROCESSES, THREADS = 2, 2
CONFIRMING, WITHDRAWING = 0.7, 0.3


@dataclass
class Told:
    """What people were told so far."""

    signed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    longest_ms: float = 0.0

    @classmethod
    def read(cls, ledger: Path) -> "Told":
        told = cls()
        for line in ledger.read_text("ascii").splitlines(keepends=True):
            kind, _, what = line.rstrip().partition(" ")
            if not line.endswith("\n"):
                continue
            if kind == "took":
                told.longest_ms = max(told.longest_ms, float(what))
            elif kind == "failed":
                told.failed.append(what)
            else:
                {"signed": told.signed, "confirmed": told.confirmed, "withdrawn": told.withdrawn}[kind].add(what)
        return told


def plant(instance: Path, url: str) -> str:
    """One petition in a migrated database, planted by a child, so that this process may go on forking; its phrase."""
    note = instance / "phrase"

    def do() -> None:
        app = create_app(config_for(url, instance))
        with app.app_context():
            note.write_text(make_site(utc_now()).phrase, "ascii")

    assert wait_for(fork(do)) == 0
    phrase = note.read_text("ascii")
    note.unlink()
    return phrase


def tag_of(instance: Path, campaign_id: object, address: str) -> bytes:
    """What stands for an address in that site's table."""
    return dedupe_tag(Keyring.load(instance).tags, campaign_id, read_email(address).canonical)  # type: ignore[arg-type]


def start_writing(instance: Path, url: str, ledger: Path, name: str) -> list[int]:
    """Processes that write until they are killed, or their parent is gone; their ids."""
    parent = os.getpid()

    def write(number: int) -> None:
        app = create_app(config_for(url, instance))
        descriptor = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        threads = [
            threading.Thread(target=_Person(app, instance, descriptor, f"{name}.{number}.{thread}", parent).live)
            for thread in range(THREADS)
        ]
        for running in threads:
            running.start()
        for running in threads:
            running.join()

    return [fork(lambda number=number: write(number)) for number in range(PROCESSES)]


def copy_keys(instance: Path, to: Path) -> None:
    """What an operator does before restoring."""
    to.mkdir(mode=0o700)
    shutil.copytree(instance / "keys", to / "keys")


@dataclass
class _Person:
    app: Flask
    instance: Path
    ledger: int
    name: str
    parent: int
    longest: float = 0.0

    def live(self) -> None:
        try:
            chance, number = random.Random(self.name), 0
            keyring = Keyring.load(self.instance)
            with self.app.app_context():
                site = _site()
            while os.getppid() == self.parent:
                number += 1
                with self.app.app_context():
                    self._one(chance, site, keyring, f"{self.name}.{number}@example.org")
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has to know
            traceback.print_exc()
            self._say("failed", type(error).__name__)

    def _one(self, chance: random.Random, site: Site, keyring: Keyring, address: str) -> None:
        now, began_at = utc_now(), time.monotonic()
        with transaction() as session:
            sign_petition(
                session, campaign=site.campaign, entry=entry(address), epoch=site.epoch, keyring=keyring, now=now
            )
        self._say("signed", address, began_at)
        # No two letters are queued at the same microsecond by one person; whose it is, its address says.
        sealed = db.session.scalars(select(OutboxMail.sealed).where(OutboxMail.due_at == now)).all()
        db.session.rollback()
        (letter,) = [found for each in sealed if (found := open_letter(keyring.waiting, each)).to == address]
        if chance.random() < CONFIRMING:
            began_at = time.monotonic()
            with transaction() as session:
                token, named = letter.values["confirm_token"], [chance.choice(COMMUNITIES)]
                confirm(session, token=token, communities=named, keyring=keyring, now=utc_now())
            self._say("confirmed", address, began_at)
        if chance.random() < WITHDRAWING:
            began_at = time.monotonic()
            with transaction() as session:
                withdraw(session, token=letter.values["manage_token"], now=utc_now())
            self._say("withdrawn", address, began_at)
        if chance.random() < 0.1:
            with transaction() as session:
                roll_up(session)

    def _say(self, kind: str, what: str, began_at: float | None = None) -> None:
        write_line(self.ledger, kind, what)
        took = 0.0 if began_at is None else time.monotonic() - began_at
        if took > self.longest:
            self.longest = took
            write_line(self.ledger, "took", f"{1000 * took:.1f}")


def _site() -> Site:
    view, epoch = campaign_by_slug(db.session(), SLUG, "en"), current_epoch(db.session(), is_demo=False)
    db.session.rollback()
    assert epoch is not None
    return Site(view, epoch, "")
