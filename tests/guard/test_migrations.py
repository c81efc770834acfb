"""Models and migrations say the same, on both databases, up and down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from campaign.app import create_app
from campaign.core.db import db
from campaign.resources import MIGRATIONS
from tests.databases import config_for, drop_postgresql, empty_postgresql


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
        return list(compare_metadata(context, db.metadata))


def test_migrations_make_what_the_models_say(empty: Flask) -> None:
    upgrade()
    assert differences() == []


def test_migrations_make_the_constraints_the_models_name(empty: Flask) -> None:
    upgrade()
    migrated = constraints()
    downgrade(revision="base")
    db.metadata.create_all(db.engine)
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
