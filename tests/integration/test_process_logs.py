"""What real processes write, on both streams: JSON lines, and of whoever came nothing at all."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from campaign.app import create_app
from campaign.core.db import db
from campaign.core.keyring import Keyring
from tests.databases import config_for, drop_postgresql, new_postgresql
from tests.factories import SLUG, make_site
from tests.serving import DEADLINE_SECONDS, Running, environment, free_port, serving
from tests.signers import letters
from tests.smtp import Relay

NOW = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
# All that somebody could be known by, each in words that stand nowhere else.
NAME, PUBLIC_NAME, MESSAGE = "Zanubia Markername", "Zed Markerpublic", "markermessage"
EMAIL, LOGIN, PASSWORD = "zanubia.markermail@example.org", "markerlogin", "markerpassword"
ADDRESS, BROWSER, REFERRER = "203.0.113.177", "Markerbrowser/7.0", "https://markerreferrer.example/"
MARKERS = ("Marker", "marker", "Zanubia", "Zed", ADDRESS, "203.0.113", "127.0.0.1")
HEADERS = {"X-Forwarded-For": ADDRESS, "X-Forwarded-Proto": "http", "User-Agent": BROWSER, "Referer": REFERRER}
FORM = {"name": NAME, "email": EMAIL, "public_name": PUBLIC_NAME, "message": MESSAGE, "country": "DE"}

# A site in which everything breaks that can, each time with a marker in its words.
BROKEN_SITE = """
import gc, logging, sys, threading, warnings
from flask import request
from campaign.app import create_app
from campaign.config import Config
from campaign.server import serve

config = Config.from_env()
app = create_app(config)

def boom(*_args, **_kwargs):
    raise ValueError("Marker in " + request.url)

class Unraisable:
    def __del__(self):
        raise ValueError("Marker in a destructor")

def elsewhere():
    threading.Thread(target=lambda: int("Marker in a thread")).start()
    warnings.warn("Marker in a warning")
    logging.getLogger("campaign.web").error("%d", "Marker for a number")
    logging.getLogger("some.library").error("Marker in a library")
    app.logger.error("Marker in the application's logger")
    Unraisable(); gc.collect()
    return "done"

app.view_functions["public.privacy"] = boom
app.view_functions["ops.robots"] = elsewhere
app.jinja_env.globals["static_url"] = lambda path: boom() if request.args.get("page") else path
inner = app.wsgi_app

def outside(environ, start_response):
    if environ["PATH_INFO"] == "/outside":
        raise ValueError("Marker outside " + environ["QUERY_STRING"])
    return inner(environ, start_response)

