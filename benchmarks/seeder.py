"""Fills the table of signatures fast, ten million in minutes, and leaves sums, indexes and constraints in order.

`python -m benchmarks.seeder ROWS [--campaign SLUG] [--openable]` does it to the site of the environment's settings. The
site has its tables, its campaigns and a key, and nobody else uses it meanwhile.
"""

import argparse
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Column, Engine, select
from sqlalchemy.orm import Session

from benchmarks.signature_rows import COLUMNS, TABLE, Plan, SignatureRows, Target, Write
from campaign.campaigns.models import Campaign
from campaign.config import Config
from campaign.core.clock import utc_now
from campaign.core.db import add_to_sum, new_engine
from campaign.core.sqlite import sqlite3
from campaign.counting.models import CampaignCount, HourlyCount
from campaign.sealing.models import Epoch

# What a row takes with its places in all indexes is 1500; free space is checked against this before.
BYTES_A_ROW = 1700
_COLUMN_TYPES = f"""
    SELECT attname, typname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = '{TABLE.name}'::regclass AND attnum > 0 AND NOT attisdropped
"""
# Unique and foreign keys. Those that other tables have into this one would come first, and there are none.
_CONSTRAINTS = f"""
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = '{TABLE.name}'::regclass AND contype IN ('u', 'f') ORDER BY conname
"""
_INDEXES = f"""
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = '{TABLE.name}'::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_CACHE_KIB = 2 * 1024 * 1024


def seed_signatures(url: str, slug: str, plan: Plan, *, now: datetime) -> int:
    """Add signatures to a campaign; how many of them are pending, each with its `known_token`."""
    engine = new_engine(url)
    target = _target(engine, slug)
    if engine.dialect.name == "sqlite":
        rows = SignatureRows(target, plan, now=now, write=_as_sqlite_keeps(engine))
        # An open connection would hold the file in its journal mode.
        engine.dispose()
        _fill_sqlite(engine, rows)
    else:
        rows = SignatureRows(target, plan, now=now, write=lambda _column, value: value)
        _fill_postgresql(engine, rows)
    _add_sums(engine, target, rows)
    engine.dispose()
    return rows.pending


def _target(engine: Engine, slug: str) -> Target:
    with Session(engine) as session:
        campaign_id = session.scalars(select(Campaign.id).where(Campaign.slug == slug)).one()
        epoch = session.scalars(select(Epoch).where(Epoch.retired_at.is_(None), Epoch.is_demo.is_(False))).one()
        return Target(campaign_id, slug, epoch.id, epoch.public_key)


def _add_sums(engine: Engine, target: Target, rows: SignatureRows) -> None:
    with Session(engine) as session:
        for hour, number in rows.hours.items():
            add_to_sum(session, HourlyCount, {"campaign_id": target.campaign_id, "hour": hour}, "signatures", number)
        total = rows.hours.total()
        add_to_sum(session, CampaignCount, {"campaign_id": target.campaign_id}, "signatures", total)
        session.commit()


def _as_sqlite_keeps(engine: Engine) -> Write:
    """Turns values into what SQLAlchemy would have sent to the driver."""
    processors = {
        column.name: column.type.dialect_impl(engine.dialect).bind_processor(engine.dialect) for column in TABLE.c
    }

    def write(column: Column[Any], value: object) -> object:
        processor = processors[column.name]
        return processor(value) if processor is not None else value

    return write


def _fill_sqlite(engine: Engine, rows: SignatureRows) -> None:
    """Without a journal; what is half done after a crash is worthless."""
    path = str(engine.url.database)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        # Out of WAL first: from there it goes nowhere else.
        "journal_mode = DELETE",
        "journal_mode = OFF",
        "synchronous = OFF",
        "locking_mode = EXCLUSIVE",
        "ignore_check_constraints = ON",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    places = ", ".join("?" * len(COLUMNS))
    connection.executemany(f"INSERT INTO {TABLE.name} ({', '.join(COLUMNS)}) VALUES ({places})", rows)
    connection.execute("COMMIT")
    connection.close()
    # What is still on its way to the disk would slow down whoever measures next.
    with Path(path).open("rb") as file:
        os.fsync(file.fileno())


def _fill_postgresql(engine: Engine, rows: SignatureRows) -> None:
    """By COPY; indexes and keys are dropped before, but the primary one, and made again afterwards."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        types: dict[str, str] = dict(cursor.execute(_COLUMN_TYPES).fetchall())
        constraints, indexes = cursor.execute(_CONSTRAINTS).fetchall(), cursor.execute(_INDEXES).fetchall()
        for name, _ in constraints:
            cursor.execute(f"ALTER TABLE {TABLE.name} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        with cursor.copy(f"COPY {TABLE.name} ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([types[name] for name in COLUMNS])
            for row in rows:
                copy.write_row(row)
        for name, definition in constraints:
            cursor.execute(f"ALTER TABLE {TABLE.name} ADD CONSTRAINT {name} {definition}")
        for _, statement in indexes:
            cursor.execute(statement)
    with psycopg.connect(url, autocommit=True) as connection:
        # As autovacuum leaves a table that grew in its own time.
        connection.execute(f"VACUUM ANALYZE {TABLE.name}")


def main(arguments: list[str] | None = None) -> None:
    """Seed from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeder")
    parser.add_argument("rows", type=int)
    parser.add_argument("--campaign", default="stop-us-war-moves-against-iran", metavar="SLUG")
    parser.add_argument("--openable", action="store_true", help="seal each row anew, so that lists open")
    chosen = parser.parse_args(arguments)
    url = Config.from_env().database_url
    pending = seed_signatures(url, chosen.campaign, Plan(chosen.rows, are_openable=chosen.openable), now=utc_now())
    print(f"{chosen.rows} signatures, {pending} of them pending")


if __name__ == "__main__":
    main()
