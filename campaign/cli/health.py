"""`campaign doctor`."""

import json
import sys
from dataclasses import asdict

import click

from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.doctor import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def doctor(as_json: bool) -> None:
    """Say what is wrong with this installation, why it matters, and what to do. Changes nothing."""
    is_well = True
    for finding in examine(Config.from_env(), now=utc_now()):
        is_well = is_well and finding.is_well
        if as_json:
            click.echo(json.dumps({"is_well": finding.is_well, **asdict(finding)}))
            continue
        click.echo(f"{'ok' if finding.is_well else 'PROBLEM':8}{finding.what}")
        if not finding.is_well:
            click.echo(f"{'':8}why:  {finding.why}\n{'':8}next: {finding.next_step}")
    if not is_well:
        sys.exit(1)
