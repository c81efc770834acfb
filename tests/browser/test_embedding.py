"""The petition on an allied site: another host frames it, its visitors sign there and never leave the page."""

import re

import pytest
from playwright.sync_api import Frame, Locator, Page, expect

from tests.browser.conftest import PHONE, NewVisit
from tests.browser.demo_site import PETITION, DemoSite, new_address
from tests.browser.host_site import HostSite
from tests.browser.pages import CampaignPage, ConfirmPage, SignForm
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser

INNER_SCROLL = "document.documentElement.scrollHeight - window.innerHeight"


@pytest.mark.parametrize("scripts", [False, True], ids=["scripts-off", "scripts-on"])
def test_signing_in_a_frame_of_another_site(visit: NewVisit, demo: DemoSite, ally: HostSite, scripts: bool) -> None:
    """With third-party cookies blocked, a plain iframe signs and shows where to look inside itself."""
    one = visit(scripts=scripts)
    page, email = one.page, new_address()
    before = CampaignPage(page, demo, PETITION).open().count
    kept = _cookies_offered(page)
    host = ally.page(f'<iframe src="{demo.url}/embed/{PETITION}?lang=en" title="Petition" width="500" height="1200">')
    page.goto(host)
    SignForm(page.frame_locator("iframe")).sign("Alice Appleton", email)
    frame = _frame(page)
    frame.wait_for_url(re.compile(r"/check-your-email"))
    expect(frame.locator("h1")).to_be_visible()
    expect(frame.locator("form.sign-form")).to_have_count(0)
    expect(page).to_have_url(host)
    assert kept == []

    letter = demo.newest_letter(email)
    page.goto(letter.link("confirm"))
    assert ConfirmPage(page).confirm() == before + 1


def test_the_widget_signs_and_its_height_follows(visit: NewVisit, demo: DemoSite, ally: HostSite) -> None:
    """`<petition-widget>` speaks the language asked for, grows with its content, and has no scrollbar of its own."""
    page, email = visit().page, new_address()
    page.goto(ally.page(_widget(demo, 'lang="fa"')))
    iframe, frame = page.locator("petition-widget iframe"), _frame(page)
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    form = SignForm(frame)
    _expect_no_inner_scroll(frame, "the frame fits its content")
    first = _height(iframe)

    form.open_more()
    _expect_taller(iframe, first, "the frame grows when the details open")
    _expect_no_inner_scroll(frame, "the frame fits the open details")
    form.more.locator("summary").click()
    wait_until("the frame shrinks back", lambda: abs(_height(iframe) - first) < 2)

    form.sign("آلیس", "alice@example")
    expect(form.errors).to_be_visible()
    _expect_taller(iframe, first, "the frame grows for the error summary")
    _expect_no_inner_scroll(frame, "the frame fits the error summary")
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")

    form.field("email").fill(email)
    form.send()
    frame.wait_for_url(re.compile(r"/check-your-email"))
    wait_until("the frame shrinks with the short page", lambda: _height(iframe) < first)
    _expect_no_inner_scroll(frame, "the frame fits the page to check one's mail")
    assert "/fa/confirm/" in demo.newest_letter(email).text


def test_what_the_widget_answers_comes_into_view(visit: NewVisit, demo: DemoSite, ally: HostSite) -> None:
    """On a phone the button is far below the frame's top, where the answer stands: the host's page moves to it."""
    page = visit(viewport=PHONE).page
    page.goto(ally.page(_widget(demo, "") + "<p>The page goes on.</p>" * 100))
    frame = _frame(page)
    form = SignForm(frame)
    form.sign("Alice", "alice@example")
    expect(form.errors).to_be_visible()
    _expect_in_window(page, form.errors, "the summary of errors comes into view")
    form.sign("Alice", new_address())
    frame.wait_for_url(re.compile(r"/check-your-email"))
    _expect_in_window(page, frame.locator("h1"), "the page to look in one's mail comes into view")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_widget_fits_a_phone_in_each_theme(visit: NewVisit, demo: DemoSite, ally: HostSite, theme: str) -> None:
    """On an old phone the widget is as wide as the page around it, in the theme its host asks for."""
    page = visit(viewport=PHONE).page
    page.goto(ally.page(_widget(demo, f'theme="{theme}"')))
    frame = _frame(page)
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    expect(frame.locator("h1")).to_be_visible()
    assert frame.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_widget_without_scripts_leaves_its_link(visit: NewVisit, demo: DemoSite, ally: HostSite) -> None:
    """Whoever has scripts off sees what the host wrote inside the tag: a link to the petition."""
    page = visit(scripts=False).page
    page.goto(ally.page(_widget(demo, "")))
    page.locator("petition-widget a").click()
    expect(page).to_have_url(demo.address(f"/en/{PETITION}/"))


def _widget(demo: DemoSite, attributes: str) -> str:
    link = f'<a href="{demo.url}/en/{PETITION}/">Sign</a>'
    widget = f'<petition-widget campaign="{PETITION}" {attributes}>{link}</petition-widget>'
    return f'{widget}<script src="{demo.url}/embed.js" async></script>'


def _frame(page: Page) -> Frame:
    """The petition's frame, once it has loaded."""
    handle = page.locator("iframe").element_handle()
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_load_state()
    return frame


def _cookies_offered(page: Page) -> list[str]:
    """Fills with the address of each answer that wants to set a cookie; the browser may have refused to keep it."""
    found: list[str] = []
    page.context.on("response", lambda answer: found.append(answer.url) if "set-cookie" in answer.headers else None)
    return found


def _height(iframe: Locator) -> float:
    box = iframe.bounding_box()
    assert box is not None
    return box["height"]


def _expect_in_window(page: Page, part: Locator, what: str) -> None:
    """The part's top is in the window of the page around the frame, not only in the frame's own."""
    height = page.viewport_size["height"] if page.viewport_size else 0

    def is_in_window() -> bool:
        box = part.bounding_box()
        return box is not None and 0 <= box["y"] < height

    wait_until(what, is_in_window, seconds=10)


def _expect_taller(iframe: Locator, than: float, what: str) -> None:
    wait_until(what, lambda: _height(iframe) > than + 20)


def _expect_no_inner_scroll(frame: Frame, what: str) -> None:
    wait_until(what, lambda: frame.evaluate(INNER_SCROLL) <= 0, seconds=10)
