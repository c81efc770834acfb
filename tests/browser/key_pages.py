"""The desk's pages about keys as an organizer uses them."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from campaign.core.db import db
from tests.browser.real_site import LOGIN, PASSWORD, RealSite
from tests.factories import SLUG
from tests.web.desk import show_factor


class KeysDesk:
    """Olga at the desk, and what she has written down."""

    def __init__(self, page: Page, site: RealSite, folder: Path) -> None:
        self.page, self._site, self._folder = page, site, folder
        self.error = page.locator("form [data-error]").first
        self.handover = page.locator("[data-handover]")

    def log_in(self) -> None:
        self.page.goto(self._site.address("/organize/login"))
        self.page.locator("#login").fill(LOGIN)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator('main button[type="submit"]').click()
        expect(self.page).to_have_url(self._site.address("/organize/account/set-up"))
        # The second factor has tests of its own.
        show_factor(self._site.app, LOGIN)
        with self._site.app.app_context():
            db.engine.dispose()
        self.page.goto(self._site.address("/organize/"))

    def speak(self, language: str) -> None:
        """Choose the language of the desk."""
        self.page.locator("#desk-language-field").select_option(language)
        self.page.locator(".desk-language button").click()
        expect(self.page.locator("html")).to_have_attribute("lang", language)

    def open(self, path: str = "") -> None:
        self.page.goto(self._site.address(f"/organize/keys{path}"))

    def press(self) -> None:
        """The one button that starts what the page is for."""
        button = self.page.locator("[data-start]")
        expect(button).to_be_enabled()
        button.click()

    def take_phrase(self, *, mistaken: bool = False) -> str:
        """Write the shown phrase down and type it back."""
        words = self.page.locator(".key-phrase span")
        expect(words).to_have_count(7)
        phrase = " ".join(words.all_inner_texts())
        part = self.page.locator('[data-kind="phrase"]')
        part.locator("[data-next]").click()
        expect(words.first).to_be_hidden()
        if mistaken:
            part.locator("#phrase-back").fill("seven words that nobody has ever given")
            part.locator("[type=submit]").click()
            expect(part.locator("[data-error]")).not_to_be_empty()
        # As somebody types it from paper: other capitals, numbered.
        numbered = " ".join(f"{number}. {word.upper()}" for number, word in enumerate(phrase.split(), 1))
        part.locator("#phrase-back").fill(numbered)
        part.locator("[type=submit]").click()
        return phrase

    def take_file(self) -> Path:
        """Save the key file and choose it again."""
        part = self.page.locator('[data-kind="file"]')
        with self.page.expect_download() as caught:
            part.locator("[data-shown]").click()
        path = self._folder / caught.value.suggested_filename
        caught.value.save_as(path)
        part.locator("[data-next]").click()
        part.locator("#file-back").set_input_files(path)
        part.locator("[type=submit]").click()
        return path

    def take_paper(self) -> str:
        """Copy the four lines and type the last one back."""
        part = self.page.locator('[data-kind="paper"]')
        lines = part.locator(".key-paper li")
        expect(lines).to_have_count(4)
        written = lines.all_inner_texts()
        part.locator("[data-next]").click()
        part.locator("#paper-back").fill(written[-1].lower())
        part.locator("[type=submit]").click()
        return "\n".join(written)

    def done(self, what: str) -> None:
        expect(self.page).to_have_url(re.compile(rf"/organize/keys\?done={what}$"))
        expect(self.page.locator('main [role="status"]')).to_be_visible()

    def holders(self, section: str = "key-in-use") -> list[str]:
        cells = self.page.locator(f'section[aria-labelledby="{section}"] tbody th')
        return cells.all_inner_texts()

    def open_list_page(self, slug: str = SLUG) -> None:
        self.page.goto(self._site.address(f"/organize/campaigns/{slug}/open-list"))
        self.page.locator("#form").select_option("open")
        self.page.locator("#purpose").fill("Delivery to the ministry")
        self.page.locator('main form button[type="submit"]').click()
        expect(self.page.locator("[data-open]")).to_be_enabled()

    def save_list(self) -> str:
        """Press the button of the list's page; what the browser saves."""
        with self.page.expect_download() as caught:
            self.page.locator("[data-open]").click()
        return Path(caught.value.path()).read_text("utf-8-sig")
