"""`campaign worker`."""

import threading

import click

from campaign.app import create_app
from campaign.config import Config
from campaign.ready import refuse_other_keys, wait_until_migrated
from campaign.signals import stop_on_signal
from campaign.worker import run_worker


@click.command()
def worker() -> None:
    """Send mail, add up counts, erase what has run out. Run as many as you like."""
    stop = threading.Event()
    stop_on_signal(stop)
    app = create_app(Config.from_env())
    wait_until_migrated(app, stop)
    refuse_other_keys(app)
    run_worker(app, stop)
