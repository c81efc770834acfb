"""`campaign demo`: everything on one machine, with sample content, a demo key and mail kept in a folder."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
from flask import Flask

from campaign.app import create_app
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.migrating import migrate
from campaign.organizers.actions import add_organizer
from campaign.organizers.queries import logins
from campaign.resources import SEEDS
from campaign.sealing.actions import create_epoch
from campaign.sealing.trial_boxes import add_missing_trial_boxes
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from campaign.server import serve
from campaign.worker import run_worker

DEMO_LOGIN = "demo"
# What one writes a second person publishes; in the demo both are the same visitor, with one password.
DEMO_REVIEWER = "reviewer"
_THREADS = 8


class DemoAccess(NamedTuple):
    """What opens the demo. Kept in the demo's own folder, so that the same site can be started again."""

    password: str
    phrase: str


def run_demo() -> None:
    """Prepare the demo's folder, start a worker beside the web, print how to get in, serve until stopped."""
    config = Config.from_env(is_demo=True)
    app = create_app(config)
    access = prepare_demo(app, config.instance)
    worker = subprocess.Popen([sys.executable, "-m", "campaign.demo"], env=os.environ)
    _say_hello(config, access)
    try:
        serve(app, config, processes=1, threads=_THREADS)
    finally:
        worker.terminate()
        worker.wait(timeout=10)


def prepare_demo(app: Flask, instance: Path) -> DemoAccess:
    """Migrate, seed, and make account and key the first time. Running it again changes nothing."""
    note = instance / "demo.json"
    now = utc_now()
    with app.app_context():
        migrate()
        with transaction() as session:
            plant(session, read_seeds(SEEDS, today=now.date()), now=now)
            add_missing_trial_boxes(session)
        is_new = DEMO_LOGIN not in logins(db.session()).values()
        with transaction() as session:
            if is_new:
                access = DemoAccess(secrets.token_urlsafe(12), "")
                add_organizer(session, login=DEMO_LOGIN, password=access.password, role="owner", now=now)
                add_organizer(session, login=DEMO_REVIEWER, password=access.password, role="editor", now=now)
                phrase = create_epoch(session, holder=DEMO_LOGIN, is_demo=True, now=now).phrase
                # Inside the transaction: account and key exist only together with what opens them.
                note.write_text(json.dumps(access._replace(phrase=phrase)._asdict()), "ascii")
        # The server forks: a connection made before that must not be used after it.
        db.engine.dispose()
    return DemoAccess(**json.loads(note.read_text("ascii")))


def _say_hello(config: Config, access: DemoAccess) -> None:
    click.echo(
        f"""
  The site        {config.base_url}/
  Mail it sent    {config.base_url}/demo/mailbox
  The desk        {config.base_url}/organize/    login: {DEMO_LOGIN}    password: {access.password}
  A second person {DEMO_REVIEWER}, with the same password: reviews what {DEMO_LOGIN} writes
  Unlock phrase   {access.phrase}

  This is a demo: its key lies beside the data. Never collect real signatures with it.
  Ctrl+C stops it; it keeps its data in {config.instance}
"""
    )
    sys.stdout.flush()


if __name__ == "__main__":
    import threading

    from campaign.signals import stop_on_signal

    finished = threading.Event()
    stop_on_signal(finished)
    run_worker(create_app(Config.from_env(is_demo=True)), finished)
