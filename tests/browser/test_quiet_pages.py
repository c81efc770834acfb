"""Pages weigh little, keep nothing in the browser, talk to nobody else, and print without the furniture."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NO_SESSION, PHONE, NewVisit
from tests.browser.demo_site import CASE, OTHER_CASE, PETITION, DemoSite, new_address
from tests.browser.pages import CampaignPage, ConfirmPage, Mailbox

pytestmark = pytest.mark.browser

MOST_BYTES = 60_000


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("slug", [PETITION, CASE, OTHER_CASE])
def test_a_campaign_page_weighs_little(
    visit: NewVisit, demo: DemoSite, slug: str, language: str, record_property: Any
) -> None:
    """HTML, styles and scripts of a first visit stay under 60 KB on the wire, headers included, fonts aside."""
    page = visit(viewport=PHONE).page
    sizes = _transfer_sizes(page)
    CampaignPage(page, demo, slug, language).open()
    page.wait_for_load_state("networkidle")
    weighed = {kind: sum(size for found, size in sizes.values() if found == kind) for kind, _ in sizes.values()}
    fonts = weighed.pop("Font", 0)
    total = sum(weighed.values())
    record_property("page_weight_bytes", total)
    print(f"{language}/{slug}: {total} bytes {weighed}, fonts {fonts}")  # noqa: T201 - `pytest -rP` shows it
    assert total < MOST_BYTES


def test_the_whole_journey_leaves_nothing_behind(visit: NewVisit, demo: DemoSite) -> None:
    """From the front page to the thanks: no cookie is offered, nothing is stored, nobody else is asked."""
    one = visit()
    page, email = one.page, new_address()
    offered: list[str] = []
    one.context.on("response", lambda answer: offered.append(answer.url) if "set-cookie" in answer.headers else None)
    page.goto(demo.address("/"))
    page.locator(f'h2 a[href$="/{PETITION}/"]').click()
    campaign = CampaignPage(page, demo, PETITION)
    campaign.sign("Alice Appleton", email)
    mailbox = Mailbox(page, demo)
    mailbox.open_newest(email)
    mailbox.follow("confirm")
    ConfirmPage(page).confirm(("youth",))
    for path in ("signatures", "statistics"):
        page.goto(f"{campaign.url}{path}")
    assert offered == []
    assert one.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    one.check()


@pytest.mark.parametrize("path", ["/fa/", f"/en/{CASE}/", f"/embed/{PETITION}", "/organize/login", "/no/such/page"])
def test_every_page_names_its_icon(visit: NewVisit, demo: DemoSite, path: str) -> None:
    """Otherwise a browser asks for /favicon.ico, which is an error in its console and a page that nobody wrote."""
    one = visit(desk=NO_SESSION)
    one.page.goto(demo.address(path))
    one.complaints.clear()
    icon = one.page.locator('link[rel="icon"]')
    expect(icon).to_have_count(1)
    assert one.context.request.get(demo.address(icon.get_attribute("href") or "")).ok


def test_print_leaves_out_the_bar_and_the_form(visit: NewVisit, demo: DemoSite) -> None:
    """On paper there is the text with its sources, and nothing to press."""
    page = visit(viewport=PHONE).page
    CampaignPage(page, demo, CASE).open()
    bar = page.locator(".sign-bar")
    expect(bar).to_be_visible()
    page.emulate_media(media="print")
    expect(bar).to_be_hidden()
    expect(page.locator("form.sign-form")).to_be_hidden()
    expect(page.locator(".timeline")).to_be_visible()


def test_the_bar_keeps_the_form_in_reach(visit: NewVisit, demo: DemoSite) -> None:
    """While reading on a phone the bar is at hand, leads to the form, and is out of the way there."""
    page = visit(viewport=PHONE).page
    campaign = CampaignPage(page, demo, PETITION).open()
    bar = page.locator(".sign-bar")
    expect(bar).to_be_in_viewport(ratio=1)
    bar.locator('a[href="#sign"]').click()
    expect(campaign.form.field("name")).to_be_in_viewport()
    expect(bar).not_to_be_in_viewport()


def _transfer_sizes(page: Page) -> dict[str, tuple[str, int]]:
    """Fills with the kind and the bytes on the wire of everything the page loads, by request."""
    found: dict[str, tuple[str, int]] = {}
    kinds: dict[str, str] = {}
    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: found.update(
            {event["requestId"]: (kinds.get(event["requestId"], "Other"), int(event["encodedDataLength"]))}
        ),
    )
    devtools.send("Network.enable")
    return found
