"""The demo as anybody starts it: one process group with web and worker, its own folder, a free port."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from urllib.error import URLError

from tests.browser.waiting import wait_until
from tests.databases import memory

PETITION = "stop-us-war-moves-against-iran"
CASE = "nasrin-sotoudeh"
OTHER_CASE = "esmail-bakhshi"
_START_SECONDS = 60
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Letter:
    """A mail that the site sent."""

    path: Path
    to: str
    text: str

    def link(self, part: str) -> str:
        """The address in it whose path holds `/part/`, "confirm" or "manage"."""
        found = re.search(rf"https?://\S+/{part}/\S+", self.text)
        assert found, f"no link to {part} in the mail"
        return found[0]


class DemoSite:
    """A running demo. `url` has no slash at the end."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1") -> None:
        self.instance = folder / "instance"
        self._log = folder / "demo.log"
        self._bind = f"127.0.0.1:{free_port()}"
        self.url = f"http://{host}:{self._bind.rpartition(':')[2]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers. Raises AssertionError with its last words if it does not."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
        environ |= {"CAMPAIGN_INSTANCE": str(self.instance), "CAMPAIGN_BIND": self._bind, "CAMPAIGN_BASE_URL": self.url}
        # So that a visitor can come from a network of their own, as if through a proxy.
        environ["CAMPAIGN_TRUSTED_PROXIES"] = "1"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "campaign", "demo"],
                cwd=Path(__file__).parents[2],
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until("the demo answers at /readyz", self._is_ready_or_gone, seconds=_START_SECONDS)
        assert self._process.poll() is None, f"the demo stopped: {self.said()}"

    def stop(self) -> None:
        """Ask it to end; end its whole group if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def said(self) -> str:
        """What it printed, its greeting included."""
        return self._log.read_text("utf-8")

    @property
    def password(self) -> str:
        return self._access()["password"]

    @property
    def phrase(self) -> str:
        return self._access()["phrase"]

    def address(self, path: str) -> str:
        return f"{self.url}/{path.lstrip('/')}"

    def letters_to(self, email: str) -> list[Letter]:
        """All mails to that address, however its letters are written, oldest first."""
        paths = sorted((self.instance / "mailbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [letter for path in paths if (letter := _letter(path)).to.lower() == email.lower()]

    def sign(self, slug: str, *, name: str, email: str, language: str = "en", **fields: str) -> Letter:
        """Sign without a browser, for tests of what comes after; the mail with the links."""
        before = len(self.letters_to(email))
        self._post(f"/{language}/{slug}/sign", {"name": name, "email": email, **fields})
        return self.newest_letter(email, number=before + 1)

    def confirm(self, letter: Letter) -> None:
        """Press the button behind a mail's link without a browser."""
        self._post(urllib.parse.urlsplit(letter.link("confirm")).path, {})

    def newest_letter(self, email: str, *, number: int = 1) -> Letter:
        """The newest mail to that address, once there are `number` of them."""
        found = wait_until(
            f"mail number {number} to {email} arrives",
            lambda: letters if len(letters := self.letters_to(email)) >= number else None,
        )
        return found[-1]

    def _post(self, path: str, fields: dict[str, str]) -> None:
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self.address(path), body, timeout=20) as response:
            assert response.status == 200

    def _access(self) -> dict[str, str]:
        return json.loads((self.instance / "demo.json").read_text("ascii"))

    def _is_ready_or_gone(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            return True
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as response:
                return response.status == 200
        except (URLError, OSError):
            return False


def new_demo_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="campaign-browser-", dir=memory()))


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_address() -> str:
    """An address that nobody in this run has used."""
    return f"signatory-{uuid.uuid4().hex[:12]}@example.org"


def _letter(path: Path) -> Letter:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return Letter(path, str(message["To"]), body.get_content() if body else "")
