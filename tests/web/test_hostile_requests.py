"""Every address there is meets every kind of hostile request: no answer is our fault, tells a secret or obeys.

The addresses come from the application itself, so a new route is covered the moment it exists. What each form says to
bad input is held by `test_hostile_input.py`; what only a socket can send by `integration/test_hostile_connections.py`.

The desk has three routes of four, and all of them ask the same guards before they read a request: each meets every
sixth kind, turn by turn, and all those that a view may stumble over itself, or its database. On PostgreSQL, where
nothing but the database is another, that goes for all routes.
"""

import io
import logging
import re
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from campaign import web
from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from campaign.sealing.actions import create_epoch
from campaign.sealing.queries import all_keys
from tests.databases import config_for, drop_postgresql, new_postgresql, new_sqlite
from tests.factories import LETTER, SLUG, Site, make_letter, make_site
from tests.pages import browse
from tests.signers import newest_letter, sign
from tests.web.conftest import NOW
from tests.web.desk import PASSWORD, Desk
from tests.web.hostile import (
    BODIES,
    FIELDS,
    FORM,
    HEADERS,
    IN_EVERY_FIELD,
    MARKUP,
    METHODS,
    PARAMETERS,
    PATHS,
    TEXTS,
)
from tests.web.signing import FILLED_IN

TURNS = 6
# What each database may stumble over behind a view, and what a view itself may.
FOR_DATABASES = {"a NUL", "no UTF-8", "half a character", "a huge number", "every field twice"}
FOR_VIEWS = {"markup", "a long text", "a long word", "a range of nothing", "bad conditions", "another origin"}


@dataclass(frozen=True)
class Target:
    """The site under attack: who asks, and links that were really mailed."""

    app: Flask
    stranger: FlaskClient
    olga: FlaskClient
    values: dict[str, str]
    database: str

    def routes(self, why: str, method: str | None = None) -> Iterator[tuple[Rule, str]]:
        """Every rule that meets this kind of request, with an address that leads to its view."""
        is_postgresql, turn = self.database == "postgresql", zlib.crc32(f"{why} on {self.database}".encode())
        met_by_all = FOR_DATABASES if is_postgresql else FOR_DATABASES | FOR_VIEWS
        for place, rule in enumerate(self.app.url_map.iter_rules()):
            takes_turns = is_postgresql or rule.endpoint.startswith("organize.")
            is_met = why in met_by_all or not takes_turns or (place + turn) % TURNS == 0
            if is_met and (method is None or method in (rule.methods or ())):
                kind = "manage" if ".manage" in rule.endpoint or ".change" in rule.endpoint else "confirm"
                values = {**self.values, "token": self.values[f"{kind}_token"]}
                built = rule.build({name: values[name] for name in rule.arguments})
                assert built is not None
                yield rule, built[1]

    def with_each_argument(self, why: str) -> Iterator[str]:
        """Addresses with this in the place of each argument, and behind the whole."""
        hostile = PATHS[why]
        for rule, address in self.routes(why):
            for name in rule.arguments:
                yield (
                    re.sub(rf"<(\w+:)?{name}>", lambda _found: hostile, rule.rule)
                    .replace("<language:lang>", "en")
                    .replace("<slug:slug>", SLUG)
                )
            yield address + hostile
            if not address.startswith("/organize"):
                yield f"{address.rstrip('/')}/{hostile}"

    def attack(self, path: str, *, method: str = "GET", **request: Any) -> None:
        """Send it as a stranger, and where a session counts as an organizer too, and look at each answer."""
        for client in (self.stranger, self.olga) if path.startswith("/organize") else (self.stranger,):
            response = client.open(path, base_url="http://localhost", method=method, **request)
            try:
                check(response, f"{method[:10]} {path[:100]}")
            finally:
                response.close()


def check(response: TestResponse, what: str) -> None:
    """No answer of ours is a fault, repeats markup, gives away a file, obeys a forged header or lacks our headers."""
    assert response.status_code < 500, f"{what} answers {response.status_code}"
    said = str(response.headers)
    for secret in (b"<script>hostile", b"Traceback", b'File "', b"[project]", b"root:x:0", b"hostile()</script>"):
        assert secret not in response.data, f"{what} says {secret!r}"
    assert "X-Evil" not in said
    assert "evil.example" not in said, what
    location = urlsplit(response.headers.get("Location", ""))
    assert (location.scheme, location.netloc) in (("", ""), ("http", "localhost")), f"{what} leads to {location}"
    assert not response.headers.get("Location", "").startswith("//")
    for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control"):
        assert name in response.headers, f"{what} lacks {name}"
    if response.request.path.startswith("/api/") and response.status_code >= 400:
        assert response.mimetype == "application/problem+json", what
    if not response.request.path.startswith("/static/"):
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], what
    if not response.request.path.startswith("/organize"):
        assert "Set-Cookie" not in response.headers, what


