"""`campaign keys list | wrap | remove | try | paper`: who can open what is sealed to a key."""

from pathlib import Path

import click
from flask import Flask

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.cli.ceremony import ask_for_paper, ask_for_phrase, write_key_file
from campaign.cli.opening import opening_options
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, SealingError
from campaign.sealing.actions import lock
from campaign.sealing.boxes import KeyPair
from campaign.sealing.holders import add_holder, note_paper, note_tried, remove_holder
from campaign.sealing.openers import Opener
from campaign.sealing.queries import Holder, KeyView, all_keys
from campaign.sealing.trial_boxes import opened_trial_box

_WHICH = click.option("--key", "which", default="", help="How its fingerprint begins; else the key in use.")
_PATH = click.Path(dir_okay=False, path_type=Path)


@click.command("list")
def keys_list() -> None:
    """Show each key, who holds it, and when they last tried it."""
    _, found = _app_and_keys()
    for key in found:
        state = "in use" if key.retired_at is None else f"retired {key.retired_at:%Y-%m-%d}"
        paper = f"paper copy {key.paper_at:%Y-%m-%d}" if key.paper_at else "no paper copy"
        click.echo(f"{key.fingerprint}  {state}, made {key.created_at:%Y-%m-%d}, {paper}")
        for held in key.holders:
            tried = f"tried {held.tried_at:%Y-%m-%d}" if held.tried_at else "never tried"
            reminded = ", reminded by mail" if held.is_reminded else ""
            click.echo(f"    {held.name} ({held.kind}, {tried}{reminded})")


@click.command("wrap")
@click.option("--holder", required=True, help="A name for whoever is to open lists as well.")
@click.option("--to-file", type=_PATH, help="Give them a key file, written here, instead of a phrase.")
@_WHICH
@opening_options()
def keys_wrap(holder: str, to_file: Path | None, which: str, openers: list[Opener]) -> None:
    """Let one more person open lists. Needs the phrase of somebody who can."""
    app, found = _app_and_keys()
    key = _chosen(found, which)
    pair = _opened(key, openers)
    secret = write_key_file(to_file, key.public_key) if to_file else ask_for_phrase(holder)
    share = lock(pair, holder, secret, kind="file" if to_file else "phrase")
    with app.app_context(), transaction() as session:
        add_holder(session, key.id, share, now=utc_now())
        record(session, organizer_id=None, action="added_holder", subject="site", now=utc_now())
    click.echo(f"{holder} can open what is sealed to key {key.fingerprint}.")


@click.command("remove")
@click.option("--holder", required=True, help="Whose phrase is no longer to open lists.")
@_WHICH
def keys_remove(holder: str, which: str) -> None:
    """Forget what a holder's phrase unlocks. They may have kept the key itself: change it afterwards."""
    app, found = _app_and_keys()
    key = _chosen(found, which)
    held = next((held for held in key.holders if held.name.casefold() == holder.casefold()), None)
    if held is None:
        raise NotFound("this key has no holder of that name; see `campaign keys list`")
    with app.app_context(), transaction() as session:
        remove_holder(session, held.id, now=utc_now())
        record(session, organizer_id=None, action="removed_holder", subject="site", now=utc_now())
    click.echo("Removed. Whoever kept the phrase together with an older list or backup still opens that.")
    click.echo("Next: `campaign keys rotate`, so that who signs from now on is sealed to a new key.")


@click.command("try")
@opening_options()
def keys_try(openers: list[Opener]) -> None:
    """See whether a phrase still opens the keys, and note that it does."""
    app, found = _app_and_keys()
    tried = [(key, *opened) for key in found if (opened := _tried(key, openers[0]))]
    if not tried:
        raise SealingError("this opens none of the site's keys; check each word and their order")
    with app.app_context(), transaction() as session:
        for key, held, content in tried:
            if held is not None:
                note_tried(session, held.id, content, key_id=key.id, now=utc_now())
                record(session, organizer_id=None, action="tried_key", subject="site", now=utc_now())
    for key, held, _ in tried:
        click.echo(f"It opens key {key.fingerprint}" + (f", held by {held.name}." if held else "."))


@click.command("paper")
@click.option("--out", required=True, type=_PATH, help="The PDF to write.")
@_WHICH
@opening_options()
def keys_paper(out: Path, which: str, openers: list[Opener]) -> None:
    """Write a paper copy of a key, which opens lists without any phrase. Needs the phrase of somebody who can."""
    app, found = _app_and_keys()
    key = _chosen(found, which)
    pair = _opened(key, openers)
    content = opened_trial_box(key.test_box or b"", pair)
    ask_for_paper(pair, out)
    with app.app_context(), transaction() as session:
        note_paper(session, key.id, content, now=utc_now())
        record(session, organizer_id=None, action="made_paper_copy", subject="site", now=utc_now())
    click.echo(f"There is a paper copy of key {key.fingerprint}. Delete {out} now.")


def _app_and_keys() -> tuple[Flask, list[KeyView]]:
    app = create_app(Config.from_env())
    with app.app_context():
        found = all_keys(db.session(), is_demo=False)
        db.session.rollback()
    if not found:
        raise NotFound("there is no key yet; run `campaign keys new`")
    return app, found


def _chosen(found: list[KeyView], which: str) -> KeyView:
    wanted = "".join(which.split()).lower()
    chosen = [key for key in found if key.fingerprint.replace(" ", "").startswith(wanted)]
    if not wanted:
        chosen = [key for key in found if key.retired_at is None]
    if len(chosen) != 1:
        raise NotFound("which key? See `campaign keys list`, and name one with --key")
    return chosen[0]


def _opened(key: KeyView, openers: list[Opener]) -> KeyPair:
    pair = openers[0].pair_of(key.public_key, [held.wrapped for held in key.holders])
    if pair is None:
        raise SealingError(f"this does not open key {key.fingerprint}; check each word and their order")
    return pair


def _tried(key: KeyView, opener: Opener) -> tuple[Holder | None, bytes] | None:
    """Whose phrase this is (None: it is the paper copy) and what it finds in the box, if it opens this key."""
    for held in (*key.holders, None):
        pair = opener.pair_of(key.public_key, [held.wrapped] if held else [])
        if pair is not None and key.test_box is not None:
            # The paper copy opens for every holder alike.
            return (None if opener.pair else held), opened_trial_box(key.test_box, pair)
    return None
