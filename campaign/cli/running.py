"""`campaign serve`."""

import click

from campaign.app import create_app
from campaign.config import Config
from campaign.ready import refuse_other_keys, warn_if_behind, warn_of_other_seal
from campaign.server import serve as run_server


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
