"""A site set up as an operator would, by its own commands: tables, campaigns, a key, an organizer."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text

from benchmarks.load import Request
from benchmarks.processes import ROOT, Server, campaign_environ, free_port, python, serving
from benchmarks.rounds import CannotMeasure
from campaign.core.db import new_engine

# What docs/operating.md recommends for two cores.
PROCESSES = 2
THREADS = 8
SLUG = "stop-us-war-moves-against-iran"
LOGIN = "bench"
PASSWORD = "a password for measuring"
_PHRASE = "phrase"
PAGE = f"/en/{SLUG}/"
SIGN_BODY = "name=Alice+Appleton&email=s{n}%40example.org&public_name=&country=DE&message=&source="
SIGN = Request(f"{PAGE}sign", "POST", SIGN_BODY, 303)


@dataclass(frozen=True)
class Site:
    """A folder with keys, a database, and the phrase that opens what is sealed."""

    folder: Path
    database_url: str
    phrase: str

    @property
    def environ(self) -> dict[str, str]:
        return campaign_environ(
            CAMPAIGN_INSTANCE=str(self.folder),
            CAMPAIGN_DATABASE_URL=self.database_url,
            CAMPAIGN_SMTP_URL="file:",
            # wrk sends the header a proxy would, so that limits per network count many networks, as in life.
            CAMPAIGN_TRUSTED_PROXIES="1",
        )

    @contextmanager
    def served(
        self, *, processes: int = PROCESSES, threads: int = THREADS, behind: int | None = None
    ) -> Iterator[Server]:
        """`campaign serve` until the block ends, as a site that has its own port or that of a proxy before it."""
        port = free_port()
        host = f"127.0.0.1:{behind or port}"
        command = python("-m", "campaign", "serve", "--processes", str(processes), "--threads", str(threads))
        bound = {"CAMPAIGN_BIND": f"127.0.0.1:{port}", "CAMPAIGN_BASE_URL": f"http://{host}"}
        environ, log = {**self.environ, **bound}, self.folder / "serve.log"
        with serving(command, port=port, log=log, environ=environ, path="/readyz", host=host) as server:
            yield server

    @contextmanager
    def beside(self, module: str) -> Iterator[Server]:
        """`benchmarks.bare` or `benchmarks.by_hand` on the same kind of server until the block ends."""
        port = free_port()
        command = python("-m", module, f"127.0.0.1:{port}", str(PROCESSES), str(THREADS))
        with serving(command, port=port, log=self.folder / f"{module}.log", environ=self.environ) as server:
            yield server

    def run(self, *arguments: str, answer: str = "") -> str:
        """One `campaign` command; what it printed. Raises CannotMeasure."""
        command = python("-m", "campaign", *arguments)
        # In a session of its own it has no terminal to ask for secrets, and reads them from `answer`.
        ran = subprocess.run(
            command,
            env=self.environ,
            cwd=ROOT,
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if ran.returncode != 0:
            raise CannotMeasure(f"`campaign {' '.join(arguments)}` failed: {ran.stderr.strip()[-300:]}")
        return ran.stdout

    def count(self, table: str, condition: str = "1 = 1") -> int:
        """How many rows of a table there are."""
        engine = new_engine(self.database_url)
        with engine.connect() as connection:
            found = connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {condition}"))
        engine.dispose()
        return int(found or 0)


def make_site(folder: Path, database_url: str | None = None) -> Site:
    """Set up a site in a new folder, on SQLite unless told otherwise. Raises CannotMeasure."""
    folder.mkdir(mode=0o700, parents=True)
    site = Site(folder, database_url or _sqlite(folder), "")
    site.run("migrate")
    site.run("seed")
    site.run("organizer", "add", LOGIN, "--password", PASSWORD)
    made = replace(site, phrase=_make_key(site))
    (folder / _PHRASE).write_text(made.phrase, "ascii")
    return made


def copy_site(site: Site, folder: Path) -> Site:
    """The same site again on a copy of its SQLite file."""
    shutil.copytree(site.folder, folder)
    return kept_site(folder)


def kept_site(folder: Path) -> Site:
    """The site on SQLite that an earlier run made in this folder."""
    return Site(folder, _sqlite(folder), (folder / _PHRASE).read_text("ascii"))


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'campaign.sqlite3'}"


def _make_key(site: Site) -> str:
    """`campaign keys new` shows the phrase and wants it typed back; the phrase."""
    command = python("-m", "campaign", "keys", "new", "--holder", "bench", "--only-one-holder")
    pipe = subprocess.PIPE
    # In a session of its own it has no terminal to ask, and asks here.
    asked = subprocess.Popen(
        command, env=site.environ, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    assert asked.stdin
    assert asked.stdout
    phrase = ""
    while not phrase:
        line = asked.stdout.readline()
        if not line:
            raise CannotMeasure("`campaign keys new` shows no phrase")
        phrase = line.strip() if re.fullmatch(r" {4}\S+( \S+){6}\n", line) else ""
    asked.communicate(phrase + "\n")
    if asked.returncode != 0:
        raise CannotMeasure("`campaign keys new` failed")
    return phrase
