"""Whether the tables and keys are those of this site, asked by processes when they start. Knows nothing of Alembic."""

import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from campaign.core.database_version import database_version
from campaign.core.db import db
from campaign.core.errors import ConfigError
from campaign.core.key_checks import other_keys
from campaign.sealing.queries import current_epoch
from campaign.web.key_changes import is_pinned
from campaign.web.services import Services

log = logging.getLogger("campaign.migrate")
_POLL_SECONDS = 1.0


def warn_if_behind(app: Flask) -> None:
    """Say in the log if `campaign migrate` has to run first. Leaves no connection open: servers fork."""
    if why := _why_not_ready(app):
        log.error(why)


def wait_until_migrated(app: Flask, stop: threading.Event) -> None:
    """Return when the tables are those of this program, or `stop` is set. Says what it waits for."""
    said = None
    while why := _why_not_ready(app):
        if why != said:
            log.error(why)
        said = why
        if stop.wait(_POLL_SECONDS):
            return


def refuse_other_keys(app: Flask) -> None:
    """Raise ConfigError if `tags.key` is not the one this database was made with: everybody could sign twice.

    Says nothing while the database cannot be asked; then nobody can sign either.
    """
    services: Services = app.extensions["campaign"]
    with app.app_context():
        try:
            others = other_keys(db.session(), services.keyring)
        except SQLAlchemyError:
            return
        finally:
            db.session.rollback()
            db.engine.dispose()
    if "tags" in others:
        raise ConfigError("keys/tags.key is not the one this database was made with; run `campaign doctor`")


def warn_of_other_seal(app: Flask) -> None:
    """Pin the key that signatures are sealed to, if none is pinned yet; say in the log if another one is."""
    services: Services = app.extensions["campaign"]
    with app.app_context():
        try:
            epoch = current_epoch(db.session(), is_demo=services.config.is_demo)
            is_right = epoch is None or is_pinned(epoch.public_key)
        except SQLAlchemyError:
            return
        finally:
            db.session.rollback()
            db.engine.dispose()
    if not is_right:
        log.error("the database's key is not the one pinned in keys/: nobody can sign; run `campaign doctor`")


def _why_not_ready(app: Flask) -> str | None:
    with app.app_context():
        try:
            found = database_version(db.session())
        except SQLAlchemyError as error:
            return f"the database does not answer ({type(error).__name__})"
        finally:
            db.session.rollback()
            db.engine.dispose()
    return f"{found}: run `campaign migrate`; until then nothing works" if found.is_behind else None
