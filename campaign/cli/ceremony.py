"""Handing over what opens lists: shown once, and nothing depends on it before it was typed back."""

import os
import sys
from pathlib import Path

import click

from campaign.core.clock import utc_now
from campaign.core.errors import Invalid, Refused
from campaign.exports.key_paper import key_paper
from campaign.sealing.boxes import KeyPair
from campaign.sealing.key_files import key_file_text, new_file_secret
from campaign.sealing.paper_key import paper_lines
from campaign.sealing.phrases import new_phrase, normal_phrase
from campaign.sealing.queries import fingerprint

_AGAIN = "nothing was changed, run the command again for a new one"


def ask_for_phrase(holder: str) -> str:
    """A new phrase, once it was written down. Raises Invalid if what is typed back is another."""
    phrase = new_phrase()
    click.echo(f"\nThis phrase is for {holder}. It opens every signature list; it is shown once and stored nowhere.")
    click.echo("If every phrase is lost, nobody can ever read who signed; counts and public names remain.\n")
    click.echo(f"    {phrase}\n")
    # Before it is stored: a phrase nobody wrote down must not become the site's key.
    typed = click.prompt("Write it on paper, then type it back", hide_input=not sys.stdin.isatty())
    if normal_phrase(typed) != normal_phrase(phrase):
        raise Invalid(f"that is not the phrase; {_AGAIN}")
    return phrase


def ask_for_paper(pair: KeyPair, path: Path) -> None:
    """Write the paper copy, once it was printed. Raises Invalid if the line typed back is another."""
    _write_private(path, key_paper(pair, now=utc_now()))
    click.echo(f"\n{path} is the paper copy: whoever has it opens every list without a phrase. Print it and delete it.")
    typed = click.prompt("Type the last line of the printed key back", hide_input=not sys.stdin.isatty())
    if "".join(typed.split()).upper() != paper_lines(pair.secret_key)[-1].replace(" ", ""):
        path.unlink(missing_ok=True)
        raise Invalid(f"that is not the last line; the file was deleted, {_AGAIN}")


def write_key_file(path: Path, public_key: bytes) -> str:
    """Write a new key file for this user alone; its secret. Raises Refused if there is a file of that name."""
    secret = new_file_secret()
    _write_private(path, key_file_text(secret, fingerprint=fingerprint(public_key)).encode("ascii"))
    return secret


def _write_private(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path.name} is there already; move it away or choose another name") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
