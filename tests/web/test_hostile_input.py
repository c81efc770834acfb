"""What no honest browser sends: each gets a clear answer that is not our fault, and leaves nothing behind.

On PostgreSQL too, which takes texts for wrong that SQLite stores.
"""

import io
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.outbox.models import OutboxMail
from campaign.signing.models import CommunityBallot, Signature, SignatureDelta
from tests.databases import config_for, drop_postgresql, new_postgresql, new_sqlite
from tests.factories import SLUG, make_site
from tests.pages import Browser, browse
from tests.web.conftest import NOW
from tests.web.signing import FILLED_IN, SIGN, nothing_stored

FORMS = (SIGN, f"/embed/{SLUG}")
TEN_MEGABYTES = "x" * 10_000_000
BAD_TEXTS = {
    "a NUL": "Ali\0ce",
    "only a NUL": "\0",
    "an escape": "Ali\x1b[31mce",
    "a line separator": "Ali\u2028ce",
    "a bidi override": "Ali\u202ece",
    "a bidi isolate": "Ali\u2066ce",
    "a zero-width space": "Ali\u200bce",
    "a byte order mark": "\ufeffAlice",
    "a private character": "Ali\ue000ce",
    "nine combining marks": "Ali" + "\u0335" * 9,
    "bytes that are no text": "Ali\ufffdce",
}
BAD_NAMES = {**BAD_TEXTS, "101 characters": "x" * 101, "101 letters with marks": "x\u0335" * 101}
BAD_EMAILS = {
    **BAD_TEXTS,
    "a second header": "a@b.org\r\nBcc: x@y.org",
    "a second line": "a@b.org\n\nx",
    "a folded header": "a@b.org\r\n x@y.org",
    "two addresses": "a@b.org,x@y.org",
    "a name before": "Alice <a@b.org>",
    "an encoded line end": "a%0d%0aBcc:x@y.org@b.org",
    "no domain": "alice@",
    "two at signs": "a@b@c.org",
    "an address in brackets": "a@[127.0.0.1]",
    "a host without a dot": "alice@localhost",
    "a long address": "a@" + "b." * 130 + "org",
    "a bidi override in the domain": "a@b\u202e.org",
}
CASES = [
    *(("name", why, text) for why, text in BAD_NAMES.items()),
    *(("public_name", why, text) for why, text in BAD_NAMES.items()),
    *(("message", why, text) for why, text in {**BAD_TEXTS, "1001 characters": "x" * 1001}.items()),
    *(("email", why, text) for why, text in BAD_EMAILS.items()),
    *(("country", why, text) for why, text in {**BAD_TEXTS, "no country": "ZZ", "two countries": "DE,FR"}.items()),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One site for all: nothing is ever stored on it."""
    folder = tmp_path_factory.mktemp("hostile")
    url = new_sqlite(folder) if request.param == "sqlite" else new_postgresql()
    made = create_app(config_for(url, folder))
    with made.app_context():
        make_site(NOW)
        db.engine.dispose()
    yield made
    with made.app_context():
        db.engine.dispose()
    if request.param == "postgresql":
        drop_postgresql(url)


@pytest.fixture
def stranger(shared: Flask) -> Iterator[Browser]:
    """Somebody who must leave nothing behind."""
    yield browse(shared)
    left_nothing = nothing_stored(shared)
    with shared.app_context(), transaction() as session:
        for table in (OutboxMail, CommunityBallot, SignatureDelta, Signature):
            session.execute(delete(table))
    assert left_nothing


@pytest.mark.parametrize(("field", "why", "text"), CASES, ids=[f"{field}: {why}" for field, why, _ in CASES])
def test_a_bad_text_is_a_mistake_at_its_field(stranger: Browser, field: str, why: str, text: str) -> None:
    assert stranger.post(SIGN, data={**FILLED_IN, field: text}).status_code == 400
    assert list(stranger.last.mistakes()) == [field]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("field", ["name", "email", "public_name", "message"])
def test_bytes_that_are_no_utf_8_are_a_mistake(stranger: Browser, path: str, field: str) -> None:
    typed = {name: quote(value) for name, value in FILLED_IN.items()} | {field: "Ali%ff%fece%c3"}
    body = "&".join(f"{name}={value}" for name, value in typed.items())
    response = stranger.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert list(stranger.last.mistakes()) == [field]


@pytest.mark.parametrize("path", [*FORMS, "/en/manage", "/en/confirm/x", "/en/manage/x", "/organize/login"])
@pytest.mark.parametrize("field", ["name", "no_such_field"])
def test_ten_megabytes_are_too_much(stranger: Browser, path: str, field: str) -> None:
    response = stranger.post(path, data={**FILLED_IN, field: TEN_MEGABYTES})
    # A bad link may be answered before its form is read.
    assert response.status_code in ((404, 413) if path.endswith("/x") else (413,))


@pytest.mark.parametrize("path", [*FORMS, "/en/manage", "/organize/login"])
@pytest.mark.parametrize("parts", [201, 1001])
def test_a_thousand_parts_are_too_many(stranger: Browser, path: str, parts: int) -> None:
    data = {**FILLED_IN, **{f"p{number}": "" for number in range(parts)}}
    assert stranger.post(path, data=data, content_type="multipart/form-data").status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=name\r\n\r\nAlice"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\0\r\n--x--"),
        ("application/json", b'{"name": "Alice", "email": "alice@example.org"}'),
        ("application/json", b'{"name": 7, "email": ["x"], "public_name": {"a": null}}'),
        ("application/json", b'["name", "email"]'),
        ("application/json", b"{"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"name=Alice"),
        ("application/x-www-form-urlencoded", b"=&&==%&name[]=x&name%00=x"),
        ("application/x-www-form-urlencoded", b"name=Ali\xffce&email=alice@example.org"),
        ("text/plain", b"name=Alice&email=alice@example.org"),
        ("", b"name=Alice"),
        ("\xff", b"\xff\xfe\0"),
    ],
)
@pytest.mark.parametrize("path", FORMS)
def test_what_is_no_form_is_a_form_not_filled_in(stranger: Browser, path: str, content_type: str, body: bytes) -> None:
    assert stranger.post(path, data=body, content_type=content_type).status_code in (400, 413)


def test_a_file_in_place_of_a_text_is_a_mistake(stranger: Browser) -> None:
    for field in ("name", "email", "public_name", "country", "message", "updates", "source"):
        data = {**FILLED_IN, field: (io.BytesIO(b"Alice"), "alice.txt")}
        assert stranger.post(SIGN, data=data, content_type="multipart/form-data").status_code == 400, field


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "", "local host", "[::1"]
)
@pytest.mark.parametrize("path", ["/", "/en/", "/healthz", "/organize/login"])
def test_a_forged_host_is_refused(stranger: Browser, host: str, path: str) -> None:
    response = stranger.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert host not in response.text or not host


def test_a_forged_host_signs_nobody(stranger: Browser) -> None:
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        assert stranger.post(SIGN, data=FILLED_IN, headers=headers).status_code == 400


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Host"])
def test_a_forwarded_address_is_not_believed(stranger: Browser, name: str) -> None:
    response = stranger.get("/en/nope", headers={name: "evil.example"})
    assert "evil.example" not in response.text + str(response.headers)


ADDRESSES = (
    "/en/%00/",
    "/%00/",
    "/en/%ff/",
    "/%ff/",
    "/en/%C0%AE%C0%AE/",
    "/en/%F0%9F%8C%B9/",
    f"/en/{SLUG}%00/",
    f"/xx/{SLUG}/",
    f"/en-GB/{SLUG}/",
    f"/EN/{SLUG}/",
    "/en/" + "x" * 3000 + "/",
    "/embed/%00",
    "/embed/%ff",
    "/embed/x%0d%0aSet-Cookie:x=1",
    "/en/x%0d%0aSet-Cookie:x=1/",
    "/en/confirm/%00",
    "/en/confirm/%ff",
    "/en/confirm/" + "x" * 3000,
    "/en/manage/%00",
    "/en/manage/%ff",
    "/en/%ED%A0%80/",
    "/%2fevil.example/",
    "/%2f%2fevil.example/x",
    "/en//",
    "/static/../pyproject.toml",
    "/static/%2e%2e/pyproject.toml",
    "/static/..%2f..%2fpyproject.toml",
    "/static/....//pyproject.toml",
    "/static/%5c..%5cpyproject.toml",
    "/static//etc/passwd",
    "/static/",
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_leads_nowhere_is_not_our_fault(stranger: Browser, address: str, method: str) -> None:
    response = stranger.open(address, method=method, data=FILLED_IN if method == "POST" else None)
    assert response.status_code in (308, 400, 404, 405)
    assert urlsplit(response.headers.get("Location", "")).netloc in ("", "localhost")
    assert "Set-Cookie" not in response.headers
    assert b"[project]" not in response.data


def test_static_files_end_at_their_folder(shared: Flask, stranger: Browser) -> None:
    with shared.app_context():
        prefix = shared.jinja_env.globals["static_url"]("")
    for path in (
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "../../etc/passwd",
        "css/../../pyproject.toml",
        "css",
        "",
    ):
        response = stranger.get(f"{prefix}{path}")
        assert response.status_code in (302, 308, 404)
        assert b"[project]" not in response.data


@pytest.mark.parametrize(
    "value", ["%00", "%ff", "%ED%A0%80", "x" * 3000, "%0d%0aX-Evil:1", "%E2%80%AE", "{{7*7}}", "'\"<>"]
)
@pytest.mark.parametrize(
    "address",
    [
        f"/en/{SLUG}/signatures?after=",
        f"/embed/{SLUG}?lang=",
        f"/embed/{SLUG}?theme=",
        f"/embed/{SLUG}?from=",
        "/en/?utm_source=",
        "/en/manage/x?saved=",
        "/?lang=",
    ],
)
def test_a_bad_query_is_answered(stranger: Browser, address: str, value: str) -> None:
    response = stranger.get(address + value)
    assert response.status_code in (200, 303, 404)
    assert "X-Evil" not in response.headers


@pytest.mark.parametrize("login", ["\0", "olga\0", "\ufffd", "x" * 60, "' OR 1=1 --", "\u202e"])
def test_a_bad_login_is_a_wrong_login(stranger: Browser, login: str) -> None:
    form = stranger.read("/organize/login").form("login", "password")
    response = stranger.post("/organize/login", data={**form.values, "login": login, "password": "x\0"})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "\xff" * 50},
        {"Accept-Language": "en;q=" + "9" * 400},
        {"Accept-Language": ",".join(f"x{number}" for number in range(1000))},
        {"Cookie": "desk=\xff; desk=; =;;"},
        {"Cookie": "desk=eyJ4IjoxfQ.x.y"},
        {"If-None-Match": '"\xff'},
        {"If-Modified-Since": "yesterday"},
        {"Range": "bytes=0-10,20-"},
        {"Content-Length": "-1"},
        {"Sec-Fetch-Site": "\xff"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/en/", f"/en/{SLUG}/", "/organize/login"])
def test_bad_headers_are_survived(stranger: Browser, path: str, headers: dict[str, str]) -> None:
    assert stranger.get(path, headers=headers).status_code in (200, 206, 303, 400, 416)


def test_a_body_of_unsaid_length_is_refused(stranger: Browser) -> None:
    response = stranger.post(
        SIGN,
        input_stream=io.BytesIO(b"name=Alice&email=alice%40example.org"),
        headers={"Transfer-Encoding": "chunked"},
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == 411


def test_a_thousand_fields_are_too_many(stranger: Browser) -> None:
    data = {**FILLED_IN, **{f"p{number}": "" for number in range(1001)}}
    assert stranger.post(SIGN, data=data).status_code == 413
