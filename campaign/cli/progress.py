"""How a long command says on a terminal how far it is."""

import sys

import click


def show_progress(what: str) -> None:
    """One line on a terminal, written over by the next; empty to clear it."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{what} …" if what else "\r\033[K", nl=False, err=True)
