"""`campaign seed`."""

import os
import sys
from pathlib import Path

import click

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.editing.contents import seed_contents, site_contents
from campaign.editing.seed_files import differences_by_file, edited_files, seed_files, write_files
from campaign.resources import SEEDS
from campaign.seeding.actions import plant
from campaign.seeding.reader import SeedSite, read_seeds

DIFFERENT = 3


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Say what is wrong, and how the site differs; write nothing.")
@click.option("--export", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the site's content as files.")
def seed(path: Path | None, check: bool, export: Path | None) -> None:
    """Write the campaigns of a seed folder, all of it or nothing.

    --check ends with 0 if nothing is wrong and the site says the same (or there is no site here), 1 if a file is
    wrong, 3 if the site says something else. --export takes the keys of sources from the seed folder.
    """
    if check and export:
        raise click.UsageError("--check and --export are two things; ask for one")
    now = utc_now()
    seeds = read_seeds(path or SEEDS, today=now.date())
    if export:
        _export(seeds, export)
    elif check:
        _check(seeds)
    else:
        with create_app(Config.from_env()).app_context(), transaction() as session:
            report = plant(session, seeds, now=now)
            if report.written:
                record(session, organizer_id=None, action="seeded_campaigns", subject="site", why=f"{report}", now=now)
        click.echo(f"{report}.")


def _export(seeds: SeedSite, folder: Path) -> None:
    with create_app(Config.from_env()).app_context():
        files = seed_files(site_contents(db.session()), seeds)
    write_files(files, folder)
    click.echo(f"{len(files)} files written to {folder}. They hold what is published, and no draft.")


def _check(seeds: SeedSite) -> None:
    click.echo(f"{len(seeds.campaigns)} campaigns, nothing wrong.")
    if not _has_site():
        return
    with create_app(Config.from_env()).app_context():
        try:
            contents = site_contents(db.session())
        except NotFound:
            return
        site, edited = seed_files(contents, seeds), edited_files(contents)
    found = differences_by_file(site, seed_files(seed_contents(seeds), seeds))
    for place, difference in found.items():
        click.echo(f"\n{difference}")
        if place in edited:
            click.echo("(changed at the desk: `campaign seed` leaves it as it is)")
    if found:
        click.echo(f"\n{len(found)} files differ from what the site says.", err=True)
        sys.exit(DIFFERENT)


def _has_site() -> bool:
    """Whether there is a site to compare with: translators have only files, and looking must not make one."""
    instance = Path(os.environ.get("CAMPAIGN_INSTANCE") or "instance")
    return bool(os.environ.get("CAMPAIGN_DATABASE_URL")) or (instance / "campaign.sqlite3").exists()
