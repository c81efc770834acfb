"""Who opens a sealed list at the desk, with what, and what the page that opens it may talk to."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.core.db import transaction
from campaign.exports.decrypt import decrypt_list
from campaign.organizers.models import Organizer
from tests.factories import SLUG, Site
from tests.pages import content_policy
from tests.web.desk import CAMPAIGN, LISTS, OPEN_LIST, Desk, audited
from tests.web.signing import Signing


@pytest.mark.parametrize("login", ["mona", "vera"])
@pytest.mark.parametrize("address", [OPEN_LIST, f"{OPEN_LIST}/1/x", f"{CAMPAIGN}signatures/1/x"])
def test_who_may_not_open_lists_is_refused(app: Flask, desk: Desk, login: str, address: str) -> None:
    desk.log_in(login)
    assert desk.browser.get(address).status_code == 403
    assert audited(app) == []


@pytest.mark.parametrize("login", ["mona", "vera"])
def test_who_may_not_open_lists_is_offered_no_link_to_them(desk: Desk, login: str) -> None:
    desk.log_in(login)
    for address in ("/organize/", CAMPAIGN):
        links = desk.browser.read(address).links().values()
        assert not [link for link in links if link.endswith("open-list")]


@pytest.mark.parametrize("login", ["olga", "edda"])
def test_owners_and_editors_open_the_list_with_the_phrase(
    desk: Desk, signing: Signing, site: Site, tmp_path: Path, login: str
) -> None:
    typed = {
        "name": "رزا لوکزامبورگ",
        "country": "DE",
        "message": "Strike!\nNow",
        "updates": "y",
        "public_name": "R. L.",
    }
    signing.sign_and_confirm("rosa@example.org", **typed)
    signing.sign_and_confirm("bob@example.org", name='=HYPERLINK("http://evil.example")')
    signing.fill_in(email="pending@example.org")
    desk.log_in(login)
    response = desk.sealed_list()
    assert response.mimetype == "application/jsonl"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{SLUG}.sealed"'
    assert response.headers["X-Signature-Count"] == "2"
    assert response.headers["Cache-Control"] == "no-store"
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert lines[0]["format"] == "campaign-sealed-list/1"
    assert lines[-1] == {"end": True, "rows": 2}
    assert len(lines) == 4

    (tmp_path / "list.sealed").write_bytes(response.data)
    result = decrypt_list(
        tmp_path / "list.sealed", tmp_path / "list.csv", phrase=site.phrase, progress=lambda _done: None
    )
    assert (result.rows, result.problems) == (2, [])
    written = (tmp_path / "list.csv").read_bytes().decode("utf-8-sig")
    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(written, newline=""))}
    rosa, bob = rows["rosa@example.org"], rows["bob@example.org"]
    assert list(rosa) == [
        *("name", "email", "country", "public_name", "message"),
        *("updates", "language", "confirmed_hour", "source", "signature"),
    ]
    assert (rosa["name"], rosa["country"], rosa["public_name"]) == ("رزا لوکزامبورگ", "DE", "R. L.")
    assert rosa["message"].split() == ["Strike!", "Now"]
    assert (rosa["confirmed_hour"], rosa["source"], rosa["language"]) == ("2026-11-22T18:00Z", "site", "en")
    assert bob["name"].startswith("'=")


def test_the_sealed_list_holds_nothing_anybody_typed_but_public_names(desk: Desk, signing: Signing) -> None:
    signing.sign_and_confirm(country="DE", message="Strike!")
    desk.log_in()
    body = desk.sealed_list().text
    assert not [typed for typed in ("Alice", "Appleton", "example.org", "Strike") if typed in body]


def test_the_page_that_opens_lists_may_talk_to_that_list_only(desk: Desk) -> None:
    desk.log_in()
    address = desk.ask(OPEN_LIST, "open")
    policy = content_policy(desk.browser.get(address))
    assert policy["connect-src"] == [f"http://localhost{address.replace('open-list', 'signatures')}"]
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["worker-src"] == ["'self'"]
    assert policy["form-action"] == ["'self'"]
    scripts = [script.get("src") or "" for script in desk.browser.last.tagged("script")]
    assert scripts
    for script in scripts:
        with closing(desk.browser.get(script)) as response:
            assert response.status_code == 200


def test_the_worker_that_opens_rows_may_talk_to_nobody(desk: Desk) -> None:
    """A worker is under the policy of its own file: without one it could send anywhere what the page may not."""
    desk.log_in()
    desk.browser.get(desk.ask(OPEN_LIST, "open"))
    (script,) = [
        src for tag in desk.browser.last.tagged("script") if (src := tag.get("src") or "").endswith("open-list.js")
    ]
    with closing(desk.browser.get(script.replace("open-list.js", "list-worker.js"))) as response:
        assert content_policy(response) == {"default-src": ["'none'"], "script-src": ["'self'", "'wasm-unsafe-eval'"]}


def test_a_viewer_cannot_turn_an_address_of_names_into_the_signature_list(desk: Desk) -> None:
    desk.log_in("vera")
    names = desk.ask(LISTS, "csv")
    assert desk.browser.get(names.replace("/public-names/", "/signatures/")).status_code == 403


def test_an_organizer_who_is_made_a_viewer_loses_the_address_at_once(app: Flask, desk: Desk) -> None:
    desk.log_in("edda")
    address = desk.ask(OPEN_LIST, "sealed")
    with app.app_context(), transaction() as session:
        session.execute(update(Organizer).where(Organizer.login == "edda").values(role="viewer"))
    assert desk.browser.get(address).status_code == 403
