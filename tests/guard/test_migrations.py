"""Models and migrations say the same, on both databases, up and down."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from campaign.app import create_app
from campaign.core.db import db
from campaign.migrating import all_tables, downgrade, upgrade
from campaign.resources import MIGRATIONS
from tests.databases import config_for, drop_postgresql, empty_postgresql

# What public pages are made of. A new table belongs into one of the two; triggers watch the first (migration 0002).
PUBLISHED = {"site_setting", "campaign", "campaign_text", "campaign_community", "campaign_event", "case", "epoch"}
PUBLISHED |= {"model_letter", "campaign_update"}
PUBLISHED |= {"shown_message", "shown_endorsement"}
# Counts and names have their own ways of being noticed (see web/editions.py and campaigns.queries.new_edition).
NOT_SHOWN = {
    "case_reminder",
    "reminder_address",
    "clock_mark",
    "erasure",
    "audit_entry",
    "campaign_count",
    "campaign_role",
    "community_ballot",
    "community_count",
    "consent_record",
    "country_count",
    "daily_key",
    "desk_session",
    "edition",
    "hourly_count",
    "invitation",
    "key_check",
    "organizer",
    "origin_count",
    "outbox_mail",
    "passkey",
    "purge",
    "paper_batch",
    "paper_row",
    "paper_scan",
    "rate_counter",
    "recovery_code",
    "signature",
    "totp_factor",
    "signature_delta",
    "wrapped_key",
    # What it publishes is written into tables of the first kind.
    "revision",
    "letter_delta",
    "letter_count",
}
NOT_SHOWN |= {"submission", "taken_back", "own_addresses"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, instance: Path) -> Iterator[Flask]:
    """The site on a database without a table, inside an application context."""
    url = f"sqlite:///{instance / 'empty.sqlite3'}" if request.param == "sqlite" else empty_postgresql()
    made = create_app(config_for(url, instance))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    if request.param == "postgresql":
        drop_postgresql(url)


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def constraints() -> dict[str, set[str]]:
    """The names of all checks, uniques, keys and indexes, by table. Autogenerate looks at some of them only."""
    found, inspector = {}, inspect(db.engine)
    for table in sorted(tables() - {"alembic_version"}):
        named = [
            *inspector.get_check_constraints(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_foreign_keys(table),
        ]
        found[table] = {str(each["name"]) for each in named} | {
            str(index["name"]) for index in inspector.get_indexes(table) if not index.get("duplicates_constraint")
        }
    return found


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, all_tables()))


def test_migrations_make_what_the_models_say(empty: Flask) -> None:
    upgrade()
    assert differences() == []


def test_migrations_make_the_constraints_the_models_name(empty: Flask) -> None:
    upgrade()
    migrated = constraints()
    downgrade(revision="base")
    all_tables().create_all(db.engine)
    assert migrated == constraints()


def test_every_step_goes_down_and_up_again(empty: Flask) -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    revisions = [step.revision for step in script.walk_revisions()][::-1]
    for revision in revisions:
        upgrade(revision=revision)
        downgrade(revision="-1")
        upgrade(revision=revision)
    assert differences() == []
    downgrade(revision="base")
    assert tables() <= {"alembic_version"}


def test_migrating_twice_changes_nothing(empty: Flask) -> None:
    upgrade()
    before = constraints()
    upgrade()
    assert constraints() == before


def test_the_migrations_are_one_line() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


@pytest.mark.parametrize("path", sorted((MIGRATIONS / "versions").glob("*.py")), ids=lambda path: path.name)
def test_a_migration_does_not_import_what_will_change(path: Path) -> None:
    assert "campaign" not in [line.split()[1].partition(".")[0] for line in _imports(path)]


def _imports(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.startswith(("import ", "from "))]


def test_everything_published_moves_the_edition(empty: Flask) -> None:
    """A trigger is easily lost: SQLite drops it with a table that a migration makes anew."""
    upgrade()
    is_sqlite = db.engine.dialect.name == "sqlite"
    query = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'new_edition_%'"
        if is_sqlite
        else "SELECT event_object_table FROM information_schema.triggers WHERE trigger_name = 'new_edition'"
    )
    with db.engine.connect() as connection:
        found = Counter(connection.scalars(text(query)))
    # PostgreSQL's catalogue has a row for each of INSERT, UPDATE and DELETE, as SQLite has a trigger for each.
    assert found == Counter(dict.fromkeys(PUBLISHED, 3))


def test_every_table_is_published_or_known_not_to_be() -> None:
    assert {table.name for table in all_tables().sorted_tables} == PUBLISHED | NOT_SHOWN


def test_what_came_with_a_signature_is_forgotten_with_it_by_the_database_itself(empty: Flask) -> None:
    """A migration that makes the table of signatures anew on SQLite must make these triggers anew as well (0024)."""
    upgrade()
    is_sqlite = db.engine.dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'signature'"
        if is_sqlite
        else "SELECT trigger_name FROM information_schema.triggers WHERE event_object_table = 'signature'"
    )
    with db.engine.connect() as connection:
        found = set(connection.scalars(text(query)))
    assert found == {"forget_submission_of_erased", "forget_submission_of_deleted"}
