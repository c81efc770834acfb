"""`campaign decrypt`, which needs neither a site nor its settings."""

import sys
from pathlib import Path

import click

from campaign.cli.opening import opening_options
from campaign.exports.decrypt import decrypt_list
from campaign.sealing.openers import Opener


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write; its ending, .csv, .xlsx or .jsonl, says in what form.",
)
@opening_options(several=True)
def decrypt(file: Path, out: Path, openers: list[Opener]) -> None:
    """Open a downloaded signature list on this machine, without a network."""
    show = sys.stderr.isatty()

    def progress(done: int) -> None:
        if show:
            click.echo(f"\r{done} opened", nl=False, err=True)

    result = decrypt_list(file, out, phrase=openers, progress=progress)
    if show:
        click.echo(err=True)
    click.echo(f"{result.rows} signatures written to {out}.")
    if result.locked_epochs:
        click.echo(
            f"{len(result.locked_epochs)} of the list's keys stayed shut: after a change of keys each needs its own "
            "phrase. Ask for more with --phrases.",
            err=True,
        )
    if result.problems:
        click.echo(f"{len(result.problems)} rows could not be opened: {', '.join(result.problems)}", err=True)
        sys.exit(1)
