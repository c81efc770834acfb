"""`campaign seed`."""

from pathlib import Path

import click

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only say what is wrong.")
def seed(path: Path | None, check: bool) -> None:
    """Write the campaigns of a seed folder, all of it or nothing."""
    now = utc_now()
    seeds = read_seeds(path or SEEDS, today=now.date())
    if check:
        click.echo(f"{len(seeds.campaigns)} campaigns, nothing wrong.")
        return
    with create_app(Config.from_env()).app_context(), transaction() as session:
        report = plant(session, seeds, now=now)
        if report.written:
            record(session, organizer_id=None, action="seeded_campaigns", subject="site", why=f"{report}", now=now)
    click.echo(f"{report}.")
