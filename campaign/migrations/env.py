"""Runs migrations on the application's own engine. One process at a time; PostgreSQL waits, SQLite locks by itself."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import text
from sqlalchemy.types import TypeEngine

from campaign.core.db import UtcDateTime, db

# Any number; it only has to be the same in every version of this file.
_ADVISORY_LOCK = 710_226_119


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Migrations must not import our types: these change, migrations do not."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _compare_type(
    _context: object, _column: object, _meta: object, _found: TypeEngine[Any], wanted: object
) -> bool | None:
    return False if isinstance(wanted, UtcDateTime) else None


def run() -> None:
    """Run what is missing in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _ADVISORY_LOCK})
            connection.commit()
        try:
            context.configure(
                connection=connection,
                target_metadata=db.metadata,
                render_as_batch=True,
                render_item=_render_item,
                compare_type=_compare_type,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            if engine.dialect.name == "postgresql":
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _ADVISORY_LOCK})


run()
