"""`campaign purge`."""

from datetime import datetime

import click

from campaign.app import create_app
from campaign.campaigns.retention import note_states
from campaign.cli.progress import show_progress
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.clock_mark import look_at_clock, may_erase_by_age
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import Refused
from campaign.signing.purging import Retention, retentions, rows_to_erase
from campaign.signing.unconfirmed import PENDING_DAYS, count_old_unconfirmed
from campaign.worker import begin_due_purges, erase_old_unconfirmed, purge_some


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be erased, and why.")
def purge(dry_run: bool) -> None:
    """Erase the signatures of campaigns that closed long ago, and unconfirmed ones; counts stay. Workers do it too."""
    with create_app(Config.from_env()).app_context():
        now = utc_now()
        if dry_run:
            _say_all(now)
            return
        _look_at_clock(now)
        unconfirmed = erase_old_unconfirmed(now)
        begin_due_purges(now)
        _finish(now)
        forget_deleted(db.engine)
    click.echo(f"{unconfirmed} signatures were erased that nobody confirmed within {PENDING_DAYS} days.")


def _look_at_clock(now: datetime) -> None:
    """Raises Refused while the clock is in doubt: nothing may be erased for its age then."""
    with transaction() as session:
        look_at_clock(session, now=now)
        is_believed = may_erase_by_age(session)
        if is_believed:
            note_states(session, now=now)
    if not is_believed:
        raise Refused(
            "nothing was erased: the clock is in doubt, for it has jumped or was never looked at before; see `campaign "
            "doctor`, and try again after three days"
        )


def _finish(now: datetime) -> None:
    """Do what is begun, step by step, so that people can sign in between."""
    rows = 0
    while (step := purge_some(now)) is not None:
        rows += step.rows
        show_progress(f"{rows:,} signatures erased")
        if step.is_last:
            show_progress("")
            click.echo(f"{rows} signatures were erased of a campaign whose time is over. They go on counting.")
            rows = 0


def _say_all(now: datetime) -> None:
    with transaction() as session:
        # As the command would, and taken back again.
        look_at_clock(session, now=now)
        is_believed = may_erase_by_age(session)
        note_states(session, now=now)
        lines = []
        for each in retentions(session):
            lines.append(f"{each.slug}: {_said(each, rows_to_erase(session, each.campaign_id), now)}")
        unconfirmed = count_old_unconfirmed(session, now=now)
        session.rollback()
    click.echo("Nothing was changed.")
    if not is_believed:
        click.echo("The clock is in doubt: until it is believed again nothing is erased, whatever stands below.")
    click.echo("\n".join(lines))
    click.echo(f"{unconfirmed} signatures that nobody confirmed within {PENDING_DAYS} days would be erased.")


def _said(retention: Retention, rows: int, now: datetime) -> str:
    if retention.ended_at is not None:
        return f"{retention.purged} signatures were erased on {retention.ended_at:%Y-%m-%d}"
    if retention.until is None or retention.closed_at is None:
        return f"open; {rows} signatures are kept"
    why = f"closed since {retention.closed_at:%Y-%m-%d}, kept for {retention.months} months"
    if retention.purged is not None or retention.is_due(now):
        return f"{rows} signatures would be erased ({why})"
    return f"{rows} signatures are kept until {retention.until:%Y-%m-%d} ({why})"
