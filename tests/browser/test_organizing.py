"""An organizer opens the signature list in the browser and gets what the command line gives."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Route, StorageState, expect

from tests.browser.conftest import NO_SESSION, NewVisit
from tests.browser.demo_site import OTHER_CASE, DemoSite, new_address
from tests.browser.pages import DeskPage, OpenListPage

pytestmark = pytest.mark.browser

PERSIAN_NAME = "نسرین آلیس‌زاده"
HOSTILE_NAME = "=cmd()"
COLUMNS = ["name", "email", "country", "public_name", "message", "updates", "language", "confirmed_hour", "source"]
COLUMNS += ["signature"]
MANY = 100_000
WATCH = """() => {
  window.longestWait = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    window.longestWait = Math.max(window.longestWait, now - last);
    last = now;
  }, 10);
}"""


def test_the_desk_wants_a_login(visit: NewVisit, demo: DemoSite) -> None:
    """Without a session every desk page leads to the log-in, where a wrong password says so and opens nothing."""
    one = visit(desk=NO_SESSION)
    page = one.page
    page.goto(demo.address(f"/organize/campaigns/{OTHER_CASE}/open-list"))
    expect(page).to_have_url(demo.address("/organize/login"))
    page.locator("#login").fill("demo")
    page.locator("#password").fill("not the password")
    page.locator('main button[type="submit"]').click()
    expect(page.locator(".error-summary")).to_be_focused()
    DeskPage(page, demo).log_in(demo.password)
    assert one.context.cookies(demo.address("/en/")) == [], "the session stays at the desk's addresses"


def test_the_list_opens_in_the_browser_as_on_the_command_line(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState, tmp_path: Path
) -> None:
    """A wrong phrase is told and saves nothing; the right one saves, byte for byte, what `campaign decrypt` writes."""
    persian, hostile = new_address(), new_address()
    demo.confirm(demo.sign(OTHER_CASE, name=PERSIAN_NAME, email=persian, language="fa", public_name=PERSIAN_NAME))
    text = 'Say "no",\r\nthen; @SUM(1)'
    demo.confirm(demo.sign(OTHER_CASE, name=HOSTILE_NAME, email=hostile, country="DE", message=text, updates="y"))

    page = visit(desk=desk_login).page
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    opened = DeskPage(page, demo).open_list(OTHER_CASE)
    _refuses(opened, "seven words that nobody was ever given")
    assert downloads == []

    # As somebody types it from paper: other capitals, other spaces.
    saved = opened.save_with(f"  {demo.phrase.upper().replace(' ', '-')} ")
    assert saved.suggested_filename == f"{OTHER_CASE}-signatures.csv"
    expect(opened.error).to_be_empty()
    expect(opened.status).not_to_be_empty()
    expect(opened.phrase).to_have_value("")
    expect(opened.save).to_be_visible()
    in_browser = Path(saved.path()).read_bytes()

    sealed, offline = tmp_path / "list.sealed", tmp_path / "list.csv"
    opened.download_sealed().save_as(sealed)
    assert PERSIAN_NAME.encode() not in sealed.read_bytes().replace(b'"public_name":"' + PERSIAN_NAME.encode(), b"")
    assert hostile.encode() not in sealed.read_bytes()
    _decrypt(sealed, offline, demo.phrase)
    assert in_browser == offline.read_bytes()

    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(in_browser.decode("utf-8-sig"), newline=""))}
    assert list(rows[persian]) == COLUMNS
    assert rows[persian]["name"] == rows[persian]["public_name"] == PERSIAN_NAME
    assert rows[hostile]["name"] == f"'{HOSTILE_NAME}"
    assert rows[hostile]["updates"] == "yes"
    assert rows[hostile]["country"] == "DE"
    assert '"no"' in rows[hostile]["message"]
    assert "; @" not in rows[hostile]["message"], "a cell after a semicolon is a formula too"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_workbook_made_in_the_browser_holds_what_the_command_line_writes(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState, tmp_path: Path, direction: str
) -> None:
    """Each of its parts, with a name that looks like a formula, in a sheet that runs as its language does."""
    demo.confirm(demo.sign(OTHER_CASE, name=PERSIAN_NAME, email=new_address(), language="fa"))
    demo.confirm(demo.sign(OTHER_CASE, name=HOSTILE_NAME, email=new_address(), message="<b>&\n_x0041_"))
    page = visit(desk=desk_login).page
    opened = DeskPage(page, demo).open_list(OTHER_CASE)
    sealed, offline = tmp_path / "list.sealed", tmp_path / "list.xlsx"
    opened.download_sealed().save_as(sealed)
    sealed.write_bytes(sealed.read_bytes().replace(b'"direction":"ltr"', f'"direction":"{direction}"'.encode()))
    page.locator(".open-list-file summary").click()
    page.locator("[data-list-file]").set_input_files(sealed)
    opened.save_as("xlsx")
    saved = opened.save_with(demo.phrase)
    assert saved.suggested_filename == f"{OTHER_CASE}-signatures.xlsx"
    expect(opened.error).to_be_empty()
    _decrypt(sealed, offline, demo.phrase)
    parts = _parts(Path(saved.path()))
    assert parts == _parts(offline)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert PERSIAN_NAME in sheet
    assert f">{HOSTILE_NAME}</t>" in sheet
    assert ('rightToLeft="1"' in sheet) == (direction == "rtl")


def test_a_sealed_file_opens_without_the_site(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState, tmp_path: Path
) -> None:
    """The page also opens a file that was downloaded before, and a file cut short saves nothing."""
    email = new_address()
    demo.confirm(demo.sign(OTHER_CASE, name="Alice Appleton", email=email))
    page = visit(desk=desk_login).page
    opened = DeskPage(page, demo).open_list(OTHER_CASE)
    sealed = tmp_path / "list.sealed"
    opened.download_sealed().save_as(sealed)
    page.locator(".open-list-file summary").click()

    cut = tmp_path / "cut.sealed"
    cut.write_bytes(b"".join(sealed.read_bytes().splitlines(keepends=True)[:-1]))
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    page.locator("[data-list-file]").set_input_files(cut)
    _refuses(opened, demo.phrase)
    assert downloads == []

    page.locator("[data-list-file]").set_input_files(sealed)
    assert email in Path(opened.save_with(demo.phrase).path()).read_text("utf-8")


def test_public_names_download_and_the_record_of_it(visit: NewVisit, demo: DemoSite, desk_login: StorageState) -> None:
    """The public names come as CSV, and the campaign's page then says who took them."""
    name = f"Bob {new_address()[10:16]}"
    demo.confirm(demo.sign(OTHER_CASE, name="Bob", email=new_address(), public_name=name))
    page = visit(desk=desk_login, scripts=False).page
    desk = DeskPage(page, demo)
    desk.open_campaign(OTHER_CASE)
    page.locator('main a[href$="/lists"]').click()
    with page.expect_download() as caught:
        desk.ask("csv")
    assert name in Path(caught.value.path()).read_text("utf-8-sig")
    desk.open_campaign(OTHER_CASE)
    expect(page.locator('section[aria-labelledby="downloads"] td', has_text="demo").first).to_be_visible()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_hundred_thousand_rows_open_while_the_page_answers(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState, tmp_path: Path, form: str
) -> None:
    """The rows are opened beside the page: a clock in the page hardly ever waits for them."""
    email = new_address()
    demo.confirm(demo.sign(OTHER_CASE, name="Alice Appleton", email=email))
    page = visit(desk=desk_login).page
    opened = DeskPage(page, demo).open_list(OTHER_CASE)
    sealed, long = tmp_path / "list.sealed", tmp_path / "long.sealed"
    opened.download_sealed().save_as(sealed)
    header, row, *_ = sealed.read_bytes().splitlines(keepends=True)
    long.write_bytes(header + row * MANY + b'{"end":true,"rows":%d}\n' % MANY)
    page.locator(".open-list-file summary").click()
    page.locator("[data-list-file]").set_input_files(long)
    opened.save_as(form)
    page.evaluate(WATCH)
    with page.expect_download(timeout=120_000) as caught:
        opened.try_phrase(demo.phrase)
    longest_wait = page.evaluate("window.longestWait")
    saved = Path(caught.value.path())
    rows = saved.read_bytes() if form == "csv" else _parts(saved)["xl/worksheets/sheet1.xml"]
    assert rows.count(b"\r\n" if form == "csv" else b"<row>") == MANY + 1
    assert longest_wait < 500, f"the page did not answer for {longest_wait} ms"


