"""Rows from paper as they reach the site: with consent or not at all, and nothing of them in clear on the disk."""

import base64
import secrets
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaign.campaigns.queries import new_edition
from campaign.core.db import db, transaction
from campaign.paper.models import PaperBatch, PaperRow
from campaign.paper.scans import BLOCK_BYTES, MOST_SEALED_BYTES
from campaign.sealing.actions import create_epoch
from campaign.sealing.boxes import seal
from campaign.sealing.queries import current_epoch
from tests.factories import SLUG, Site
from tests.pages import Browser, content_policy
from tests.web.conftest import NOW
from tests.web.desk import Desk, audited
from tests.web.signing import Signing
from tests.web.test_at_rest import found_in
from tests.web.test_desk_paper import PAPER, as_, enter, press, shown

IMPORT = f"{PAPER}/import"
ABOUT = {"signed_on": "2026-11-20", "language": "fa", "place": "Placemark", "collector": "Coletta Markerworth"}
# The SHA-256 of a file, and of another.
FILE, OTHER_FILE = "a1" * 32, "b2" * 32
EMAIL = "zanubia.mailmark@example.org"


@pytest.fixture
def mona(app: Flask, site: Site) -> Desk:
    return as_(app, "mona")


def send(desk: Desk, address: str, body: Any) -> TestResponse:
    return desk.browser.post(address, json=body, headers={"X-CSRFToken": token(desk)})


def token(desk: Desk) -> str:
    (section,) = [part for part in desk.browser.read(IMPORT).elements if part.get("data-import") is not None]
    return section.get("data-token") or ""


def row(site: Site, email: str = EMAIL, **changes: Any) -> dict[str, Any]:
    row_id = secrets.token_hex(16)
    fields = {"campaign": SLUG, "signature": row_id, "name": "Zanubia Markerworth", "email": email, "country": "DE"}
    sealed = base64.b64encode(seal(site.epoch.public_key, fields)).decode()
    made = {"id": row_id, "sealed": sealed, "email": email, "public_name": "", "updates": False, "consent": True}
    return {**made, **changes}


def begin(desk: Desk, rows: int, *, file: str = FILE) -> dict[str, Any]:
    answer = send(desk, IMPORT, {**ABOUT, "lines": str(rows), "file": file})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def rows_kept(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(PaperRow)) or 0


def test_rows_count_after_approval_and_name_nobody_on_the_disk(
    app: Flask, browser: Browser, signing: Signing, site: Site, instance: Path, mona: Desk
) -> None:
    signing.sign_and_confirm("bob@example.org")
    to = begin(mona, 3)
    for email in (EMAIL, "B.O.B@example.org", "bob@example.org"):
        assert send(mona, to["rows"], {"rows": [row(site, email)]}).status_code == 200
    assert shown(browser) == (1, "")
    assert found_in(instance, "Markerworth", "mailmark", "Placemark", "Coletta") == set()
    ended = send(mona, to["end"], {})
    assert ended.get_json() == {"next": f"{PAPER}/1"}
    edda = as_(app, "edda")
    assert press(edda, "approve").status_code == 303
    assert shown(browser) == (3, "Of these, 2 on paper.")
    page = edda.browser.read(f"{PAPER}/1")
    assert [part.get("data-duplicates") for part in page.elements if part.get("data-duplicates")] == ["1"]
    assert found_in(instance, "Markerworth", "mailmark", "Placemark", "Coletta") == set()
    assert press(edda, "take-back", why="Wrong file").status_code == 303
    assert shown(browser) == (1, "")
    assert [action for action, _ in audited(app)] == [
        *("imported_paper_rows", "approved_paper_batch", "took_back_paper_batch"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"consent": False}, "consent"),
        ({"consent": "yes"}, "consent"),
        ({"consent": None}, "consent"),
        ({"email": ""}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": None}, "email"),
        ({"public_name": "\u202eevil"}, "public_name"),
        ({"public_name": "x" * 101}, "public_name"),
        ({"sealed": "AAAA"}, "format"),
        ({"sealed": "not base64"}, "format"),
        ({"id": "1"}, "format"),
        ({"updates": "yes"}, "format"),
    ],
)
def test_a_row_that_is_not_right_ends_the_upload(
    app: Flask, site: Site, mona: Desk, changes: dict[str, Any], why: str
) -> None:
    to = begin(mona, 2)
    assert send(mona, to["rows"], {"rows": [row(site)]}).status_code == 200
    refused = send(mona, to["rows"], {"rows": [row(site) | changes]})
    assert (refused.status_code, refused.get_json()) == (400, {"error": "row", "row": 0, "why": why})
    assert send(mona, to["end"], {}).status_code in (404, 409)
    with app.app_context():
        assert db.session.scalars(select(PaperBatch.id)).all() == []
    assert (rows_kept(app), audited(app)) == (0, [])


