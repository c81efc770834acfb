"""`campaign organizer`: accounts of the desk, from the machine it runs on."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.organizers.actions import password_hash, remove_organizer, store_organizer
from campaign.organizers.factors import reset_factors
from campaign.organizers.models import ROLES, Organizer
from campaign.organizers.queries import people
from campaign.organizers.sessions import end_sessions


@click.group()
def organizer() -> None:
    """Accounts of the desk."""


@organizer.command("add")
@click.argument("login")
@click.option("--role", default="owner", show_default=True, type=click.Choice(ROLES), help="On the whole site.")
@click.password_option(help="Asked for if left out; safer than on the command line.")
def organizer_add(login: str, role: str, password: str) -> None:
    """Make an account. Its second factor is set up at the first login."""
    config = Config.from_env()
    with create_app(config).app_context():
        hashed = password_hash(password)
        with transaction() as session:
            store_organizer(session, login=login, stored_password=hashed, role=role, now=utc_now())
            record(session, organizer_id=None, action="added_organizer", subject=login, why=role, now=utc_now())
    click.echo(f"{login} may log in at {config.base_url}/organize/ as {role}.")


@organizer.command("list")
def organizer_list() -> None:
    """Say who has an account."""
    with create_app(Config.from_env()).app_context():
        found = people(db.session())
    for person in found:
        roles = person.role or f"in {len(person.campaign_roles)} campaigns only"
        seen = person.last_login_at.date().isoformat() if person.last_login_at else "never"
        factor = "second factor" if person.has_factor else "no second factor yet"
        click.echo(f"{person.login}: {roles}, {factor}, last login {seen}")
    if not found:
        click.echo("Nobody yet. Make the first account: campaign organizer add NAME")


@organizer.command("reset-factors")
@click.argument("login")
def organizer_reset_factors(login: str) -> None:
    """Let somebody who has lost every second factor set up another one. Be sure that it is them who asks."""
    with _organizer(login) as (session, organizer_id):
        reset_factors(session, organizer_id)
        end_sessions(session, organizer_id)
        record(session, organizer_id=None, action="reset_factors", subject=login, now=utc_now())
    click.echo(f"{login} sets up a new second factor at the next login.")


@organizer.command("remove")
@click.argument("login")
@click.confirmation_option(prompt="Take this account away?")
def organizer_remove(login: str) -> None:
    """Take an account away. Its sessions end at once."""
    with _organizer(login) as (session, organizer_id):
        remove_organizer(session, organizer_id)
        record(session, organizer_id=None, action="removed_organizer", subject=login, now=utc_now())
    click.echo(f"{login} is gone. If they had a phrase, make a new key.")


@contextmanager
def _organizer(login: str) -> Iterator[tuple[Session, uuid.UUID]]:
    with create_app(Config.from_env()).app_context(), transaction() as session:
        found = session.scalar(select(Organizer.id).where(Organizer.login == login))
        if found is None:
            raise NotFound("there is no organizer with that login; see `campaign organizer list`")
        yield session, found
