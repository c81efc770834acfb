"""`campaign keys`: keys that signatures are sealed to, and key files."""

from pathlib import Path

import click
from flask import Flask

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.campaigns.queries import new_edition
from campaign.cli.ceremony import ask_for_paper, ask_for_phrase
from campaign.cli.key_holders import keys_list, keys_paper, keys_remove, keys_try, keys_wrap
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.key_checks import adopt_keys
from campaign.sealing.actions import Share, lock
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.queries import OpenEpoch, current_epoch, fingerprint
from campaign.web.key_changes import put_in_use
from campaign.web.services import Services

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.group()
def keys() -> None:
    """Keys that signatures are sealed to."""


for _command in (keys_list, keys_paper, keys_remove, keys_try, keys_wrap):
    keys.add_command(_command)


@keys.command("new")
@click.option("--holder", prompt="Who will hold the phrase", help="A name for whoever keeps it.")
@click.option("--second", help="A name for a second holder, who gets a phrase of their own.")
@click.option("--paper", type=_PATH, help="Where to write a paper copy (PDF), if there is no second holder.")
@click.option("--only-one-holder", is_flag=True, help="Go without either. If the phrase is lost, so are all lists.")
def keys_new(holder: str, second: str | None, paper: Path | None, only_one_holder: bool) -> None:
    """Make the site's key pair, and the phrases that open the lists."""
    app, current = _app_and_key()
    if current is not None:
        raise Refused("there is a key already; nothing was changed. To change it, run `campaign keys rotate`")
    _make(app, None, holder, _Second.wanted(second, paper, only_one_holder))


@keys.command("rotate")
@click.option("--holder", prompt="Who will hold the new phrase", help="A name for whoever keeps it.")
@click.option("--second", help="A name for a second holder, who gets a phrase of their own.")
@click.option("--paper", type=_PATH, help="Where to write a paper copy (PDF), if there is no second holder.")
@click.option("--only-one-holder", is_flag=True, help="Go without either. If the phrase is lost, so are new lists.")
def keys_rotate(holder: str, second: str | None, paper: Path | None, only_one_holder: bool) -> None:
    """Change the key: who signs from now on is sealed to a new one. Old phrases go on opening what is old."""
    app, current = _app_and_key()
    if current is None:
        raise Refused("there is no key to change yet; run `campaign keys new`")
    _make(app, current, holder, _Second.wanted(second, paper, only_one_holder))


@keys.command("pin")
def keys_pin() -> None:
    """Take the database's key for the site's own, after it was compared with the paper copy."""
    app, current = _app_and_key()
    if current is None:
        raise Refused("there is no key to pin; run `campaign keys new`")
    click.echo(f"The database's key has the fingerprint {fingerprint(current.public_key)}.")
    click.confirm("Does the paper copy, or a holder's key file, say the same?", abort=True, err=True)
    with app.app_context(), transaction() as session:
        record(session, organizer_id=None, action="pinned_key", subject="site", now=utc_now())
        # So that processes that run look again at once.
        new_edition(session)
        _services(app).pin.keep_only(current.public_key)
    click.echo("This is the pinned key now. Signing is open.")


@keys.command("adopt")
def keys_adopt() -> None:
    """Take the key files as they are for the site's own, after the old ones were lost for good."""
    click.confirm("Whoever has signed could sign again, and mail that waits is lost. Go on?", abort=True, err=True)
    app = create_app(Config.from_env())
    with app.app_context(), transaction() as session:
        adopt_keys(session, _services(app).keyring)
        record(session, organizer_id=None, action="adopted_keys", subject="site", now=utc_now())
    click.echo("These are the site's keys now. Back them up, apart from the database.")


class _Second:
    """What opens the lists when the first phrase is lost: a second holder, a paper copy, or (on purpose) nothing."""

    def __init__(self, holder: str | None, paper: Path | None) -> None:
        self.holder, self.paper = holder, paper

    @classmethod
    def wanted(cls, holder: str | None, paper: Path | None, only_one_holder: bool) -> "_Second":
        """From the options, or asked for. Raises UsageError if they contradict each other."""
        if only_one_holder and (holder or paper):
            raise click.UsageError("--only-one-holder goes with neither --second nor --paper")
        if not (holder or paper or only_one_holder):
            holder = click.prompt("Who will be the second holder (empty: a paper copy instead)", default="") or None
            if holder is None:
                paper = Path(click.prompt("File for the paper copy (PDF)"))
        return cls(holder, paper)

    def shares(self, pair: KeyPair) -> list[Share]:
        """What the second holder's phrase locks; the paper copy is written and read back on the way."""
        if self.paper is not None:
            ask_for_paper(pair, self.paper)
        return [lock(pair, self.holder, ask_for_phrase(self.holder))] if self.holder else []


def _make(app: Flask, current: OpenEpoch | None, holder: str, second: _Second) -> None:
    pair = new_key_pair()
    shares = [lock(pair, holder, ask_for_phrase(holder)), *second.shares(pair)]
    if len(shares) == 1 and second.paper is None:
        click.echo(
            "This key has one holder and no paper copy: if that phrase is lost, no list opens ever again.", err=True
        )
    with app.app_context():
        put_in_use(
            _services(app).pin,
            pair.public_key,
            shares,
            is_demo=False,
            has_paper=second.paper is not None,
            replaces=current,
            organizer_id=None,
            now=utc_now(),
        )
    said = "Signing is open." if current is None else "The key is changed; old phrases go on opening what is old."
    click.echo(f"{said} Fingerprint of the key: {fingerprint(pair.public_key)}")


def _app_and_key() -> tuple[Flask, OpenEpoch | None]:
    app = create_app(Config.from_env())
    with app.app_context():
        current = current_epoch(db.session(), is_demo=False)
        db.session.rollback()
    return app, current


def _services(app: Flask) -> Services:
    found: Services = app.extensions["campaign"]
    return found
