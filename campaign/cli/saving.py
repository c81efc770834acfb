"""`campaign backup` and `campaign restore`."""

import signal
import sys
from pathlib import Path

import click

from campaign.app import create_app
from campaign.backup.making import make_backup, write_erasures
from campaign.backup.restoring import erasures_for
from campaign.backup.restoring import restore as restore_into
from campaign.cli.progress import show_progress
from campaign.config import Config
from campaign.core.clock import utc_now

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path, resolve_path=True)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, resolve_path=True))
@click.option("--erasures", "only_erasures", is_flag=True, help="Only bring the list of erasures up to date.")
def backup(path: Path, only_erasures: bool) -> None:
    """Copy the database into a new file, or a folder, while the site goes on; it holds no keys."""
    _tidy_up_when_stopped()
    now = utc_now()
    with create_app(Config.from_env()).app_context():
        if only_erasures:
            place, number = write_erasures(path, now=now)
        else:
            made = make_backup(path, now=now, progress=show_progress)
            show_progress("")
            click.echo(f"{made.file} is written and was read back. The keys are not in it: keep them apart.")
            place, number = made.erasures, made.number
    click.echo(f"{place} knows {number} erasures. Bring it up to date every hour, and keep its newest copy elsewhere.")


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--erasures", type=_FILE, help="The newest list there is; default: the one beside the backup.")
@click.option("--without-erasures", is_flag=True, help="Let what was taken back since the backup be known again.")
@click.option("--keys-are-lost", is_flag=True, help="Take the keys there are, or new ones, for the site's own.")
def restore(file: Path, erasures: Path | None, without_erasures: bool, keys_are_lost: bool) -> None:
    """Put a backup into an empty place, and take back again what was taken back since."""
    _tidy_up_when_stopped()
    if erasures and without_erasures:
        raise click.UsageError("--erasures and --without-erasures exclude each other")
    config = Config.from_env()
    known = None if without_erasures else erasures_for(file, erasures)
    done = restore_into(config, file, known, now=utc_now(), keys_are_lost=keys_are_lost, progress=show_progress)
    show_progress("")
    click.echo(f"Restored: {done.signatures} signatures, {done.confirmed} of them confirmed.")
    if done.known_until is not None:
        click.echo(
            f"{done.replayed} erasures were done again, all that were known on {done.known_until:%Y-%m-%d %H:%M} UTC."
        )
    click.echo(f"Counted again; the sums were off by {done.drift}. Next: `campaign seed`, `campaign doctor`.")


def _tidy_up_when_stopped() -> None:
    """SIGTERM ends the command as Ctrl+C does: what is half done is removed."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
