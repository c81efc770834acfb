"""`deploy/nginx.conf` on loopback: that very file, with the ports, the certificate and the web processes of a test."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.reliability.promise import NotRun
from tests.serving import free_port

DEPLOYED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
HOST = "sign.example.org"
_UPSTREAM = "    server 127.0.0.1:{port} max_fails=5 fail_timeout=1s;\n"
_DEADLINE_SECONDS = 30


class Front:
    """nginx in front of some web processes, for a site called `HOST`. Listens after `started()`.

    `on_the_way` counts requests that have no answer yet.
    """

    def __init__(self, folder: Path, web_ports: Sequence[int]) -> None:
        self.on_the_way = 0
        self._counting = threading.Lock()
        self.https_port, self.http_port = free_port(), free_port()
        self._program = need("nginx", "nginx-light")
        self._folder = folder
        self.certificate = self._make_certificate()
        (folder / "site.conf").write_text(self._site(web_ports))
        (folder / "nginx.conf").write_text(
            f"pid {folder}/nginx.pid;\n"
            + ("user root;\n" if os.geteuid() == 0 else "")
            + "events {}\nhttp {\n"
            + "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi"))
            + "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("uwsgi", "scgi"))
            + f"  include {folder}/site.conf;\n}}\n"
        )

    def check(self) -> str:
        """What `nginx -t` says. Raises CalledProcessError if it is not content."""
        done = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=True)
        return done.stderr

    @contextmanager
    def started(self) -> Iterator["Front"]:
        with (self._folder / "nginx.log").open("wb") as log:
            command = [*self._command(), "-g", "daemon off;"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while not _listens(self.https_port):
                assert process.poll() is None, self.said()
            yield self
        finally:
            process.terminate()
            process.wait(timeout=_DEADLINE_SECONDS)

    def said(self) -> str:
        """All that nginx has written down anywhere in its folder."""
        return "".join(path.read_text(errors="replace") for path in self._folder.glob("*.log"))

    def connect(self, *, timeout: float = _DEADLINE_SECONDS) -> http.client.HTTPSConnection:
        """A connection of a browser that trusts the certificate."""
        return _Browser(self, ssl.create_default_context(cafile=str(self.certificate)), timeout)

    def count(self, change: int) -> None:
        with self._counting:
            self.on_the_way += change

    def _command(self) -> list[str]:
        return [self._program, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf"), "-e", "stderr"]

    def _site(self, web_ports: Sequence[int]) -> str:
        text = DEPLOYED.read_text("utf-8")
        servers = "".join(_UPSTREAM.format(port=port) for port in web_ports)
        for deployed, here in (
            ("".join(_UPSTREAM.format(port=port) for port in (8001, 8002)), servers),
            ("listen 443 ssl default_server;", f"listen 127.0.0.1:{self.https_port} ssl default_server;"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.https_port} ssl;"),
            ("listen 80;", f"listen 127.0.0.1:{self.http_port};"),
            ("/run/campaign-pages", str(self._folder / "pages")),
            ("/etc/ssl/sign.example.org.pem", str(self.certificate)),
            ("/etc/ssl/sign.example.org.key", str(self._folder / "site.key")),
        ):
            assert text.count(deployed) == 1, deployed
            text = text.replace(deployed, here)
        return text

    def _make_certificate(self) -> Path:
        certificate = self._folder / "site.pem"
        kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        names = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
        files = ("-keyout", self._folder / "site.key", "-out", certificate)
        command = [need("openssl", "openssl"), "req", "-x509", *kind, *names, *files]
        subprocess.run(command, check=True, capture_output=True)
        return certificate


class _Browser(http.client.HTTPSConnection):
    """Finds the site's name on this machine, at a port that nobody sees."""

    def __init__(self, front: Front, trust: ssl.SSLContext, timeout: float) -> None:
        super().__init__(HOST, timeout=timeout)
        self._front, self._trust, self._patience = front, trust, timeout

    def request(self, *arguments: Any, **named: Any) -> None:
        self._front.count(1)
        try:
            super().request(*arguments, **named)
        except BaseException:
            self._front.count(-1)
            raise

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()
        finally:
            self._front.count(-1)

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._front.https_port), timeout=self._patience)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


def need(program: str, package: str) -> str:
    """The path of a program. Raises NotRun if it is not installed."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NotRun(f"{program} is not installed (Debian: apt-get install {package})")
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
