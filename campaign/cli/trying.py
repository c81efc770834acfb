"""`campaign demo`."""

import click

from campaign.demo import run_demo


@click.command()
def demo() -> None:
    """Serve a seeded site with web and worker together, for trying out."""
    run_demo()
