"""The site's pages as people use them. Found by ids, names and roles, never by words: they exist in many languages."""

import re
from typing import Protocol

from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.demo_site import DemoSite, Letter


class Findable(Protocol):
    """A page or a frame."""

    def locator(self, selector: str) -> Locator: ...


class SignForm:
    """The form to sign with, on the campaign page or in a frame."""

    def __init__(self, root: Findable) -> None:
        self.form = root.locator("form.sign-form")
        self.errors = root.locator(".error-summary")
        self.more = self.form.locator("details.more")

    def field(self, name: str) -> Locator:
        return self.form.locator(f'[name="{name}"]')

    def open_more(self) -> None:
        self.more.locator("summary").click()
        expect(self.field("message")).to_be_visible()

    def sign(
        self,
        name: str,
        email: str,
        *,
        public_name: str = "",
        country: str = "",
        message: str = "",
        updates: bool = False,
    ) -> None:
        """Fill in and send."""
        self.field("name").fill(name)
        self.field("email").fill(email)
        self.field("public_name").fill(public_name)
        if country or message or updates:
            self.open_more()
            self.field("country").select_option(country)
            self.field("message").fill(message)
            self.field("updates").set_checked(updates)
        self.send()

    def send(self) -> None:
        self.form.locator(".sign-button").click()


class CampaignPage:
    """A petition or a case."""

    def __init__(self, page: Page, demo: DemoSite, slug: str, language: str = "en") -> None:
        self.page = page
        self.url = demo.address(f"/{language}/{slug}/")
        self.form = SignForm(page)

    def open(self) -> "CampaignPage":
        self.page.goto(self.url)
        expect(self.page.locator("h1")).to_be_visible()
        return self

    @property
    def count(self) -> int:
        return shown_count(self.page)

    def sign(self, name: str, email: str, **more: str) -> None:
        """Sign, and see the page that says to look in the mail."""
        self.form.sign(name, email, **more)
        expect(self.page).to_have_url(f"{self.url}check-your-email")


class Mailbox:
    """The demo's mailbox, read in the browser."""

    def __init__(self, page: Page, demo: DemoSite) -> None:
        self.page = page
        self._demo = demo

    def open_newest(self, to: str, *, number: int = 1) -> Letter:
        """Show the newest mail to that address once there are `number`, and give it."""
        letter = self._demo.newest_letter(to, number=number)
        self.page.goto(self._demo.address("/demo/mailbox"))
        self.page.locator("a.mail-line", has_text=to).first.click()
        expect(self.page).to_have_url(self._demo.address(f"/demo/mailbox/{letter.path.stem}"))
        return letter

    def follow(self, part: str) -> None:
        """Click the link in the open mail, "confirm" or "manage"."""
        self.page.locator(f'.mail-text a[href*="/{part}/"]').click()
        expect(self.page).to_have_url(re.compile(f"/{part}/"))


class ConfirmPage:
    """Behind the link of the mail."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.button = page.locator("main form .sign-button")

    def confirm(self, communities: tuple[str, ...] = ()) -> int:
        """Tick, press the button; the count on the page that says thanks."""
        for community in communities:
            self.page.locator(f'[name="community"][value="{community}"]').check()
        self.button.click()
        expect(self.page).to_have_url(re.compile(r"/confirmed$"))
        return shown_count(self.page)


class ManagePage:
    """One's own signature."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.saved = page.locator('main [role="status"]')

    def show_name(self, public_name: str) -> None:
        """Change the shown name; empty hides it."""
        self.page.locator("#public_name").fill(public_name)
        self._form("name").locator("button").click()
        expect(self.saved).to_be_visible()

    def withdraw(self) -> None:
        self.page.locator("#sure").check()
        self._form("withdraw").locator("button").click()
        expect(self.page).to_have_url(re.compile(r"/manage/withdrawn$"))

    def _form(self, action: str) -> Locator:
        return self.page.locator("main form", has=self.page.locator(f'[name="action"][value="{action}"]'))


class DeskPage:
    """Where organizers work."""

    def __init__(self, page: Page, demo: DemoSite) -> None:
        self.page = page
        self._demo = demo

    def log_in(self, password: str, login: str = "demo") -> None:
        self.page.goto(self._demo.address("/organize/"))
        self.page.locator("#login").fill(login)
        self.page.locator("#password").fill(password)
        self.page.locator('main button[type="submit"]').click()
        expect(self.page).to_have_url(self._demo.address("/organize/"))

    def open_campaign(self, slug: str) -> None:
        """From the desk's first page, as an organizer goes."""
        self.page.goto(self._demo.address("/organize/"))
        self.page.locator(f'th a[href$="/campaigns/{slug}/"]').click()
        expect(self.page).to_have_url(self._demo.address(f"/organize/campaigns/{slug}/"))

    def open_list(self, slug: str) -> "OpenListPage":
        self.open_campaign(slug)
        self.page.locator('main a[href$="/open-list"]').click()
        expect(self.page).to_have_url(re.compile("/open-list$"))
        self.ask("open")
        expect(self.page).to_have_url(re.compile("/open-list/"))
        # Until its script has come, the form is one that only loads the page again.
        self.page.wait_for_load_state()
        return OpenListPage(self.page)

    def ask(self, form: str) -> None:
        """Fill in the form that gives a list."""
        self.page.locator("#form").select_option(form)
        self.page.locator("#purpose").fill("Delivery to the ministry")
        self.page.locator('main form button[type="submit"]').click()


class OpenListPage:
    """Opens the sealed list in the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.phrase = page.locator("#phrase")
        self.error = page.locator("[data-error]")
        self.status = page.locator("[data-status]")
        self.save = page.locator("[data-save]")
        self._button = page.locator("[data-open-list-form] button")

    def try_phrase(self, phrase: str) -> None:
        self.phrase.fill(phrase)
        self._button.click()

    def save_as(self, form: str) -> None:
        self.page.locator("[data-save-as]").select_option(form)

    def save_with(self, phrase: str) -> Download:
        """What the browser saves."""
        with self.page.expect_download() as caught:
            self.try_phrase(phrase)
        return caught.value

    def download_sealed(self) -> Download:
        """The sealed file, for opening it offline."""
        with self.page.expect_download() as caught:
            self.page.locator('ol a[href*="/signatures/"]').click()
        return caught.value


def shown_count(page: Page) -> int:
    """The number of signatures as programs read it from a page."""
    counter = page.locator("[data-signature-count]")
    expect(counter).to_have_count(1)
    return int(counter.get_attribute("data-signature-count") or "")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    return int(page.evaluate("document.documentElement.scrollWidth")) - width
