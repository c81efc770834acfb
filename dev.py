#!/usr/bin/env python3
"""The one command for working on this project: `python3 dev.py demo | test | bench | torture | lint | translate | …`.

Needs Python 3.11 or newer and nothing else. It makes `.venv`, installs what the hashed lock names, skips both when
nothing has changed, and runs the rest inside.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = {"demo": "requirements.lock"}
DEVELOPERS_LOCK = "requirements-dev.lock"
UNSAID = tuple(f'"{name}' for name in ("Project-", "Report-", "POT-", "PO-", "Last-", "Language-Team", "Generated-"))
UV = "uv==0.13.9"


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    named = (demo, test, bench, torture, lint, translate, lock)
    commands = {command.__name__: command for command in named}
    if not arguments or arguments[0] not in commands:
        print(f"usage: python3 dev.py {' | '.join(commands)}", file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):
        print("dev.py: Python 3.11 or newer is needed; this is " + sys.version.split()[0], file=sys.stderr)
        return 2
    os.chdir(ROOT)
    try:
        prepare(LOCKS.get(arguments[0], DEVELOPERS_LOCK))
        return commands[arguments[0]](arguments[1:])
    except subprocess.CalledProcessError as failed:
        print(f"dev.py: `{' '.join(map(str, failed.cmd))}` failed", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(arguments: list[str]) -> int:
    """Serve the seeded site on CAMPAIGN_BIND (127.0.0.1:8000)."""
    return run("-m", "campaign", "demo", *arguments)


def test(arguments: list[str]) -> int:
    """Run the tests, all of them or those named."""
    return run("-m", "pytest", *(arguments or ["-n", "2", "--dist", "worksteal"]))


def bench(arguments: list[str]) -> int:
    """Measure how fast the application is, beside what it stands on (docs/performance.md)."""
    return run("-m", "benchmarks", *arguments)


def torture(arguments: list[str]) -> int:
    """Kill, cut off and fill up for as long as told to, and say what was lost."""
    return run("-W", "ignore:XDG_RUNTIME_DIR is not set", "-m", "tests.reliability.torture", *arguments)


def lint(arguments: list[str]) -> int:
    """Check style, types and the layers of the house."""
    checks = (["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."], ["-m", "mypy"])
    return max(run(*check, *arguments) for check in checks)


def translate(arguments: list[str]) -> int:
    """Bring the catalogues up to date with the texts in code and templates; what is new is left empty."""
    folder = Path("campaign", "translations")
    template = folder / "messages.pot"
    pybabel = ["-m", "babel.messages.frontend", "--quiet"]
    keywords = [f"--keyword={name}" for name in ("_l", "lazy_gettext")]
    plain = ["--no-location", "--omit-header", "--sort-output", "--width=120"]
    extract = [*pybabel, "extract", "-F", "pyproject.toml", *keywords, *plain, "-o", str(template), "."]
    update = [*pybabel, "update", "-i", str(template), "-d", str(folder), "--no-fuzzy-matching", "--width=120"]
    code = run(*extract) or run(*update, *arguments)
    template.unlink(missing_ok=True)
    for catalogue in folder.glob("*/LC_MESSAGES/messages.po"):
        # Babel fills the header with dates and names nobody gave; they would change with every run.
        lines = catalogue.read_text("utf-8").splitlines(keepends=True)
        catalogue.write_text("".join(line for line in lines if not line.startswith(UNSAID)), "utf-8")
    return code


def lock(arguments: list[str]) -> int:
    """Write both lock files anew from pyproject.toml, newest releases that fit."""
    pip("install", "--quiet", UV)
    common = ["-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"]
    common += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "python3 dev.py lock"]
    common += ["pyproject.toml", "--group", "build", *arguments]
    run(*common, "--output-file", "requirements.lock")
    return run(*common, "--group", "dev", "--constraints", "requirements.lock", "--output-file", DEVELOPERS_LOCK)


def prepare(lock_name: str) -> None:
    """Make the environment hold what the lock names, and this project."""
    if not PYTHON.exists():
        say("making .venv")
        venv.create(ENVIRONMENT, with_pip=True)
    for name, inputs, install in (
        (lock_name, [ROOT / lock_name], ("--require-hashes", "--requirement", lock_name)),
        ("project", project_inputs(), ("--no-deps", "--no-build-isolation", "--editable", ".")),
    ):
        stamp, digest = ENVIRONMENT / f"stamp-{name}", digest_of(inputs)
        if not stamp.exists() or stamp.read_text() != digest:
            say(f"installing {name}")
            pip("install", "--quiet", *install)
            stamp.write_text(digest)


def project_inputs() -> list[Path]:
    """What the installed project is built from; the code itself is used where it lies."""
    translations = ROOT.glob("campaign/translations/*/LC_MESSAGES/messages.po")
    return [ROOT / "pyproject.toml", ROOT / "hatch_build.py", *sorted(translations)]


def digest_of(paths: list[Path]) -> str:
    """A stamp of file contents."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def pip(*arguments: str) -> None:
    """Run pip in the environment. Raises CalledProcessError."""
    subprocess.run([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


def run(*arguments: str) -> int:
    """Run Python in the environment; its exit code. Ctrl+C reaches the child first."""
    return subprocess.run([PYTHON, *arguments], check=False).returncode


def say(what: str) -> None:
    """Progress, for the first start takes a minute."""
    print(f"dev.py: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
