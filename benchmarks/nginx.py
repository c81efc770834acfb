"""nginx that serves one page as a file, as fast as it can: what a cached page is compared with."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import need
from benchmarks.processes import Server, free_port, serving

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
    open_file_cache max=10 inactive=1h;
    open_file_cache_valid 1h;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder}/pages;
        default_type "text/html; charset=utf-8";
        add_header Content-Encoding gzip;
    }}
}}
"""


@contextmanager
def nginx_with(page: bytes) -> Iterator[Server]:
    """nginx on every core, with the compressed page at `/page`, until the block ends. Raises CannotMeasure."""
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        folder, port = Path(name), free_port()
        (folder / "pages").mkdir()
        (folder / "pages" / "page").write_bytes(page)
        configuration = folder / "nginx.conf"
        # As root its workers would become somebody who may not look into the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(_CONFIGURATION.format(user=user, folder=folder, port=port, workers=os.cpu_count()))
        command = [need("nginx"), "-c", str(configuration), "-p", name, "-e", "stderr"]
        with serving(command, port=port, log=folder / "nginx.log", path="/page") as server:
            yield server
