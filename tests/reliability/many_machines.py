"""A site on several machines: web processes and workers with folders of their own and the same keys, behind nginx."""

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.children import PYTHON
from tests.reliability.nginx_front import HOST, Front
from tests.serving import free_port

_DEADLINE_SECONDS = 60


@dataclass
class Machines:
    """`number` machines, each with one web process and one worker. Nothing but keys is the same on their disks."""

    folder: Path
    database_url: str
    smtp_url: str
    number: int = 2
    ports: list[int] = field(default_factory=list)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = [free_port() for _ in range(self.number)]

    def run(self, *arguments: str, machine: int = 0) -> str:
        """A `campaign` command to its end; what it said."""
        command = [*PYTHON, "-m", "campaign", *arguments]
        done = subprocess.run(command, env=self._environ(machine), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def up(self) -> Iterator[Front]:
        """Everything started, with nginx in front; nothing is left behind whatever happens."""
        nginx = self.folder / "nginx"
        nginx.mkdir()
        front = Front(nginx, self.ports)
        try:
            for machine in range(self.number):
                self._share_keys(machine)
                self._start("serve", machine)
                self._start("worker", machine)
            with front.started():
                yield front
        finally:
            for process in self._running.values():
                process.kill()
            for process in self._running.values():
                process.wait(timeout=_DEADLINE_SECONDS)

    def restart(self, name: str, machine: int) -> None:
        """Stop it as systemd does, and start it again."""
        process = self._running.pop(f"{name}-{machine}")
        process.terminate()
        process.wait(timeout=_DEADLINE_SECONDS)
        self._start(name, machine)

    def readiness(self) -> list[int]:
        """What each web process answers at /readyz; 0 if it does not."""
        return [self._ask(port, "/readyz")[0] for port in self.ports]

    def said(self) -> str:
        """All that all of them have logged."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def died(self) -> list[str]:
        return [name for name, process in self._running.items() if process.poll() is not None]

    def _start(self, name: str, machine: int) -> None:
        with (self.folder / f"{name}-{machine}.log").open("ab") as log:
            self._running[f"{name}-{machine}"] = subprocess.Popen(
                [*PYTHON, "-m", "campaign", name],
                env=self._environ(machine),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _share_keys(self, machine: int) -> None:
        # The first machine made them; the others get a copy, as the manual says.
        here, first = self._instance(machine), self._instance(0)
        if not here.exists():
            here.mkdir(mode=0o700)
            shutil.copytree(first / "keys", here / "keys")

    def _instance(self, machine: int) -> Path:
        return self.folder / f"machine-{machine}"

    def _environ(self, machine: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
        return kept | {
            "CAMPAIGN_BASE_URL": f"https://{HOST}",
            "CAMPAIGN_BIND": f"127.0.0.1:{self.ports[machine]}",
            "CAMPAIGN_DATABASE_URL": self.database_url,
            "CAMPAIGN_INSTANCE": str(self._instance(machine)),
            "CAMPAIGN_MAIL_FROM": "petition@example.org",
            "CAMPAIGN_SMTP_URL": self.smtp_url,
            "CAMPAIGN_TRUSTED_PROXIES": "1",
        }

    def _ask(self, port: int, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_DEADLINE_SECONDS)
        try:
            connection.request("GET", path, headers={"Host": HOST})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()
