"""A consent record opened in a real browser: only the phrase opens it, and what it says stays in that browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, StorageState, expect

from tests.browser.conftest import PHONE, NewVisit
from tests.browser.demo_site import CASE, DemoSite
from tests.browser.test_accessibility import expect_no_violations

pytestmark = pytest.mark.browser

NOTE = "Asked through the union.\nNotemark: <img src=x onerror=alert(1)>"


@pytest.fixture
def page(visit: NewVisit, desk_login: StorageState) -> Page:
    found: Page = visit(desk=desk_login, viewport=PHONE).page
    return found


def test_what_was_recorded_opens_with_the_phrase_and_with_nothing_else(page: Page, demo: DemoSite) -> None:
    consent = demo.address(f"/organize/campaigns/{CASE}/consent")
    for basis, note in (("person", "First."), ("none", NOTE)):
        page.goto(consent)
        page.locator(f"#basis-{basis}").check()
        page.locator("#note").fill(note)
        page.locator("main form .desk-primary").click()
        expect(page.locator("main tbody tr").first).to_be_visible()
    expect(page.locator("main tbody tr")).to_have_count(2)
    assert b"Notemark" not in (demo.instance / "campaign.sqlite3").read_bytes()

    page.goto(f"{consent}/open")
    page.wait_for_load_state()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    opened = page.locator("[data-opened]")
    page.locator("[data-phrase]").fill("seven words that nobody was ever given")
    page.locator("[data-go]").click()
    expect(page.locator("[data-error]")).not_to_be_empty()
    expect(opened).to_be_hidden()
    page.locator("[data-phrase]").fill(demo.phrase)
    page.locator("[data-go]").click()
    expect(opened.locator("dd")).to_have_count(2)
    expect(opened.locator("dd").first).to_contain_text("No consent, or it was taken back")
    expect(opened.locator("dd").first).to_contain_text("Notemark: <img src=x onerror=alert(1)>")
    expect(opened.locator("dd").last).to_have_text(re.compile(r"The person has agreed\s*First\."))
    expect(page.locator("[data-phrase]")).to_have_value("")
    assert opened.locator("img").count() == 0
    # It fetched the record and sent nothing.
    asked = {(request.method, request.url) for request in sent if "/static/" not in request.url}
    assert asked == {("GET", f"{consent}/sealed")}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_has_nothing_to_complain_of_and_nothing_is_wider_than_a_phone(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState
) -> None:
    campaign = demo.address(f"/organize/campaigns/{CASE}")
    for language in ("en", "fa"):
        phone = visit(desk=desk_login, viewport=PHONE, locale=language).page
        for address in (f"{campaign}/", f"{campaign}/consent", f"{campaign}/consent/open", f"{campaign}/hiding"):
            phone.goto(address)
            if phone.locator(".desk-hide summary").count():
                phone.locator(".desk-hide summary").click()
            expect(phone.locator("html")).to_have_attribute("lang", language)
            expect_no_violations(phone)
            assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        for form in ("consent", "hiding"):
            phone.goto(f"{campaign}/{form}")
            phone.locator("main form .desk-primary").click()
            expect(phone.locator(".error-summary")).to_be_visible()
            expect_no_violations(phone)


def test_hidden_in_the_browser_and_taken_back(visit: NewVisit, demo: DemoSite, desk_login: StorageState) -> None:
    one = visit(desk=desk_login, viewport=PHONE)
    desk = one.page
    public = demo.address(f"/en/{CASE}/")
    desk.goto(demo.address(f"/organize/campaigns/{CASE}/"))
    desk.locator(".desk-hide summary").click()
    desk.locator("#hide-reason").select_option("danger")
    desk.get_by_role("button", name="Hide it now").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Hidden everywhere")
    expect_no_violations(desk)
    stranger = visit(scripts=False)
    answer = stranger.page.goto(public)
    assert answer is not None
    assert answer.status == 410
    expect_told = stranger.page.get_by_role("heading", level=1)
    expect(expect_told).to_have_text("This campaign has been taken down")
    assert "otoudeh" not in stranger.page.content()
    stranger.complaints.clear()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Hide this campaign")
    again = stranger.page.goto(public)
    assert again is not None
    assert again.status == 200
