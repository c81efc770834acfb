"""People who sign and confirm without pause, and a worker that adds up: the one place where these tests call the code.

`python -m tests.reliability.writers FOLDER …` is a process of its own, for a tracer to look at.
"""

import argparse
import os
import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.counting.actions import count_ballots, reconcile, roll_up
from campaign.migrating import upgrade
from campaign.outbox.letters import open_letter
from campaign.outbox.models import OutboxMail
from campaign.sealing.queries import current_epoch
from campaign.signing.actions import confirm, record_signatures, seal_signature
from campaign.signing.canonical_email import dedupe_tag, read_email
from campaign.web.services import services
from campaign.worker import keep_house
from tests.databases import config_for
from tests.factories import COMMUNITIES, SLUG, Site, entry, make_site
from tests.reliability.children import fork, wait_for
from tests.reliability.ledger import DATABASE, as_stored, write_line

CONFIRMING = 0.7
ADDING_UP = 0.1
KEEPING_HOUSE = 0.02


def new_app(folder: Path) -> Flask:
    return create_app(config_for(f"sqlite:///{folder / DATABASE}", folder))


def plant(folder: Path) -> None:
    """Make a site in that folder as somebody does who starts one: tables, keys, one open petition."""
    app = new_app(folder)
    with app.app_context():
        upgrade()
        make_site(utc_now())
        db.session.remove()
        db.engine.dispose()


@dataclass
class Place:
    """A site as one process has it."""

    app: Flask
    site: Site
    keyring: Keyring

    @classmethod
    def at(cls, folder: Path) -> "Place":
        """Load the site in that folder. No connection is left open, so the process may fork."""
        app = new_app(folder)
        with app.app_context():
            view = campaign_by_slug(db.session(), SLUG, "en")
            epoch = current_epoch(db.session(), is_demo=False)
            assert epoch is not None
            place = cls(app, Site(view, epoch, ""), Keyring.load(folder))
        place.disconnect()
        return place

    def disconnect(self) -> None:
        """Close every connection: one that is open must be used by nobody after a fork."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def tag_of(self, address: str) -> str:
        """What stands for this address in the table of signatures, in hex."""
        return dedupe_tag(self.keyring.tags, self.site.campaign.id, read_email(address).canonical).hex()

    def write(self, write: Callable[[Session], object]) -> None:
        """Commit one thing as a request does, perhaps together with what others write. Needs an application context."""
        services().group.write(write)

    def drift(self) -> int:
        """By how much the sums are off, counted by the application itself."""
        with self.app.app_context(), transaction() as session:
            return reconcile(session)

    def pragmas(self) -> str:
        """What each connection is set to, such as `truncate 2`."""
        with self.app.app_context(), db.engine.connect() as connection:
            names = ("journal_mode", "synchronous")
            found = [str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in names]
        self.disconnect()
        return " ".join(found)

    def weaken(self, pragma: str) -> None:
        """Set every new connection to something the application would not choose."""

        def on_connect(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA {pragma}")

        with self.app.app_context():
            event.listen(db.engine, "connect", on_connect)


@dataclass
class Writer:
    """Signs and confirms, one thing after the other, and writes down what was acknowledged."""

    place: Place
    ledger: int
    name: str
    chance: random.Random

    def go_on(self, until: Callable[[int], bool]) -> None:
        """Sign until `until(signatures so far)`. An error ends it and stands in the ledger."""
        try:
            number = 0
            while not until(number):
                number += 1
                # As with requests, each has an application context of its own.
                with self.place.app.app_context():
                    tag, address = self._sign(f"{self.name}.{number}@example.org")
                if self.chance.random() < CONFIRMING:
                    with self.place.app.app_context():
                        self._confirm(tag, address)
                with self.place.app.app_context():
                    self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has to know
            traceback.print_exc()
            self._acknowledge("failed", type(error).__name__)

    def _sign(self, address: str) -> tuple[str, str]:
        site, keyring, filled_in, now = self.place.site, self.place.keyring, entry(address), utc_now()
        signature = seal_signature(campaign=site.campaign, entry=filled_in, epoch=site.epoch, keyring=keyring, now=now)
        services().group.write_together(record_signatures, signature)
        tag = self.place.tag_of(address)
        self._acknowledge("signed", tag, as_stored(now))
        return tag, address

    def _confirm(self, tag: str, address: str) -> None:
        token, named, now = self._token(address), [self.chance.choice(COMMUNITIES)], utc_now()
        self.place.write(
            lambda session: confirm(session, token=token, communities=named, keyring=self.place.keyring, now=now)
        )
        self._acknowledge("confirmed", tag)

    def _work(self) -> None:
        """Now and then, what a worker does beside sending."""
        what = self.chance.random()
        if what < ADDING_UP:
            with transaction() as session:
                roll_up(session)
            with transaction() as session:
                count_ballots(session, key=self.place.keyring.waiting)
        elif what < ADDING_UP + KEEPING_HOUSE:
            keep_house(utc_now())

    def _token(self, address: str) -> str:
        """From the mail that waits: nobody sends it here."""
        newest = select(OutboxMail.sealed).order_by(OutboxMail.due_at.desc())
        for sealed in db.session.scalars(newest):
            letter = open_letter(self.place.keyring.waiting, sealed)
            if letter.to == address:
                db.session.rollback()
                return str(letter.values["confirm_token"])
        raise LookupError("the mail of an acknowledged signature is not there")

    def _acknowledge(self, *words: str) -> None:
        write_line(self.ledger, *words)


def write_in_threads(
    place: Place, ledger: int, name: str, seed: float, *, threads: int, until: Callable[[int], bool]
) -> None:
    """Several people at once in one process, as in a server; returns when all of them have ended."""
    writers = [Writer(place, ledger, f"{name}.{n}", random.Random(f"{seed}/{n}")) for n in range(threads)]
    running = [threading.Thread(target=writer.go_on, args=(until,), daemon=True) for writer in writers]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser("writers")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--as-if", help="the release SQLite shall be taken for, such as 3.51.3")
    parser.add_argument("--weaken", help="a pragma for every connection")
    parser.add_argument("--signs", type=int, required=True, help="for each of the people")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    if options.as_if:
        sqlite3.sqlite_version_info = tuple(int(part) for part in options.as_if.split("."))
    if not (options.folder / DATABASE).exists():
        assert wait_for(fork(lambda: plant(options.folder))) == 0
    place = Place.at(options.folder)
    if options.weaken:
        place.weaken(options.weaken)
    print(place.pragmas(), flush=True)  # noqa: T201 - what whoever started this reads
    ledger = os.open(options.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(number: int) -> None:
        name, seed = f"p{number}", options.seed + number
        write_in_threads(place, ledger, name, seed, threads=options.threads, until=lambda done: done >= options.signs)

    children = [fork(lambda number=number: write(number)) for number in range(options.processes)]
    assert [wait_for(child) for child in children] == [0] * options.processes


if __name__ == "__main__":
    main()
