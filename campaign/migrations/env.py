"""Runs migrations on the application's own engine, while nobody else does (`campaign/migrating.py`)."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeEngine

from campaign.core.db import UtcDateTime
from campaign.migrating import all_tables, alone


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
    """Run what is missing, each step in a transaction of its own."""
    engine = current_app.extensions["migrate"].db.engine
    with alone(engine) as connection:
        context.configure(
            connection=connection,
            target_metadata=all_tables(),
            render_as_batch=True,
            render_item=_render_item,
            compare_type=_compare_type,
            transaction_per_migration=True,
            # SQLite's too: our connections leave it to SQLAlchemy to begin.
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
