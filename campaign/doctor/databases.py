"""The database: whether it can be reached, is safe to trust with signatures, and has what this program needs."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.config import Config
from campaign.core.database_version import database_version
from campaign.core.db import new_engine
from campaign.doctor.clocks import examine_clock
from campaign.doctor.contents import examine_contents
from campaign.doctor.findings import Finding
from campaign.doctor.keys import examine_keys
from campaign.doctor.mails import examine_mail
from campaign.doctor.postgresql import examine_postgresql, why_postgresql_is_away
from campaign.doctor.seals import examine_seals
from campaign.doctor.sqlite import examine_sqlite, examine_sqlite_file, why_sqlite_is_away

# As the site itself connects: of several servers to the one that takes signatures.
_REACH = {"connect_timeout": 5, "target_session_attrs": "read-write"}


def examine_database(config: Config, *, now: datetime) -> Iterator[Finding]:
    """The database and what is in it, as far as it can be reached."""
    url = make_url(config.database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite:
        path = Path(url.database or "").absolute()
        found = examine_sqlite_file(path)
        yield from found
        if not all(finding.is_well for finding in found) or not path.exists():
            return
    engine = new_engine(url, connect_args={} if is_sqlite else _REACH)
    try:
        with Session(engine) as session:
            yield from examine_sqlite(session) if is_sqlite else examine_postgresql(session)
            yield from _examine_tables(session, config, now)
    except SQLAlchemyError as error:
        yield why_sqlite_is_away(error) if is_sqlite else why_postgresql_is_away(error)
    finally:
        engine.dispose()


def _examine_tables(session: Session, config: Config, now: datetime) -> Iterator[Finding]:
    version = database_version(session)
    if version.is_behind:
        yield Finding(str(version), "nothing works before that", "run `campaign migrate`")
        return
    if version.is_ahead:
        yield Finding(
            str(version),
            "a newer release has changed the tables; this one goes on beside it, but not for long",
            "install that release here too",
        )
    else:
        yield Finding(str(version))
    yield from examine_keys(session, config)
    yield from examine_seals(session, config, now=now)
    yield from examine_contents(session, instance=config.instance, is_demo=config.is_demo, today=now.date())
    yield from examine_clock(session, now=now)
    yield from examine_mail(session, now=now)