@pytest.mark.parametrize("body", [[], {}, {"rows": "x"}, {"rows": []}, {"rows": [1]}, {"rows": [{}] * 41}, None])
def test_what_is_no_part_of_a_file_is_refused(app: Flask, site: Site, mona: Desk, body: Any) -> None:
    to = begin(mona, 2)
    assert send(mona, to["rows"], body).status_code == 400
    assert (rows_kept(app), audited(app)) == (0, [])


def test_an_upload_that_misses_a_row_never_waits(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 2)
    send(mona, to["rows"], {"rows": [row(site)]})
    assert send(mona, to["end"], {}).status_code == 409
    edda = as_(app, "edda")
    assert "Nothing has been entered yet" in edda.browser.read(PAPER).text
    assert edda.browser.get(f"{PAPER}/1").status_code == 404
    # Another file clears it away.
    begin(mona, 1, file=OTHER_FILE)
    assert rows_kept(app) == 0


def test_an_upload_that_was_cut_off_goes_on_with_the_same_file(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 3)
    rows = [row(site, f"person{number}@example.org") for number in range(3)]
    assert to["taken"] == 0
    assert send(mona, to["rows"], {"rows": rows[:2]}).status_code == 200
    again = begin(mona, 3)
    assert again == {**to, "taken": 2}
    # Another tab had not heard that two rows were there.
    assert send(mona, again["rows"], {"rows": rows[1:]}).status_code == 200
    assert send(mona, again["end"], {}).status_code == 200
    assert rows_kept(app) == 3
    once_more = send(mona, IMPORT, {**ABOUT, "lines": "3", "file": FILE})
    assert once_more.get_json() == {"next": f"{PAPER}/1"}
    assert rows_kept(app) == 3


def test_what_is_typed_when_an_upload_goes_on_holds(app: Flask, site: Site, mona: Desk) -> None:
    begin(mona, 3)
    changed = {**ABOUT, "signed_on": "2026-11-21", "language": "en", "lines": "2", "file": FILE}
    assert send(mona, IMPORT, changed).status_code == 200
    with app.app_context():
        batch = db.session.scalars(select(PaperBatch)).one()
        assert (str(batch.signed_on), batch.language, batch.lines) == ("2026-11-21", "en", 2)
        assert batch.file_tag is not None
        assert bytes.fromhex(FILE) not in batch.file_tag


def test_nobody_goes_on_with_the_upload_of_somebody_else(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 2)
    send(mona, to["rows"], {"rows": [row(site)]})
    hers = begin(as_(app, "edda"), 2)
    assert (hers["batch"] != to["batch"], hers["taken"]) == (True, 0)
    assert begin(mona, 2)["taken"] == 1


@pytest.mark.parametrize("file", ["", "a1" * 31, "A1" * 32, "z" * 64, FILE + "\n", None, 7, [FILE]])
def test_what_is_no_digest_of_a_file_begins_nothing(app: Flask, mona: Desk, file: Any) -> None:
    assert send(mona, IMPORT, {**ABOUT, "lines": "1", "file": file}).status_code == 400
    with app.app_context():
        assert db.session.scalars(select(PaperBatch.id)).all() == []


def test_nobody_sends_into_somebody_elses_upload(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 2)
    edda = as_(app, "edda")
    assert send(edda, to["rows"], {"rows": [row(site)]}).status_code == 409
    assert send(edda, to["rows"], {"rows": [row(site, consent=False)]}).status_code == 409
    assert rows_kept(app) == 0
    assert send(mona, to["rows"], {"rows": [row(site)]}).status_code == 200


def test_rows_sealed_to_a_key_that_was_retired_are_not_taken(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 1)
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("UPDATE epoch SET retired_at = created_at")
        create_epoch(session, holder="Olga", is_demo=False, now=NOW)
        new_edition(session)
        newer = current_epoch(session, is_demo=False)
        assert newer is not None
        app.extensions["campaign"].pin.keep_only(newer.public_key)
    assert send(mona, to["rows"], {"rows": [row(site)]}).status_code == 409
    assert rows_kept(app) == 0


