"""Signing with nothing but a keyboard."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewVisit
from tests.browser.demo_site import PETITION, DemoSite, new_address
from tests.browser.pages import CampaignPage

pytestmark = pytest.mark.browser

# More than the links and fields of the longest page.
MOST_TABS = 200


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_first_tab_skips_to_the_content(visit: NewVisit, demo: DemoSite, language: str) -> None:
    """The skip link comes first, is seen when it has the focus, and puts the focus on the content."""
    page = visit().page
    CampaignPage(page, demo, PETITION, language).open()
    skip = page.locator(".skip-link")
    expect(skip).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


def test_signing_with_the_keyboard(visit: NewVisit, demo: DemoSite) -> None:
    """Tab reaches the fields in their order, the details open with Enter, and Enter in a field sends the form."""
    page, email = visit().page, new_address()
    campaign = CampaignPage(page, demo, PETITION).open()
    form = campaign.form
    _tab_to(page, form.field("name"))
    page.keyboard.type("Alice Appleton")
    _tab_to(page, form.field("email"), within=1)
    page.keyboard.type(email)
    _tab_to(page, form.field("public_name"), within=1)
    _tab_to(page, form.more.locator("summary"), within=1)
    page.keyboard.press("Enter")
    expect(form.field("country")).to_be_visible()
    _tab_to(page, form.field("country"), within=1)
    _tab_to(page, form.field("message"), within=1)
    _tab_to(page, form.field("updates"), within=1)
    expect(form.field("updates")).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{campaign.url}check-your-email")

    page.goto(demo.newest_letter(email).link("confirm"))
    button = page.locator("main form .sign-button")
    _tab_to(page, page.locator('[name="community"]').first)
    page.keyboard.press("Space")
    expect(page.locator('[name="community"]').first).to_be_checked()
    _tab_to(page, button)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{campaign.url}confirmed")


@pytest.mark.parametrize("scripts", [False, True], ids=["scripts-off", "scripts-on"])
def test_the_error_summary_leads_to_the_field(visit: NewVisit, demo: DemoSite, scripts: bool) -> None:
    """A refused form comes back with what was typed, the focus on the summary, whose link moves it to the field."""
    page = visit(scripts=scripts).page
    campaign = CampaignPage(page, demo, PETITION).open()
    form, email = campaign.form, campaign.form.field("email")
    form.sign("Alice Appleton", "alice@example", message="A reservation.")
    expect(form.errors).to_be_focused()
    expect(form.field("name")).to_have_value("Alice Appleton")
    expect(form.field("message")).to_be_visible()
    expect(form.field("message")).to_have_value("A reservation.")
    expect(email).to_have_attribute("aria-invalid", "true")
    described = (email.get_attribute("aria-describedby") or "").split()
    expect(page.locator(f"#{described[-1]}")).to_be_visible()

    page.keyboard.press("Tab")
    link = form.errors.locator("a")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(email).to_be_focused()
    expect(email).to_be_in_viewport()


def _tab_to(page: Page, target: Locator, *, within: int = MOST_TABS) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(within):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            break
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()