serve(outside, config, processes=1, threads=2)
"""


def ask(running: Running, path: str, data: dict[str, str] | None = None, **headers: str) -> int:
    """The status of the answer."""
    body = None if data is None else urllib.parse.urlencode(data).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{running.port}{path}", body, {**HEADERS, **headers})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def until(what: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines(log: Path, *also: str) -> list[dict[str, str]]:
    """What was written, each line read as JSON, after a look for markers."""
    written = log.read_text()
    for marker in (*MARKERS, *also):
        assert marker not in written, [line for line in written.splitlines() if marker in line]
    read = [json.loads(line) for line in written.splitlines()]
    for line in read:
        assert {"time", "level", "logger", "process", "event"} <= line.keys()
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
    return read


def events(log: Path, *also: str) -> str:
    return "\n".join(f"{line['logger']}: {line['event']} {line.get('error')}" for line in lines(log, *also))


def mailed_tokens(url: str, instance: Path) -> list[str]:
    with create_app(config_for(url, instance)).app_context():
        found = [letter.values for letter in letters(Keyring.load(instance))]
        db.engine.dispose()
    return [token for values in found for name, token in values.items() if name.endswith("_token")]


def test_web_and_worker_write_nothing_of_who_signed_whatever_goes_wrong(instance: Path, tmp_path: Path) -> None:
    url = new_postgresql()
    with create_app(config_for(url, instance)).app_context():
        make_site(NOW)
        db.engine.dispose()
    proxied = {"CAMPAIGN_TRUSTED_PROXIES": "1"}
    with serving(instance, url, tmp_path / "web.log", **proxied) as web:
        assert ask(web, f"/en/{SLUG}/sign", FORM) == 200
        tokens = mailed_tokens(url, instance)
        assert tokens
        everything_a_visitor_does(web, tokens)
        worker_log = tmp_path / "worker.log"
        with Relay() as relay, worker_log.open("wb") as output:
            relay.answer_recipient = f"451 {EMAIL} try later"
            environ = environment(instance, url, CAMPAIGN_SMTP_URL=relay.url, **proxied)
            worker = subprocess.Popen(
                [sys.executable, "-m", "campaign", "worker"], env=environ, stderr=output, stdout=output
            )
            try:
                until(lambda: "451" in worker_log.read_text())
                drop_postgresql(url)
                assert ask(web, f"/en/confirm/{tokens[0]}", {}) == 503
                assert ask(web, f"/en/{SLUG}/sign", FORM) == 503
                until(lambda: "database error" in worker_log.read_text())
            finally:
                worker.terminate()
                worker.wait(timeout=DEADLINE_SECONDS)
        assert web.stop() == 0
        assert "campaign.web: database error OperationalError" in events(web.log, *tokens)
        assert "campaign.worker: database error OperationalError" in events(worker_log, *tokens)


def everything_a_visitor_does(web: Running, tokens: list[str]) -> None:
    for token in tokens:
        assert ask(web, f"/en/confirm/{token}") in (200, 404)
        assert ask(web, f"/en/manage/{token}?name={NAME.replace(' ', '+')}") in (200, 404)
        assert ask(web, f"/en/confirm/{token}", {}, Origin="https://markerorigin.example") == 403
    assert ask(web, f"/en/{SLUG}/sign", {**FORM, "name": f"{NAME}\0"}) == 400
    assert ask(web, f"/en/{SLUG}/sign", {**FORM, "message": MESSAGE * 9000}) == 413
    assert ask(web, f"/en/marker/{EMAIL}") == 404
    assert ask(web, "/en/", Host="marker.example") == 400
    assert ask(web, "/organize/login", {"login": LOGIN, "password": PASSWORD}) == 400
    assert ask(web, "/organize/", Cookie="desk=markercookie") == 200
    assert ask(web, "/en/manage", {"email": EMAIL}) == 200
    raw = (
        b"GARBAGE-Marker\r\n\r\n",
        b"GET /Marker HTTP/9.9\r\n\r\n",
        b"GET /Marker HTTP/1.1\r\nBad Marker\r\n\r\n",
        b"\x16\x03Marker",
    )
    for request in raw:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", web.port), timeout=DEADLINE_SECONDS) as connection,
        ):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)


def test_whatever_breaks_in_the_code_is_written_without_its_words(
    sqlite_url: str, instance: Path, tmp_path: Path
) -> None:
    port = free_port()
    environ = environment(instance, sqlite_url, CAMPAIGN_BIND=f"127.0.0.1:{port}")
    log = tmp_path / "broken.log"
    with log.open("wb") as output:
        command = [sys.executable, "-c", BROKEN_SITE]
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, cwd=Path(__file__).parents[2])
    running = Running(process, port, log)
    try:
        until(lambda: _answers(running))
        assert ask(running, f"/en/privacy?email={EMAIL}") == 500
        assert ask(running, f"/en/?page={EMAIL}") == 500
        assert ask(running, "/robots.txt") == 200
        with suppress(OSError):
            assert ask(running, f"/outside?email={EMAIL}") >= 500
        # Killed, not asked to end: its parent says so.
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
        for child in children.stdout.split():
            os.kill(int(child), 9)
        until(lambda: "exit" in log.read_text())
        until(lambda: _answers(running))
    finally:
        running.stop()
    said = events(log)
    for expected in (
        "campaign.web: unexpected error ValueError",
        "campaign.process: an error nobody caught ValueError",
        "campaign.web: %d None",
        "py.warnings: a library's message",
        "some.library: a library's message",
        "campaign: a library's message",
    ):
        assert expected in said


def _answers(running: Running) -> bool:
    with suppress(OSError):
        return ask(running, "/healthz") == 200
    return False
