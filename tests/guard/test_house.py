"""The house stays as it was drawn: layers, sizes, and nothing of the machine it was built on."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard.tree import PACKAGE, ROOT, shown, sources, tracked

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
# Tables are listed one after the other; cutting a migration in two would help nobody.
MAY_BE_LONG = {"campaign/migrations/versions"}
MODULES = [path for path in sources(PACKAGE, "*.py") if not shown(path).startswith(tuple(MAY_BE_LONG))]
# Put together here, so that this file does not name them.
MACHINE = tuple("/" + folder + "/" for folder in ("root", "Users"))


def test_imports_point_down() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_file_holds_one_idea(path: Path) -> None:
    assert _lines(path) <= LONGEST_FILE


def test_a_file_of_tests_holds_one_idea_too() -> None:
    found = {shown(path): lines for path in sources(ROOT / "tests", "*.py") if (lines := _lines(path)) > LONGEST_FILE}
    assert found == {}


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_function_does_one_thing(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION}
    assert long == set()


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_module_says_what_it_owns(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)) or path.name == "__main__.py"


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    """An import inside a function hides a cycle."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not [node for body in functions for node in ast.walk(body) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_only_the_database_module_commits() -> None:
    commits = {
        shown(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    assert commits <= {"campaign/core/db.py", "campaign/migrations/env.py"}


def test_only_entry_points_read_the_clock() -> None:
    """Everything below is told what time it is."""
    allowed = ("campaign/cli/", "campaign/demo.py", "campaign/worker.py", "campaign/web/", "campaign/core/clock.py")
    readers = {
        shown(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        in ("now", "utcnow", "utc_now", "today")
    }
    assert {path for path in readers if not path.startswith(allowed)} == set()


@pytest.mark.parametrize("place", MACHINE)
def test_nothing_names_the_machine_it_was_built_on(place: str) -> None:
    found = {shown(path) for path in tracked() if place.encode() in path.read_bytes()}
    assert found == set()


def test_the_locks_name_packages_and_hashes_but_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith(("--index", "--extra", "--find", "-i "))]
        requirements = re.split(r"^(?=\w)", "\n".join(lines), flags=re.MULTILINE)[1:]
        assert len(requirements) > 20
        assert [found.split()[0] for found in requirements if "--hash=sha256:" not in found] == []


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())