BOTH = pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("target", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The demo, because it has every route; somebody has signed, and Olga is logged in."""
    folder = tmp_path_factory.mktemp("attacked")
    url = new_sqlite(folder) if request.param == "sqlite" else new_postgresql()
    app = create_app(replace(config_for(url, folder), is_demo=True))
    with app.app_context():
        values = _people(make_site(NOW), Keyring.load(folder)) | _demo_key()
    desk = Desk(browse(app))
    # As in every test: a second factor shown in the future is none, and most of the desk would ask for it.
    with time_machine.travel(NOW - timedelta(minutes=1)):
        assert desk.log_in("olga").status_code == 303
    # The browser of other tests reads every page whole, which would take minutes here.
    app.test_client_class = FlaskClient
    stranger, olga = app.test_client(), app.test_client()
    cookie = desk.browser.get_cookie("desk", path="/organize")
    assert cookie is not None
    olga.set_cookie("desk", cookie.value, path="/organize")
    with time_machine.travel(NOW):
        assert olga.get("/organize/people").status_code == 200
    yield Target(app, stranger, olga, values, request.param)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if request.param == "postgresql":
        drop_postgresql(url)


def _demo_key() -> dict[str, str]:
    with transaction() as session:
        create_epoch(session, holder="demo", is_demo=True, now=NOW)
    (key,) = all_keys(db.session(), is_demo=True)
    db.session.rollback()
    return {"key_id": key.id.hex, "share_id": key.holders[0].id.hex}


def _people(site: Site, keyring: Keyring) -> dict[str, str]:
    with transaction() as session:
        add_organizer(session, login="olga", password=PASSWORD, role="owner", now=NOW)
        make_letter(session, site.campaign.id)
    sign(site, keyring, NOW, public_name=MARKUP)
    mailed = newest_letter(keyring).values
    tokens = {name: str(mailed[name]) for name in ("confirm_token", "manage_token")}
    ids = dict.fromkeys(
        ("organizer_id", "invitation_id", "passkey_id", "session_id", "revision_id"), str(uuid.UUID(int=0))
    )
    parts = {"language": "en", "part": "text:en", "key": LETTER}
    return {"lang": "en", "slug": SLUG, "name": "0" * 32, "number": "1", "ticket": "A", **parts, **ids, **tokens}


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An answer can look well while something broke behind it."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@BOTH
@pytest.mark.parametrize("why", PATHS)
def test_addresses(target: Target, why: str) -> None:
    for path in sorted(set(target.with_each_argument(why))):
        target.attack(path)
    hostile = PATHS[why]
    for path in (f"/{hostile}", f"/static/{hostile}", f"/static/css/{hostile}", f"/organize/{hostile}"):
        target.attack(path)
        target.attack(path, method="POST")


@BOTH
@pytest.mark.parametrize("why", TEXTS)
def test_queries(target: Target, why: str) -> None:
    query = urlencode([(name, TEXTS[why]) for name in PARAMETERS], errors="surrogatepass")
    for _rule, address in target.routes(why, "GET"):
        target.attack(address, query_string=query)


@pytest.mark.parametrize(
    ("read", "attacked"),
    [(r"\bargs(?:\.get(?:list)?\(|\[)\"(\w+)\"", PARAMETERS), (r"^    (\w+) = \w*Field\(", FIELDS)],
    ids=["queries", "forms"],
)
def test_whatever_a_view_reads_is_attacked(read: str, attacked: tuple[str, ...]) -> None:
    sources = [path.read_text("utf-8") for path in Path(web.__file__).parent.rglob("*.py")]
    found = {name for source in sources for name in re.findall(read, source, re.MULTILINE)}
    assert len(found) > 10
    assert found - set(attacked) == set()


@SQLITE
@pytest.mark.parametrize(
    "query", ["&" * 50_000, "after=" + "x" * 60_000, "&".join(f"f{n}=" for n in range(10_000)), "%", "%ff=%ff"]
)
def test_queries_that_are_none(target: Target, query: str) -> None:
    for _rule, address in target.routes(query[:10], "GET"):
        target.attack(address, query_string=query)


@SQLITE
@pytest.mark.parametrize("why", HEADERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_headers(target: Target, method: str, why: str) -> None:
    for _rule, address in target.routes(why, method):
        data = FILLED_IN if method == "POST" else None
        target.attack(address, method=method, headers=HEADERS[why], data=data)


@BOTH
@pytest.mark.parametrize("why", BODIES)
def test_bodies(target: Target, why: str) -> None:
    body = BODIES[why]
    for _rule, address in target.routes(why.removesuffix(IN_EVERY_FIELD), "POST"):
        target.attack(
            address,
            method="POST",
            input_stream=io.BytesIO(body.data),
            content_type=body.content_type,
            content_length=len(body.data),
            environ_overrides=body.environ,
        )


@SQLITE
@pytest.mark.parametrize("method", METHODS, ids=[name[:10] for name in METHODS])
def test_methods(target: Target, method: str) -> None:
    for _rule, address in target.routes(method):
        target.attack(address, method=method)
        target.attack(address, method=method, data={"_method": "DELETE", **FILLED_IN})


@SQLITE
def test_a_body_where_none_belongs(target: Target) -> None:
    for _rule, address in target.routes("a body", "GET"):
        target.attack(address, method="GET", data=FILLED_IN)
        target.attack(address, method="GET", data=b"x" * 100_000, content_type=FORM)


@SQLITE
def test_an_address_written_in_full(target: Target) -> None:
    """A proxy's way of asking: the server may hand the whole address on as it came."""
    for _rule, address in target.routes("in full", "GET"):
        overrides = {"REQUEST_URI": f"http://evil.example{address}", "RAW_URI": f"http://evil.example{address}"}
        target.attack(address, environ_overrides=overrides)
        target.attack(address, environ_overrides={"SERVER_NAME": "evil.example"})


@BOTH
def test_the_site_is_as_it_was(target: Target) -> None:
    """After all that, on the same site."""
    page = browse(target.app).read(f"/en/{SLUG}/")
    assert "Bread and roses" in page.text