def test_what_is_wrong_about_the_batch_is_said(app: Flask, mona: Desk) -> None:
    refused = send(mona, IMPORT, {**ABOUT, "lines": "1", "signed_on": "2027-01-01"})
    assert (refused.status_code, refused.get_json()["field"]) == (400, "signed_on")
    assert audited(app) == []


def test_without_the_token_nothing_is_taken(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 1)
    for address in (IMPORT, to["rows"], to["end"], f"{PAPER}/1/scan"):
        assert mona.browser.post(address, json={}).status_code == 400
        assert mona.browser.post(address, json={}, headers={"X-CSRFToken": "x"}).status_code == 400


def test_a_scan_is_taken_up_to_its_limit_and_only_there(app: Flask, site: Site, mona: Desk) -> None:
    enter(mona)
    headers = {"X-CSRFToken": token(mona)}
    scan, kind = f"{PAPER}/1/scan", "application/octet-stream"

    def status(size: int, address: str = scan, content_type: str = kind) -> int:
        sent = mona.browser.post(address, data=bytes(size), headers=headers, content_type=content_type)
        return sent.status_code

    assert status(MOST_SEALED_BYTES) == 200
    assert status(MOST_SEALED_BYTES + 1) == 413
    assert status(BLOCK_BYTES) == 400
    assert status(BLOCK_BYTES + 48, content_type="image/png") == 400
    assert status(BLOCK_BYTES + 48, address=f"{PAPER}/1/reject") in (400, 413)
    edda = as_(app, "edda")
    # Whoever is about to approve must not be shown another scan than the one they opened.
    edda.browser.read(f"{PAPER}/1")
    assert status(BLOCK_BYTES + 48) == 200
    assert edda.press(f"{PAPER}/1/approve").status_code == 409
    assert edda.browser.get(f"{PAPER}/1/scan.sealed").data == bytes(BLOCK_BYTES + 48)
    assert press(edda, "approve").status_code == 303
    assert status(BLOCK_BYTES + 48) == 409
    assert ("opened_paper_batch", SLUG) in audited(app)


def test_who_approves_can_look_at_rows_until_they_are_signatures(app: Flask, site: Site, mona: Desk) -> None:
    to = begin(mona, 2)
    rows = [row(site, "one@example.org", public_name="One"), row(site, "two@example.org", updates=True)]
    send(mona, to["rows"], {"rows": rows})
    send(mona, to["end"], {})
    edda = as_(app, "edda")
    address = f"{PAPER}/1/rows.sealed"
    found = edda.browser.get(address).get_json()["rows"]
    sent = {each["id"]: (each["sealed"], each["public_name"] or None, each["updates"]) for each in rows}
    assert {each["id"]: (each["sealed"], each["public_name"], each["updates"]) for each in found} == sent
    assert [each["id"] for each in edda.browser.get(f"{address}?after={found[0]['id']}").get_json()["rows"]] == [
        found[1]["id"]
    ]
    assert "example.org" not in edda.browser.get(address).get_data(as_text=True)
    assert edda.browser.get(f"{address}?after=x").status_code == 400
    assert ("opened_paper_batch", SLUG) in audited(app)
    assert press(edda, "approve").status_code == 303
    assert edda.browser.get(address).get_json() == {"rows": []}


@pytest.mark.parametrize("login", ["mona", "vera"])
def test_what_is_sealed_is_for_those_who_approve(app: Flask, mona: Desk, login: str) -> None:
    enter(mona)
    desk = as_(app, login)
    for address in ("open", "sealed", "scan.sealed", "rows.sealed"):
        assert desk.browser.get(f"{PAPER}/1/{address}").status_code == 403


def test_pages_that_seal_and_open_talk_to_this_campaigns_paper_only(app: Flask, mona: Desk) -> None:
    enter(mona)
    edda = as_(app, "edda")
    for response in (
        mona.browser.get(IMPORT),
        mona.browser.get(f"{PAPER}/1/scan"),
        edda.browser.get(f"{PAPER}/1/open"),
    ):
        policy = content_policy(response)
        assert policy["connect-src"] == [f"http://localhost{PAPER}/"]
        assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
