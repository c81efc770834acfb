"""Rows and scans from paper, sealed in a real browser: nothing but ciphertext leaves it, and the phrase opens it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, StorageState, expect

from tests.browser.conftest import NewVisit
from tests.browser.demo_site import OTHER_CASE, DemoSite, new_address

pytestmark = pytest.mark.browser

PNG = b"\x89PNG\r\n\x1a\n" + b"scanmark " * 4000


@pytest.fixture
def page(visit: NewVisit, desk_login: StorageState) -> Page:
    found: Page = visit(desk=desk_login).page
    return found


def open_import(page: Page, demo: DemoSite) -> None:
    page.goto(demo.address(f"/organize/campaigns/{OTHER_CASE}/paper/import"))
    page.wait_for_load_state()
    page.locator("#signed_on").fill("2020-05-01")
    expect(page.locator("[data-go]")).to_be_enabled()


def choose(page: Page, content: bytes) -> None:
    page.locator("[data-file]").set_input_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("[data-go]").click()


def test_rows_are_sealed_here_and_wait_for_somebody_else(page: Page, demo: DemoSite) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    open_import(page, demo)
    people = [(f"نام {number}" if number % 2 else f"Rowmark {number}", new_address()) for number in range(95)]
    lines = "".join(f'"{name}";{email};ja\r\n' for name, email in people).replace(";ja", ";yes")
    choose(page, ("\ufeffName;E-Mail;Consent\r\n".replace("E-Mail", "email") + lines).encode())
    expect(page).to_have_url(re.compile(r"/paper/\d+$"))
    expect(page.locator("[data-lines]")).to_have_attribute("data-lines", "95")
    parts = [json.loads(request.post_data or "") for request in sent if request.url.endswith("/rows")]
    assert [len(part["rows"]) for part in parts] == [40, 40, 15]
    assert not [request for request in sent if "Rowmark" in (request.post_data or "")]
    assert all(row["consent"] is True for part in parts for row in part["rows"])


def test_what_was_cut_off_goes_on_and_the_rows_open_with_the_phrase(page: Page, demo: DemoSite) -> None:
    tries: list[Request] = []

    def cut_off(route: Route) -> None:
        tries.append(route.request)
        if len(tries) in (2, 3):
            if len(tries) == 3:
                # It arrived, and nobody heard so.
                route.fetch()
            route.fulfill(body="Something on the way", content_type="text/html")
        else:
            route.continue_()

    page.route("**/rows", cut_off)
    open_import(page, demo)
    people = [(f"Rowmark {number:03}", new_address()) for number in range(95)]
    lines = "".join(f"{name},{email},yes,2020-05-01,DE\n" for name, email in people)
    for times in (2, 3):
        choose(page, HEADER + lines.encode())
        expect(page.locator("[data-error]")).to_contain_text("goes on where it stopped")
        assert len(tries) == times
    page.locator("[data-go]").click()
    expect(page).to_have_url(re.compile(r"/paper/\d+$"))
    batch = page.url
    assert [len(json.loads(each.post_data or "")["rows"]) for each in tries] == [40, 40, 40, 15]

    # The same file once more leads to where it waits.
    open_import(page, demo)
    choose(page, HEADER + lines.encode())
    expect(page).to_have_url(batch)

    page.goto(f"{batch}/open")
    page.locator("[data-phrase]").fill(demo.phrase)
    page.locator("[data-go]").click()
    expect(page.locator("[data-rows] tbody tr")).to_have_count(95)
    expect(page.locator("[data-damaged]")).to_be_hidden()
    cells = page.locator("[data-rows] tbody tr").nth(7).locator("td").all_inner_texts()
    assert cells[:4] == ["Rowmark 007", people[7][1], "2020-05-01", "DE"]


HEADER = b"name,email,consent,date,country\n"
GOOD = b"Bob,bob@example.org,yes,2020-05-01,DE\n"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (HEADER + GOOD + b"Ada,ada@example.org,,,\n", 3),
        (HEADER + GOOD + b"Ada,ada@example.org,no,,\n", 3),
        (HEADER + b"\n" + b"=cmd(),ada@example.org,yes,,\n", 3),
        (HEADER + b'"Two\nlines",ada@example.org,yes,,\n', 2),
        (HEADER + b"Ada,ada@example,yes,,\n", 2),
        (HEADER + b"Ada,ada@example.org,yes,1.5.2020,\n", 2),
        (HEADER + b"Ada,ada@example.org,yes,2020-02-31,\n", 2),
        (HEADER + b"Ada,ada@example.org,yes,2999-01-01,\n", 2),
        (HEADER + b"Ada,ada@example.org,yes,,Germany\n", 2),
        (HEADER + b"Ada,ada@example.org\n", 2),
        (HEADER + b'"Ada,ada@example.org,yes,,\n', 2),
        (HEADER + b"A" * 1_000_000 + b",ada@example.org,yes,,\n", 2),
        # The site knows more about addresses than the page does.
        (HEADER + GOOD + b"Ada,a..b@example.org,yes,,\n", 3),
        (HEADER, None),
        (b"", None),
        (b"name,email\n", None),
        (b"name,email,consent,phone\n" + GOOD, None),
        (HEADER + b"Ada\0,ada@example.org,yes,,\n", None),
        ((HEADER + GOOD).decode().encode("utf-16"), None),
        (HEADER + "José".encode("latin-1") + b",ada@example.org,yes,,\n", None),
        (HEADER + GOOD * 10_001, None),
        (b"x" * (5 * 1024 * 1024 + 1), None),
        (b"%PDF-1.7\n" + bytes(range(256)), None),
    ],
)
def test_a_file_that_is_not_right_is_said_and_nothing_comes_of_it(
    page: Page, demo: DemoSite, content: bytes, line: int | None
) -> None:
    paper = demo.address(f"/organize/campaigns/{OTHER_CASE}/paper")
    page.goto(paper)
    before = page.locator("tbody tr").count()
    open_import(page, demo)
    choose(page, content)
    expect(page.locator("[data-error]")).not_to_be_empty()
    items = page.locator("[data-error] li")
    assert [item.split(":")[0] for item in items.all_inner_texts()] == ([f"Line {line}"] if line else [])
    assert "undefined" not in page.locator("[data-error]").inner_text()
    expect(page.locator("[data-go]")).to_be_enabled()
    page.goto(paper)
    assert page.locator("tbody tr").count() == before


def test_a_scan_opens_with_the_phrase_and_with_nothing_else(page: Page, demo: DemoSite, tmp_path: Path) -> None:
    enter = demo.address(f"/organize/campaigns/{OTHER_CASE}/paper/new")
    page.goto(enter)
    for name, value in {"signed_on": "2020-05-01", "lines": "3", "place": "Placemark", "collector": "Coletta"}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("main form button").click()
    expect(page).to_have_url(re.compile(r"/paper/\d+$"))
    batch = page.url
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.goto(f"{batch}/scan")
    page.wait_for_load_state()
    file = page.locator("[data-file]")
    # What a file is called says nothing.
    file.set_input_files({"name": "scan.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    page.locator("[data-go]").click()
    expect(page.locator("[data-error]")).not_to_be_empty()
    file.set_input_files({"name": "scan.png", "mimeType": "image/png", "buffer": PNG + bytes(4 * 1024 * 1024)})
    page.locator("[data-go]").click()
    expect(page.locator("[data-error]")).to_contain_text("4 MB")
    assert sent == []
    file.set_input_files({"name": "list of names.txt", "mimeType": "text/plain", "buffer": PNG})
    page.locator("[data-go]").click()
    expect(page).to_have_url(batch)
    assert len(sent) == 1
    database = (demo.instance / "campaign.sqlite3").read_bytes()
    assert not [mark for mark in (b"scanmark", b"Placemark", b"Coletta") if mark in database]

    page.goto(f"{batch}/open")
    page.wait_for_load_state()
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    page.locator("[data-phrase]").fill("seven words that nobody was ever given")
    page.locator("[data-go]").click()
    expect(page.locator("[data-error]")).not_to_be_empty()
    assert downloads == []
    expect(page.locator("[data-place]")).to_be_hidden()
    with page.expect_download() as caught:
        page.locator("[data-phrase]").fill(demo.phrase)
        page.locator("[data-go]").click()
    assert caught.value.suggested_filename.endswith(".png")
    assert Path(caught.value.path()).read_bytes() == PNG
    expect(page.locator("[data-place]")).to_have_text("Placemark")
    expect(page.locator("[data-collector]")).to_have_text("Coletta")
    expect(page.locator("[data-phrase]")).to_have_value("")
