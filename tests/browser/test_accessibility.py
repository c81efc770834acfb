"""axe finds nothing to complain of on any public page, in both directions of writing, in light and in dark.

The desk's pages have a test of their own (`test_every_desk_page.py`).
"""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, NewVisit
from tests.browser.demo_site import CASE, PETITION, DemoSite, new_address
from tests.browser.host_site import HostSite
from tests.browser.pages import CampaignPage

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "fa")
# In the dark a page is the same in all but its colours.
SCHEMES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
PAGES = (
    "",
    f"{PETITION}/",
    f"{CASE}/",
    f"{PETITION}/check-your-email",
    f"{PETITION}/confirmed",
    f"{PETITION}/signatures",
    f"{PETITION}/statistics",
    "manage",
    "manage/sent",
    "manage/withdrawn",
    "privacy",
    "confirm/not-a-token",
    "search?q=sotudeh",
    "search?q=nobody-at-all",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES, ids=[path or "home" for path in PAGES])
def test_public_pages(visit: NewVisit, demo: DemoSite, path: str, language: str) -> None:
    """What anybody can open."""
    one = visit()
    one.page.goto(demo.address(f"/{language}/{path}"))
    # A link that does not work is answered with 404, which the browser writes down.
    one.complaints.clear()
    expect_no_violations(one.page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_behind_a_mailed_link(visit: NewVisit, demo: DemoSite, language: str) -> None:
    """The page to confirm, before and after, and the page of one's own signature, with and without news."""
    page = visit(viewport=PHONE).page
    fields = {"public_name": "آلیس", "updates": "y"}
    letter = demo.sign(PETITION, name="Alice", email=new_address(), language=language, **fields)
    page.goto(letter.link("confirm"))
    expect_no_violations(page)
    demo.confirm(letter)
    page.reload()
    expect_no_violations(page)
    page.goto(letter.link("manage"))
    expect(page.locator("#sure")).to_be_visible()
    expect_no_violations(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_with_errors(visit: NewVisit, demo: DemoSite, language: str) -> None:
    """The campaign page with its summary of what is wrong and all fields open."""
    page = visit(viewport=PHONE).page
    campaign = CampaignPage(page, demo, PETITION, language).open()
    campaign.form.sign("Alice", "alice@example", message="A reservation.")
    expect(campaign.form.errors).to_be_visible()
    expect_no_violations(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_statistics_with_numbers(visit: NewVisit, demo: DemoSite, language: str) -> None:
    """The chart and its table, once there is something to draw."""
    demo.confirm(demo.sign(CASE, name="Bob", email=new_address(), public_name="Bob"))
    page = visit().page
    page.goto(demo.address(f"/{language}/{CASE}/statistics"))
    page.locator("details summary").first.click()
    expect_no_violations(page)
    page.goto(demo.address(f"/{language}/{CASE}/signatures"))
    expect_no_violations(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame(visit: NewVisit, demo: DemoSite, ally: HostSite, language: str) -> None:
    """The petition as a page of its own, as it is in a frame."""
    page = visit(viewport=PHONE).page
    for path in (f"/embed/{PETITION}?lang={language}", f"/embed/{PETITION}/check-your-email?lang={language}"):
        page.goto(demo.address(path))
        expect_no_violations(page)


def expect_no_violations(page: Page) -> None:
    found = []
    for scheme, rules in SCHEMES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        results = Axe().run(page, options=rules)
        found += [
            f"{scheme} {page.url} {broken['id']}: {node['html'][:200]} — {node['failureSummary']}"
            for broken in results.response["violations"]
            for node in broken["nodes"]
        ]
    assert found == [], "\n".join(found)
