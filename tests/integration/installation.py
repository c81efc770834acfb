"""A site as `campaign doctor` and `campaign keys` find it, well at first."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.cli import main
from campaign.config import KNOWN
from campaign.core.clock import utc_now
from campaign.core.clock_mark import look_at_clock
from campaign.core.db import db, transaction
from campaign.core.key_checks import note_keys
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from tests.databases import config_for
from tests.factories import make_site
from tests.serving import DEADLINE_SECONDS, environment

# Linux's numbers for the rights that let root pass by the modes of files.
_DROP_BOUND, _PAST_MODES = 24, (1, 2)


@dataclass
class Installation:
    """A site as `doctor` finds it. `settings` are what it is run with besides folder and database."""

    instance: Path
    url: str
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, typed: str = "") -> Result:
        """A command as the command line runs it, without the second that a new process takes."""
        before = os.umask(0o077)
        try:
            environ = environment(self.instance, self.url, **self.settings)
            result = CliRunner().invoke(main, arguments, input=typed, env={**dict.fromkeys(KNOWN), **environ})
        finally:
            os.umask(before)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def problems(self) -> dict[str, str]:
        """The next step by what is wrong."""
        result = self.run("doctor")
        return self._problems(result.stdout, result.exit_code)

    def problems_of_ordinary_user(self) -> dict[str, str]:
        """The same from a process that modes of files hold for, even if its user is root."""
        result = subprocess.run(
            [sys.executable, "-m", "campaign", "doctor"],
            env=environment(self.instance, self.url, **self.settings),
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
            preexec_fn=_respect_modes,
        )
        assert "Traceback" not in result.stderr
        return self._problems(result.stdout, result.returncode)

    @staticmethod
    def _problems(written: str, exit_code: int) -> dict[str, str]:
        """Each problem says why it matters and what to do; any makes the exit code 1."""
        lines, found = iter(written.splitlines()), {}
        for line in lines:
            if line.startswith("PROBLEM "):
                why, next_step = next(lines), next(lines)
                assert why.startswith("        why:  ")
                assert next_step.startswith("        next: ")
                found[line.removeprefix("PROBLEM ")] = next_step.removeprefix("        next: ")
            else:
                assert line.startswith("ok      ")
        assert exit_code == (1 if found else 0)
        return found

    @contextmanager
    def database(self) -> Iterator[None]:
        """Inside the block `db.session` is this site's."""
        app = create_app(config_for(self.url, self.instance))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()


def furnish(site: Installation) -> None:
    with site.database():
        make_site(utc_now())
        with transaction() as session:
            add_organizer(session, login="olga", password="correct horse battery", role="owner", now=utc_now())
            record(session, organizer_id=None, action="seeded", subject="x", now=utc_now())
            record(session, organizer_id=None, action="seeded", subject="y", now=utc_now())
            note_keys(session, Keyring.load(site.instance))
            look_at_clock(session, now=utc_now())


def only(problems: dict[str, str]) -> tuple[str, str]:
    """The one problem, and its next step."""
    ((what, next_step),) = problems.items()
    return what, next_step


def _respect_modes() -> None:
    for right in _PAST_MODES:
        ctypes.CDLL(None).prctl(_DROP_BOUND, right, 0, 0, 0)
