"""nginx before the site, as it is deployed; and nginx that serves one page as a file, as fast as it can."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import need
from benchmarks.processes import ROOT, Server, free_port, serving
from benchmarks.rounds import CannotMeasure

_DEPLOYED = ROOT / "deploy" / "nginx.conf"
_CONFIGURATION = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes {workers};
worker_rlimit_nofile 4096;
events {{ worker_connections 1024; multi_accept on; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    {site}
}}
"""
_FILES = """
    open_file_cache max=10 inactive=1h;
    open_file_cache_valid 1h;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder}/pages;
        default_type "text/html; charset=utf-8";
        add_header Content-Encoding gzip;
    }}
"""


@contextmanager
def nginx_before(origin: str, port: int) -> Iterator[Server]:
    """`deploy/nginx.conf` on a port of loopback, before the site at `origin`; without TLS, which nothing here has."""
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        site = _DEPLOYED.read_text("utf-8")
        for deployed, here in (
            (r"server 127\.0\.0\.1:8001 .*;", f"server {origin.removeprefix('http://')};"),
            (r"server 127\.0\.0\.1:8002 .*;", ""),
            (r"proxy_cache_path /run/campaign-pages", f"proxy_cache_path {name}/pages"),
            (r"(?ms)^server \{\n    listen 443 ssl default_server;.*?^\}\n", ""),
            (r"(?ms)^server \{\n    listen 80;.*?^\}\n", ""),
            (r"listen 443 ssl;", f"listen 127.0.0.1:{port} backlog=1024;"),
            (r"ssl_\w+ .*;", ""),
        ):
            site, found = re.subn(deployed, here, site)
            if not found:
                raise CannotMeasure(f"deploy/nginx.conf has no {deployed!r}")
        with _nginx(Path(name), site, port, path="/readyz") as server:
            yield server


@contextmanager
def nginx_with(page: bytes) -> Iterator[Server]:
    """nginx on every core, with the compressed page at `/page`, until the block ends. Raises CannotMeasure."""
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        folder, port = Path(name), free_port()
        (folder / "pages").mkdir()
        (folder / "pages" / "page").write_bytes(page)
        with _nginx(folder, _FILES.format(folder=folder, port=port), port, path="/page") as server:
            yield server


@contextmanager
def _nginx(folder: Path, site: str, port: int, *, path: str) -> Iterator[Server]:
    configuration = folder / "nginx.conf"
    # As root its workers would become somebody who may not look into the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(_CONFIGURATION.format(user=user, folder=folder, site=site, workers=os.cpu_count()))
    command = [need("nginx"), "-c", str(configuration), "-p", str(folder), "-e", "stderr"]
    with serving(command, port=port, log=folder / "nginx.log", path=path) as server:
        yield server
