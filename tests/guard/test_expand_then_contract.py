"""A migration runs while the release before it still serves: it may add, and must not take away (docs/operating.md)."""

import ast
import re
from pathlib import Path

import pytest

from campaign.resources import MIGRATIONS
from tests.guard.tree import shown

FIRST = "0001"
TAKES_AWAY = {"drop_column", "drop_constraint", "drop_index", "drop_table", "rename_table"}
TIGHTENS = {"create_check_constraint", "create_exclude_constraint", "create_foreign_key", "create_unique_constraint"}
TAKES_AWAY_IN_SQL = re.compile(
    r"\b(DROP (TABLE|COLUMN|CONSTRAINT|INDEX)|RENAME (TO|COLUMN)|SET NOT NULL|COLUMN \S+ TYPE)\b"
)
MIGRATED = sorted((MIGRATIONS / "versions").glob("*.py"))


def objections(source: str) -> list[str]:
    """What of `upgrade` would hinder older processes, unless the file says `phase = "contract"`."""
    tree = ast.parse(source)
    if 'phase = "contract"' in (ast.unparse(node).replace("'", '"') for node in tree.body):
        return []
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    made = {text_of(call.args[0]) for call in calls if name_of(call) == "create_table"}
    batches = {
        item.optional_vars.id: text_of(item.context_expr.args[0])
        for node in ast.walk(upgrade)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call)
    }
    found = [objection(call) for call in calls if table_of(call, batches) not in made]
    return [each for each in found if each]


def objection(call: ast.Call) -> str | None:
    """Why this call must wait for a release that contracts, or None."""
    name = name_of(call)
    said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name in TAKES_AWAY or name in TIGHTENS:
        return f"{name}: older processes may still need what it takes away"
    if name == "alter_column" and ({"type_", "new_column_name"} & said.keys() or said.get("nullable") == "False"):
        return "alter_column: older processes know the column as it was"
    if name == "add_column" and "nullable=False" in ast.unparse(call) and "server_default=" not in ast.unparse(call):
        return "add_column: older processes leave it out, so it needs a server_default or NULL"
    if name == "create_index" and (said.get("unique") == "True" or said.get("postgresql_concurrently") != "True"):
        return "create_index: on a large table, only postgresql_concurrently=True (and not unique) leaves writers alone"
    if name == "execute" and TAKES_AWAY_IN_SQL.search(ast.unparse(call).upper()):
        return "execute: this SQL takes something away"
    return None


def table_of(call: ast.Call, batches: dict[str, str]) -> str:
    """The table a call is about, so far as it can be read off."""
    assert isinstance(call.func, ast.Attribute)
    if isinstance(call.func.value, ast.Name) and call.func.value.id in batches:
        return batches[call.func.value.id]
    place = 0 if name_of(call) in ("add_column", "alter_column", "drop_column") else 1
    return text_of(call.args[place]) if len(call.args) > place else ""


def name_of(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def text_of(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


@pytest.mark.parametrize("path", [path for path in MIGRATED if not path.name.startswith(FIRST)], ids=shown)
def test_a_migration_leaves_what_the_release_before_it_needs(path: Path) -> None:
    assert objections(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", MIGRATED, ids=shown)
def test_a_file_is_named_after_its_version(path: Path) -> None:
    """`core/database_version.py` reads versions off the names."""
    assert f'revision = "{path.name.partition("_")[0]}"' in path.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "step",
    [
        'op.drop_column("signature", "country")',
        'op.drop_table("signature")',
        'op.rename_table("signature", "sign")',
        'op.alter_column("signature", "state", type_=sa.Text())',
        'op.alter_column("signature", "state", nullable=False)',
        'op.alter_column("signature", "state", new_column_name="status")',
        'op.add_column("signature", sa.Column("country", sa.Text(), nullable=False))',
        'op.create_index("ix", "signature", ["state"])',
        'op.create_index("ix", "signature", ["state"], unique=True, postgresql_concurrently=True)',
        'op.create_check_constraint("ck", "signature", "state > 1")',
        'op.execute("ALTER TABLE signature ALTER COLUMN state SET NOT NULL")',
        'op.execute("alter table signature drop column state")',
        'with op.batch_alter_table("signature") as batch_op:\n        batch_op.drop_column("state")',
    ],
)
def test_what_hinders_older_processes_is_found(step: str) -> None:
    assert len(objections(f"def upgrade():\n    {step}\n")) == 1
    assert objections(f'phase = "contract"\ndef upgrade():\n    {step}\n') == []


@pytest.mark.parametrize(
    "step",
    [
        'op.add_column("signature", sa.Column("country", sa.Text(), nullable=True))',
        'op.add_column("signature", sa.Column("country", sa.Text(), nullable=False, server_default="DE"))',
        'op.alter_column("signature", "state", nullable=True)',
        'op.create_index("ix", "signature", ["state"], postgresql_concurrently=True)',
        'op.create_table("new", sa.Column("id"))\n    op.create_index("ix", "new", ["id"], unique=True)',
        'op.create_table("new")\n    with op.batch_alter_table("new") as b:\n        b.create_index("ix", ["id"])',
        'op.execute("CREATE TRIGGER t AFTER UPDATE ON signature BEGIN SELECT 1; END")',
    ],
)
def test_what_only_adds_is_let_be(step: str) -> None:
    assert objections(f"def upgrade():\n    {step}\n") == []