def test_a_connection_that_breaks_off_is_taken_up_again(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState
) -> None:
    """Half of the list comes, then the connection ends: the page goes on from the last whole row, and says so."""
    emails = [new_address() for _ in range(3)]
    for email in emails:
        demo.confirm(demo.sign(OTHER_CASE, name="Alice Appleton", email=email))
    page = visit(desk=desk_login).page
    opened = DeskPage(page, demo).open_list(OTHER_CASE)
    asked: list[str] = []

    def cut(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
            return
        body = route.fetch().body()
        lines = body.splitlines(keepends=True)
        route.fulfill(body=b"".join(lines[:3]) + lines[3][:100])

    page.route("**/signatures/**", cut)
    opened.try_phrase(demo.phrase)
    expect(opened.status).to_contain_text("Going on from the last row")
    with page.expect_download() as caught:
        pass
    written = Path(caught.value.path()).read_text("utf-8")
    assert all(written.count(email) == 1 for email in emails)
    assert len(asked) == 2
    assert "rows=2" in asked[1]


def _refuses(opened: OpenListPage, phrase: str) -> None:
    opened.try_phrase(phrase)
    expect(opened.error).not_to_be_empty()
    expect(opened.page.locator("[data-open-list]")).not_to_have_attribute("aria-busy", "true")
    expect(opened.save).to_be_hidden()


def _parts(workbook: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(workbook) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _decrypt(sealed: Path, out: Path, phrase: str) -> None:
    # In a session of its own there is no terminal, so the phrase is read from the pipe.
    subprocess.run(
        [sys.executable, "-m", "campaign", "decrypt", str(sealed), "--out", str(out)],
        cwd=Path(__file__).parents[2],
        input=f"{phrase}\n".encode(),
        start_new_session=True,
        capture_output=True,
        check=True,
        timeout=60,
    )
