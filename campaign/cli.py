"""The `campaign` command. Errors are one line on stderr: exit 2 for misuse, 1 for failure."""

import os
import sys
import threading
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.exc import SQLAlchemyError

from campaign.app import create_app
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import CampaignError, ConfigError, Invalid, Refused
from campaign.counting.actions import reconcile
from campaign.demo import run_demo
from campaign.doctor import examine
from campaign.exports.decrypt import decrypt_list
from campaign.organizers.actions import add_organizer
from campaign.organizers.models import ROLES
from campaign.resources import SEEDS
from campaign.sealing.actions import make_epoch, store_epoch
from campaign.sealing.phrases import normal_phrase
from campaign.sealing.queries import current_epoch
from campaign.seeding.actions import plant
from campaign.seeding.reader import read_seeds
from campaign.server import serve as run_server
from campaign.signals import stop_on_signal
from campaign.worker import run_worker


class _Group(click.Group):
    """Turns our errors into one line; a traceback could hold what somebody typed."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CampaignError as error:
            click.echo(f"campaign: {error}", err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)
        except OSError as error:
            click.echo(f"campaign: {error.filename or 'file'}: {error.strerror or 'cannot be used'}", err=True)
            ctx.exit(1)
        except SQLAlchemyError as error:
            click.echo(
                f"campaign: the database cannot be used ({type(error).__name__}); run `campaign doctor`", err=True
            )
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Petitions and solidarity campaigns."""
    os.umask(0o077)


def _app() -> Flask:
    return create_app(Config.from_env())


@main.command()
def demo() -> None:
    """Serve a seeded site with web and worker together, for trying out."""
    run_demo()


@main.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(processes: int, threads: int) -> None:
    """Answer requests on CAMPAIGN_BIND."""
    config = Config.from_env()
    run_server(create_app(config), config, processes=processes, threads=threads)


@main.command()
def worker() -> None:
    """Send mail, add up counts, erase what has run out. Run as many as you like."""
    stop = threading.Event()
    stop_on_signal(stop)
    run_worker(_app(), stop)


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    with _app().app_context():
        upgrade()
    click.echo("The database is up to date.")


@main.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only say what is wrong.")
def seed(path: Path | None, check: bool) -> None:
    """Write the campaigns of a seed folder, all of it or nothing."""
    now = utc_now()
    seeds = read_seeds(path or SEEDS, today=now.date())
    if check:
        click.echo(f"{len(seeds.campaigns)} campaigns, nothing wrong.")
        return
    with _app().app_context(), transaction() as session:
        report = plant(session, seeds, now=now)
    click.echo(f"{report}.")


@main.group()
def organizer() -> None:
    """Accounts of the desk."""


@organizer.command("add")
@click.argument("login")
@click.option("--role", default="owner", show_default=True, type=click.Choice(ROLES))
@click.password_option(help="Asked for if left out; safer than on the command line.")
def organizer_add(login: str, role: str, password: str) -> None:
    """Make an account."""
    with _app().app_context(), transaction() as session:
        add_organizer(session, login=login, password=password, role=role, now=utc_now())
    click.echo(f"{login} may log in at /organize/ as {role}.")


@main.group()
def keys() -> None:
    """Keys that signatures are sealed to."""


@keys.command("new")
@click.option("--holder", prompt="Who will hold the phrase", help="A name for whoever keeps it.")
def keys_new(holder: str) -> None:
    """Make the site's key pair, and the phrase that opens the lists."""
    app = _app()
    with app.app_context():
        if current_epoch(db.session(), is_demo=False) is not None:
            raise Refused("there is a key already; nothing was changed")
        db.session.rollback()
    made = make_epoch(holder=holder, is_demo=False, now=utc_now())
    click.echo("\nThis phrase opens every signature list. It is shown once and stored nowhere.")
    click.echo("Without it nobody can read who signed; counts and public names remain.\n")
    click.echo(f"    {made.phrase}\n")
    # Before it is stored: a phrase nobody wrote down must not become the site's key.
    typed = click.prompt("Write it on paper, then type it back", hide_input=not sys.stdin.isatty())
    if normal_phrase(typed) != normal_phrase(made.phrase):
        raise Invalid("that is not the phrase; nothing was changed, run the command again for a new one")
    fingerprint = made.fingerprint
    with app.app_context(), transaction() as session:
        store_epoch(session, made)
    click.echo(f"Signing is open. Fingerprint of the key: {fingerprint}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The CSV file to write.")
def decrypt(file: Path, out: Path) -> None:
    """Open a downloaded signature list on this machine, without a network."""
    phrase = click.prompt("Phrase", hide_input=True)
    show = sys.stderr.isatty()

    def progress(done: int) -> None:
        if show:
            click.echo(f"\r{done} opened", nl=False, err=True)

    result = decrypt_list(file, out, phrase=phrase, progress=progress)
    if show:
        click.echo(err=True)
    click.echo(f"{result.rows} signatures written to {out}.")
    if result.locked_epochs:
        click.echo(f"This phrase does not open {len(result.locked_epochs)} of the list's keys.", err=True)
    if result.problems:
        click.echo(f"{len(result.problems)} rows could not be opened: {', '.join(result.problems)}", err=True)
        sys.exit(1)


@main.command("reconcile")
def reconcile_counts() -> None:
    """Count every signature again and mend the sums."""
    with _app().app_context(), transaction() as session:
        drift = reconcile(session)
    click.echo(f"Counted again; the sums were off by {drift}.")


@main.command()
def doctor() -> None:
    """Say what is wrong with this installation, and what to do."""
    config = Config.from_env()
    sick = False
    with create_app(config).app_context():
        for finding in examine(db.session(), is_demo=config.is_demo, now=utc_now()):
            click.echo(f"{'PROBLEM' if finding.advice else 'ok':8}{finding.what}")
            if finding.advice:
                click.echo(f"{'':8}{finding.advice}")
                sick = True
    if sick:
        sys.exit(1)
