"""`campaign invalidate`."""

import re
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.campaigns.queries import campaign_by_slug
from campaign.cli.progress import show_progress
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.errors import Invalid
from campaign.signing.invalidation import REASONS, Outcome
from campaign.signing.invalidation import invalidate as take_from_count
from campaign.signing.invalidation import reinstate as put_back

# With dashes, as opened lists write it, or without.
_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.IGNORECASE)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# The title of that column in an opened list, which may stand in the first line.
_COLUMN = "signature"


@click.command()
@click.argument("campaign")
@click.argument("ids_file", type=_FILE)
@click.option("--reason", type=click.Choice(REASONS), help="Why they do not count.")
@click.option("--undo", is_flag=True, help="Let them count again.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def invalidate(campaign: str, ids_file: Path, reason: str | None, undo: bool, dry_run: bool) -> None:
    """Take signatures that are not genuine from the count: those whose ids a file names, one a line; all or none."""
    if undo == (reason is not None):
        raise click.UsageError("say either --reason or --undo")
    ids = read_ids(ids_file)

    def progress(done: int) -> None:
        show_progress(f"{done} of {len(ids)}")

    with create_app(Config.from_env()).app_context(), transaction() as session:
        campaign_id = campaign_by_slug(session, campaign, "en", drafts=True).id
        if reason is not None:
            done = take_from_count(
                session, campaign_id=campaign_id, signature_ids=ids, reason=reason, progress=progress
            )
        else:
            done = put_back(session, campaign_id=campaign_id, signature_ids=ids, progress=progress)
        if dry_run:
            session.rollback()
        elif done.confirmed or done.pending:
            _note(session, campaign, done, reason)
    show_progress("")
    click.echo(f"{'Nothing was changed. This would be done: ' if dry_run else ''}{_said(done, reason)}.")


def read_ids(path: Path) -> set[UUID]:
    """The ids in a file, one a line, as an opened list or a spreadsheet writes that column. Raises Invalid."""
    ids = set()
    # Spreadsheets begin a file with a byte order mark.
    for number, line in enumerate(path.read_text("utf-8-sig", errors="replace").splitlines(), start=1):
        written = line.strip()
        if not written or (number == 1 and written == _COLUMN):
            continue
        if not _ID.fullmatch(written):
            # Not what stands there: it may be a name.
            raise Invalid(f"line {number} of {path.name} is not the id of a signature; nothing was changed")
        ids.add(UUID(hex=written))
    if not ids:
        raise Invalid(f"{path.name} names no signature")
    return ids


def _note(session: Session, campaign: str, done: Outcome, reason: str | None) -> None:
    """Write down how many and why."""
    action = "invalidated_signatures" if reason else "reinstated_signatures"
    record(session, organizer_id=None, action=action, subject=campaign, why=_said(done, reason), now=utc_now())


def _said(done: Outcome, reason: str | None) -> str:
    verb = f"invalidated as {reason}" if reason else "reinstated"
    return (
        f"{done.confirmed + done.pending} {verb} ({done.confirmed} confirmed, {done.pending} pending), "
        f"{done.left} left as they were"
    )
