"""`campaign serve` and `campaign worker`."""

import threading

import click

from campaign.app import create_app
from campaign.config import Config
from campaign.ready import refuse_other_keys, wait_until_migrated, warn_if_behind, warn_of_other_seal
from campaign.server import serve as run_server
from campaign.signals import stop_on_signal
from campaign.worker import run_worker


@click.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(processes: int, threads: int) -> None:
    """Answer requests on CAMPAIGN_BIND."""
    config = Config.from_env()
    app = create_app(config)
    warn_if_behind(app)
    refuse_other_keys(app)
    warn_of_other_seal(app)
    run_server(app, config, processes=processes, threads=threads)


@click.command()
def worker() -> None:
    """Send mail, add up counts, erase what has run out. Run as many as you like."""
    stop = threading.Event()
    stop_on_signal(stop)
    app = create_app(Config.from_env())
    wait_until_migrated(app, stop)
    refuse_other_keys(app)
    run_worker(app, stop)
