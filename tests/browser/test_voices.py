"""A message in a real browser: written on a phone without a script, decided about from the keyboard, read."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import PHONE, NewVisit
from tests.browser.demo_site import CASE, DemoSite, new_address

pytestmark = pytest.mark.browser
HOSTILE = "<script>document['title']='!'</script> از حقوق او دفاع می‌کنم."


def expect_good_page(page: Page) -> None:
    """Nothing for axe to complain of, and nothing wider than the phone."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1], f"{page.url} is {width[0]} wide"


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_message_is_written_read_and_shown(
    visit: NewVisit, demo: DemoSite, desk_login: StorageState, language: str
) -> None:
    words = f"{HOSTILE} {language}"
    letter = demo.sign(CASE, name="Alice", email=new_address(), language=language, public_name="آلیس")
    plain = visit(scripts=False, viewport=PHONE).page
    plain.goto(letter.link("confirm"))
    plain.locator("details.more summary").click()
    plain.locator("#words").fill(words)
    plain.locator("input[name=audience][value=both]").check()
    plain.locator(".sign-button").click()
    expect(plain.locator(".notice").first).to_be_visible()

    desk = visit(viewport=PHONE, desk=desk_login).page
    desk.goto(demo.address("/organize/moderation/own-addresses"))
    desk.locator("#addresses").fill("organizer@example.org")
    expect_good_page(desk)
    desk.locator("main form button").click()
    expect(desk.locator("#items")).to_contain_text(words)
    expect_good_page(desk)
    # From the keyboard: the box, what is to be done, the button.
    desk.locator("input[name=item]").first.focus()
    desk.keyboard.press("Space")
    desk.locator("input[name=deed][value=approve]").focus()
    desk.keyboard.press("Space")
    desk.locator(".desk-decide button").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".desk-undo")).to_be_visible()
    expect_good_page(desk)

    reader = visit(viewport=PHONE).page
    for path in (f"/{language}/{CASE}/", f"/{language}/{CASE}/messages"):
        reader.goto(demo.address(path))
        expect(reader.locator(".voice-text").first).to_contain_text(words)
        assert reader.title() != "!"
        expect_good_page(reader)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("path", ["endorse", "endorsements", "endorse/sent", "messages"])
def test_pages_of_organizations_and_empty_lists(visit: NewVisit, demo: DemoSite, path: str, language: str) -> None:
    page = visit(viewport=PHONE).page
    page.goto(demo.address(f"/{language}/{CASE}/{path}"))
    expect_good_page(page)
