"""`campaign hide` and `campaign show`: for whoever is called when nobody is at the desk."""

import click

from campaign.app import create_app
from campaign.campaigns.hiding import REASONS, show_again
from campaign.campaigns.hiding import hide as hide_everywhere
from campaign.campaigns.queries import campaign_by_slug
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.signing.purging import refuse_opening


@click.command()
@click.argument("campaign")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why; it stands in the audit log.")
def hide(campaign: str, reason: str) -> None:
    """Hide a campaign everywhere within seconds: pages, lists, API, forms on other sites. Nothing is deleted."""
    with create_app(Config.from_env()).app_context(), transaction() as session:
        found = campaign_by_slug(session, campaign, "en", drafts=True)
        hide_everywhere(session, found.id, organizer_id=None, why=reason, now=utc_now())
    click.echo(f"{campaign} is hidden.")


@click.command()
@click.argument("campaign")
@click.option("--why", required=True, help="What has changed; it stands in the audit log.")
def show(campaign: str, why: str) -> None:
    """Show a hidden campaign again. At the desk this takes an editor who did not hide it, and a checklist."""
    with create_app(Config.from_env()).app_context(), transaction() as session:
        found = campaign_by_slug(session, campaign, "en", drafts=True)
        shown = show_again(session, found.id, organizer_id=None, why=why[:300], now=utc_now())
        refuse_opening(session, shown)
    click.echo(f"{campaign} is shown again.")
