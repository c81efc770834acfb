"""What `deploy/` holds can be taken as it is. nginx and PostgreSQL themselves read their files in tests/reliability."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.guard.tree import DOCS, ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
INSTALLED = "/opt/campaign/bin/campaign"


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_the_manual_says_what_each_file_is_for(path: Path) -> None:
    assert f"deploy/{path.name}" in (DOCS / "operating.md").read_text("utf-8")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_each_unit(path: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("NOT RUN: systemd-analyze is not installed (Debian: apt-get install systemd)")
    # It wants to find the program, and a name for what stands behind the @.
    unit = tmp_path / path.name.replace("@.", "@8001.")
    unit.write_text(path.read_text("utf-8").replace(INSTALLED, "/bin/true"))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_there_is_under_a_user_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    (command,) = re.findall(rf"^ExecStart=.*{INSTALLED} ([a-z]+)", text, re.MULTILINE)
    assert command in ("serve", "worker", "backup")
    assert "\nUser=campaign\n" in text
    assert "\nNoNewPrivileges=yes\n" in text
