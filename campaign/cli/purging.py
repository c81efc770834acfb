"""`campaign purge`."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import click
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.campaigns.retention import note_states
from campaign.cli.progress import show_progress
from campaign.config import Config
from campaign.conversation.retention import goes_with_signatures
from campaign.core.clock import utc_now
from campaign.core.clock_mark import look_at_clock, may_erase_by_age
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import Refused
from campaign.paper.retention import RunOut, run_out
from campaign.signing.purging import Retention, retentions, rows_to_erase, was_signed_since
from campaign.signing.unconfirmed import PENDING_DAYS, count_old_unconfirmed
from campaign.worker import begin_due_purges, erase_old_unconfirmed, forget_old_batches, purge_some


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
        beside = _besides(db.session(), retentions(db.session()), now)
        db.session.rollback()
        begin_due_purges(now)
        _finish(now)
        forget_old_batches(now)
        forget_deleted(db.engine)
    for slug, what in beside.items():
        click.echo(f"{slug}: {what} went as well.")
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
        every = retentions(session)
        session.rollback()
    # Counting walks over all there is: nobody who signs waits for it.
    session, lines = db.session(), []
    beside = _besides(session, every, now)
    for each in every:
        lines.append(f"{each.slug}: {_said(session, each, now)}")
        if each.slug in beside:
            lines.append(f"{each.slug}: {beside[each.slug]} would go as well")
    unconfirmed = count_old_unconfirmed(session, now=now)
    session.rollback()
    click.echo("Nothing was changed.")
    if not is_believed:
        click.echo("The clock is in doubt: until it is believed again nothing is erased, whatever stands below.")
    click.echo("\n".join(lines))
    click.echo(f"{unconfirmed} signatures that nobody confirmed within {PENDING_DAYS} days would be erased.")


def _said(session: Session, retention: Retention, now: datetime) -> str:
    if retention.ended_at is not None:
        return f"{retention.purged} signatures were erased on {retention.ended_at:%Y-%m-%d}"
    rows = rows_to_erase(session, retention.campaign_id)
    if retention.until is None or retention.closed_at is None:
        return f"open; {rows} signatures are kept"
    why = f"closed since {retention.closed_at:%Y-%m-%d}, kept for {retention.months} months"
    if _goes(session, retention, now):
        return f"{rows} signatures would be erased ({why})"
    if retention.is_due(now):
        return f"{rows} signatures are kept, for somebody confirmed less than {retention.months} months ago ({why})"
    return f"{rows} signatures are kept until {retention.until:%Y-%m-%d} ({why})"


def _goes(session: Session, retention: Retention, now: datetime) -> bool:
    """Whether the command would erase its signatures: those whose time is over, and what was begun."""
    if retention.purged is not None:
        return retention.ended_at is None
    return retention.is_due(now) and not was_signed_since(session, retention, now=now)


def _besides(session: Session, every: Sequence[Retention], now: datetime) -> dict[str, str]:
    """What is erased beside signatures, in words, by campaign: with them, or on paper for an age of its own."""
    purged = {each.campaign_id for each in every if _goes(session, each, now)}
    on_paper = run_out(session, now=now, purged=purged)
    said = {each.slug: _named(session, each.campaign_id, purged, on_paper) for each in every}
    return {slug: ", ".join(parts) for slug, parts in said.items() if parts}


def _named(
    session: Session, campaign_id: uuid.UUID, purged: set[uuid.UUID], on_paper: dict[uuid.UUID, RunOut]
) -> Sequence[str]:
    sent_in = goes_with_signatures(session, campaign_id) if campaign_id in purged else (0, 0)
    paper = on_paper.get(campaign_id, RunOut())
    found = (
        (sent_in[0], "message", "messages"),
        (sent_in[1], "endorsement that nobody approved", "endorsements that nobody approved"),
        (paper.batches, "paper batch's place and collector", "paper batches' places and collectors"),
        (paper.scans, "scan of sheets", "scans of sheets"),
        (paper.rows, "row from paper that does not count yet", "rows from paper that do not count yet"),
    )
    return [f"{number} {one if number == 1 else many}" for number, one, many in found if number]
