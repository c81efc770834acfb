"""Taking lists off the site: written down first, by those who may, in files that do no harm."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from campaign.exports.decrypt import decrypt_list
from tests.factories import SLUG, Site
from tests.pages import browse, content_policy
from tests.web.desk import CAMPAIGN, Desk, audited
from tests.web.signing import Signing

SEALED = f"{CAMPAIGN}signatures.sealed"
PUBLIC = f"{CAMPAIGN}public-names.csv"


@pytest.mark.parametrize(
    ("address", "action"), [(SEALED, "downloaded_sealed_list"), (PUBLIC, "downloaded_public_names")]
)
def test_a_download_is_written_down_before_its_first_byte(app: Flask, desk: Desk, address: str, action: str) -> None:
    desk.log_in()
    response = desk.browser.get(address, buffered=False)
    assert audited(app) == [(action, SLUG)]
    response.close()
    assert audited(app) == [(action, SLUG)]


@pytest.mark.parametrize("login", ["mona", "vera"])
@pytest.mark.parametrize("address", [SEALED, f"{CAMPAIGN}open-list"])
def test_who_may_not_open_lists_is_refused(app: Flask, desk: Desk, login: str, address: str) -> None:
    desk.log_in(login)
    assert desk.browser.get(address).status_code == 403
    assert audited(app) == []


@pytest.mark.parametrize("login", ["mona", "vera"])
def test_who_may_not_open_lists_is_offered_no_link_to_them(desk: Desk, login: str) -> None:
    desk.log_in(login)
    for address in ("/organize/", CAMPAIGN):
        links = desk.browser.read(address).links().values()
        assert not [link for link in links if link.endswith(("open-list", "signatures.sealed"))]


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
    response = desk.browser.get(SEALED)
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
    body = desk.browser.get(SEALED).text
    assert not [typed for typed in ("Alice", "Appleton", "example.org", "Strike") if typed in body]


def test_public_names_come_as_a_file_no_spreadsheet_runs(desk: Desk, signing: Signing) -> None:
    names = ['=HYPERLINK("http://evil.example";"x")', "+1 Person", "@SUM(1+1)", "-2+3", "شیرین علم‌هولی", "O'Brien"]
    for number, name in enumerate(names):
        signing.sign_and_confirm(f"alice{number}@example.org", public_name=name)
    signing.sign_and_confirm("bob@example.org")
    desk.log_in("vera")
    response = desk.browser.get(PUBLIC)
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{SLUG}-public-names.csv"'
    assert response.data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline=""))
    assert header == ["public_name", "language", "confirmed_hour"]
    cells = sorted(row[0] for row in rows)
    assert not [cell for cell in cells if cell[0] in "=+-@"]
    assert sorted(cell.removeprefix("'") for cell in cells) == sorted(names)


def test_the_page_that_opens_lists_may_talk_to_that_list_only(desk: Desk) -> None:
    desk.log_in()
    policy = content_policy(desk.browser.get(f"{CAMPAIGN}open-list"))
    assert policy["connect-src"] == [f"http://localhost{SEALED}"]
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["form-action"] == ["'self'"]
    scripts = [script.get("src") or "" for script in desk.browser.last.tagged("script")]
    assert scripts
    for script in scripts:
        with closing(desk.browser.get(script)) as response:
            assert response.status_code == 200


def test_the_desk_shows_numbers_and_who_downloaded(desk: Desk, signing: Signing) -> None:
    signing.sign_and_confirm(public_name="Alice")
    signing.fill_in(email="pending@example.org")
    desk.log_in("edda")
    desk.browser.get(PUBLIC).close()
    page = desk.browser.read(CAMPAIGN)
    figures = {"".join(box[0].itertext()): "".join(box[1].itertext()) for box in page.classed("desk-figures")[0]}
    expected = {"Signatures": "1", "Today": "1", "Last 7 days": "1", "Waiting for confirmation": "1"}
    assert figures == {**expected, "Confirmed, of the last 7 days": "too few to say"}
    assert "edda" in page.text
    assert "Downloaded the public names" in page.text
    assert "Bread and roses" in desk.browser.read("/organize/").text


@pytest.mark.parametrize("address", ["", "open-list", "signatures.sealed", "public-names.csv"])
def test_a_list_of_no_campaign_is_not_there_and_leaves_no_trace(app: Flask, desk: Desk, address: str) -> None:
    desk.log_in()
    assert desk.browser.get(f"/organize/campaigns/no-such-campaign/{address}").status_code == 404
    assert audited(app) == []


def test_two_organizers_have_two_sessions(app: Flask, desk: Desk) -> None:
    desk.log_in("vera")
    other = Desk(browse(app))
    other.log_in("olga")
    assert desk.browser.get(SEALED).status_code == 403
    assert other.browser.get(SEALED).status_code == 200
