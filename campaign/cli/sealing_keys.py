"""`campaign keys`: keys that signatures are sealed to, and key files."""

import sys

import click

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.core.key_checks import adopt_keys
from campaign.sealing.actions import make_epoch, store_epoch
from campaign.sealing.phrases import normal_phrase
from campaign.sealing.queries import current_epoch
from campaign.web.services import Services


@click.group()
def keys() -> None:
    """Keys that signatures are sealed to."""


@keys.command("new")
@click.option("--holder", prompt="Who will hold the phrase", help="A name for whoever keeps it.")
def keys_new(holder: str) -> None:
    """Make the site's key pair, and the phrase that opens the lists."""
    app = create_app(Config.from_env())
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
        record(session, organizer_id=None, action="made_key", subject="site", why=fingerprint, now=utc_now())
    click.echo(f"Signing is open. Fingerprint of the key: {fingerprint}")


@keys.command("adopt")
def keys_adopt() -> None:
    """Take the key files as they are for the site's own, after the old ones were lost for good."""
    click.confirm("Whoever has signed could sign again, and mail that waits is lost. Go on?", abort=True, err=True)
    app = create_app(Config.from_env())
    with app.app_context(), transaction() as session:
        services: Services = app.extensions["campaign"]
        adopt_keys(session, services.keyring)
        record(session, organizer_id=None, action="adopted_keys", subject="site", now=utc_now())
    click.echo("These are the site's keys now. Back them up, apart from the database.")
