"""A passkey is made, asked for at the next login, and shown: in a real browser, with the keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo_site import DemoSite, new_demo_folder, remove

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def demo_by_name() -> Iterator[DemoSite]:
    """A passkey belongs to a host name; an address like 127.0.0.1 can have none."""
    folder = new_demo_folder()
    site = DemoSite(folder, host="localhost")
    try:
        site.start()
        yield site
    finally:
        site.stop()
        remove(folder)


def log_in(page: Page, demo: DemoSite) -> None:
    page.goto(demo.address("/organize/login"))
    page.locator("#login").fill("demo")
    page.locator("#password").fill(demo.password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """With the keyboard."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")


def test_a_passkey_is_made_and_asked_for_from_then_on(browser: Browser, demo_by_name: DemoSite) -> None:
    context = browser.new_context()
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    log_in(page, demo_by_name)
    expect(page).to_have_url(demo_by_name.address("/organize/"))
    page.goto(demo_by_name.address("/organize/account/passkey"))
    page.locator("#name").fill("telephone")
    press(page, "Make a passkey")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(demo_by_name.address("/organize/account"))
    expect(page.locator("main")).to_contain_text("telephone")

    press(page, "Log out")
    expect(page).to_have_url(demo_by_name.address("/organize/login"))
    log_in(page, demo_by_name)
    expect(page).to_have_url(demo_by_name.address("/organize/factor"))
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    press(page, "Use a passkey")
    expect(page).to_have_url(demo_by_name.address("/organize/"))

    # Another device, which has no passkey of theirs.
    press(page, "Log out")
    expect(page).to_have_url(demo_by_name.address("/organize/login"))
    devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    log_in(page, demo_by_name)
    press(page, "Use a passkey")
    expect(page.locator("[data-error]")).not_to_be_empty()
    expect(page).to_have_url(demo_by_name.address("/organize/factor"))
    page.goto(demo_by_name.address("/organize/"))
    expect(page).to_have_url(demo_by_name.address("/organize/factor"))
    context.close()


def test_where_no_passkey_can_be_made_the_page_says_what_else_works(browser: Browser, demo: DemoSite) -> None:
    context = browser.new_context()
    page = context.new_page()
    log_in(page, demo)
    page.goto(demo.address("/organize/account/passkey"))
    page.locator("#name").fill("telephone")
    press(page, "Make a passkey")
    expect(page.locator("[data-error]")).to_contain_text("authenticator app works everywhere")
    context.close()
