"""Looks at an installation and says what is well, what is not, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.audit.queries import first_broken_entry
from campaign.campaigns.queries import all_campaigns
from campaign.organizers.queries import logins
from campaign.outbox.models import OutboxMail
from campaign.resources import MIGRATIONS
from campaign.sealing.queries import current_epoch, fingerprint

_LONGEST_QUEUE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is None if all is well, else the next step."""

    what: str
    advice: str | None = None


def examine(session: Session, *, is_demo: bool, now: datetime) -> Iterator[Finding]:
    """All findings, the ones that hide others first. Changes nothing."""
    try:
        yield _database(session)
    except SQLAlchemyError as error:
        yield Finding(
            f"the database does not answer ({type(error).__name__})", "start it, or check CAMPAIGN_DATABASE_URL"
        )
        return
    version = _version(session)
    if version.advice:
        yield version
        return
    yield version
    yield from _content(session, is_demo=is_demo)
    yield _mail(session, now)
    broken = first_broken_entry(session)
    if broken is None:
        yield Finding("the audit log is whole")
    else:
        yield Finding(f"the audit log was altered at entry {broken}", "compare it with a backup to see who gains by it")


def _database(session: Session) -> Finding:
    if session.get_bind().dialect.name == "postgresql":
        return Finding(f"PostgreSQL {session.scalar(text('SHOW server_version'))} answers")
    release, journal = session.scalar(text("SELECT sqlite_version()")), session.scalar(text("PRAGMA journal_mode"))
    synchronous = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[session.scalar(text("PRAGMA synchronous")) or 0]
    return Finding(f"SQLite {release} answers, journal {str(journal).upper()}, synchronous {synchronous}")


def _version(session: Session) -> Finding:
    found = MigrationContext.configure(session.connection()).get_current_revision()
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if found == newest:
        return Finding(f"the database is at version {newest}")
    return Finding(
        f"the database is at version {found or 'none'}, this program needs {newest}", "run `campaign migrate`"
    )


def _content(session: Session, *, is_demo: bool) -> Iterator[Finding]:
    campaigns = all_campaigns(session, "en")
    yield Finding(f"campaigns: {len(campaigns)}", None if campaigns else "run `campaign seed`, or write your own seeds")
    accounts = len(logins(session))
    yield Finding(f"organizers: {accounts}", None if accounts else "run `campaign organizer add LOGIN`")
    epoch = current_epoch(session, is_demo=is_demo)
    if epoch is None:
        yield Finding("no key: signing is not open", "run `campaign keys new`")
    else:
        yield Finding(f"signatures are sealed to key {fingerprint(epoch.public_key)}")


def _mail(session: Session, now: datetime) -> Finding:
    waiting, oldest = session.execute(select(func.count(), func.min(OutboxMail.queued_at))).one()
    what = f"mails waiting: {waiting}"
    if waiting and now - oldest > _LONGEST_QUEUE:
        return Finding(f"{what}, the oldest for {now - oldest}", "is `campaign worker` running, does the relay answer?")
    return Finding(what)
