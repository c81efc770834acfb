"""`campaign migrate` and `campaign reconcile`."""

import click

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import ConfigError
from campaign.core.key_checks import note_keys, other_keys
from campaign.counting.actions import reconcile as count_again
from campaign.migrating import migrate as migrate_tables
from campaign.sealing.queries import current_epoch
from campaign.sealing.trial_boxes import add_missing_trial_boxes
from campaign.web.key_changes import is_pinned
from campaign.web.services import Services


@click.command("migrate")
def migrate() -> None:
    """Bring the database to this version. Processes that serve may go on meanwhile."""
    app = create_app(Config.from_env())
    with app.app_context():
        version = migrate_tables()
        services: Services = app.extensions["campaign"]
        with transaction() as session:
            note_keys(session, services.keyring)
            others = other_keys(session, services.keyring)
            add_missing_trial_boxes(session)
        epoch = current_epoch(db.session(), is_demo=services.config.is_demo)
        # A site from before there were pins gets one here; where there is one, nothing changes.
        is_right = epoch is None or is_pinned(epoch.public_key)
    if others:
        raise ConfigError(f"keys/{others[0]}.key is not the one this database was made with; run `campaign doctor`")
    if not is_right:
        click.echo("The key that signatures are sealed to is not the pinned one; run `campaign doctor`.", err=True)
    click.echo(f"The database is up to date, at version {version.newest}.")


@click.command("reconcile")
def reconcile() -> None:
    """Count every signature again and mend the sums."""
    with create_app(Config.from_env()).app_context(), transaction() as session:
        drift = count_again(session)
        if drift:
            why = f"the sums were off by {drift}"
            record(session, organizer_id=None, action="counted_again", subject="site", why=why, now=utc_now())
    click.echo(f"Counted again; the sums were off by {drift}.")
