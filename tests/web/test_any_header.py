"""Whatever stands in a header, an address or a body, the answer is one of ours and nobody is let in.

What is known to be hostile has a table (`hostile.py`); this looks for what nobody has thought of.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.app import create_app
from campaign.core.db import db
from tests.databases import config_for, new_sqlite
from tests.factories import SLUG, make_site
from tests.web.conftest import NOW
from tests.web.hostile import FIELDS, HEADERS

# What a server hands on: any bytes but line ends, each as the character of that number.
VALUES = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=120)
NAMES = sorted({name for headers in HEADERS.values() for name in headers} - {"Host", "Transfer-Encoding"})
PIECES = st.sampled_from(
    ["en", "fa", "*", ";q=", "0.5", "nan", "-", ",", "W/", '"', "=", "; ", "bytes", "0-", "gzip", "desk"]
)
ALMOST = st.lists(PIECES | VALUES, max_size=12).map("".join)
ANY = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("headers")
    made = create_app(config_for(new_sqlite(folder), folder))
    with made.app_context():
        make_site(NOW)
        db.engine.dispose()
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(autouse=True)
def clock() -> None:
    """Not stopped: hypothesis measures its own time."""


@given(st.dictionaries(st.sampled_from(NAMES), ALMOST, max_size=4))
@ANY
def test_no_header_is_our_fault(client: FlaskClient, headers: dict[str, str]) -> None:
    for path in ("/", f"/en/{SLUG}/", "/organize/"):
        with client.get(path, base_url="http://localhost", headers=headers) as response:
            assert response.status_code < 500
    form = {"name": "Alice", "email": "alice@example.org"}
    assert client.post(f"/en/{SLUG}/sign", base_url="http://localhost", headers=headers, data=form).status_code < 500


@given(ALMOST)
@ANY
def test_any_accepted_language_leads_to_one_the_site_has(client: FlaskClient, accepted: str) -> None:
    response = client.get("/", base_url="http://localhost", headers={"Accept-Language": accepted})
    assert response.location in ("/en/", "/fa/")


@given(VALUES)
@ANY
def test_no_made_up_cookie_is_a_login(client: FlaskClient, cookie: str) -> None:
    response = client.get("/organize/", base_url="http://localhost", headers={"Cookie": f"desk={cookie}"})
    assert response.location == "/organize/login"


@given(VALUES)
@ANY
def test_no_host_but_our_own_is_answered(client: FlaskClient, host: str) -> None:
    response = client.get("/en/", base_url="http://localhost", headers={"Host": host})
    assert response.status_code == (200 if re.fullmatch(r"(?i)localhost(:80)?", host) else 400)


@given(st.lists(st.binary(max_size=12).map(quote_from_bytes) | st.text(max_size=8).map(quote), max_size=5))
@ANY
def test_no_address_is_our_fault(client: FlaskClient, parts: list[str]) -> None:
    # The test client takes what follows two slashes for a host; `test_hostile_connections.py` sends that.
    path = "/".join(parts).lstrip("/")
    for address in (f"/{path}", f"/en/{path}", f"/en/manage/{path}", f"/en/confirm/{path}", f"/embed/{path}"):
        with client.get(address, base_url="http://localhost") as response:
            assert response.status_code < 500


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.binary(max_size=20).map(quote_from_bytes)), max_size=8))
@ANY
def test_no_query_or_form_is_our_fault(client: FlaskClient, pairs: list[tuple[str, str]]) -> None:
    written = "&".join(f"{name}={value}" for name, value in pairs)
    for path in ("/", f"/en/{SLUG}/signatures", f"/embed/{SLUG}", "/en/manage/x", "/organize/login"):
        assert client.get(path, base_url="http://localhost", query_string=written).status_code < 500
    for path in (
        f"/en/{SLUG}/sign",
        f"/embed/{SLUG}",
        "/en/manage",
        "/en/confirm/x",
        "/en/manage/x",
        "/organize/login",
    ):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            data = written.encode()
            assert client.post(path, base_url="http://localhost", data=data, content_type=kind).status_code < 500
