"""A supporter writes a letter on their own machine: nothing leaves it, and it gets out whole, script or no script."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect
from sqlalchemy import func, select

from campaign.campaigns.models import Campaign
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.letters.mail_links import LONGEST_LINK
from campaign.letters.models import LetterCount, LetterDelta
from tests.browser.key_pages import KeysDesk
from tests.browser.real_site import RealSite, real_site
from tests.browser.test_accessibility import expect_no_violations
from tests.browser.visits import Visit
from tests.factories import LETTER, SLUG, make_letter, make_update

pytestmark = pytest.mark.browser

ENGLISH = "english-office"
MINE = "I have worked at this mill for ten years, and I ask you to open it."
SECRET = "My secret is Rumpelstiltskin"
HOSTILE = (
    "![spy](http://127.0.0.1:9/pixel.png) ![spy](//127.0.0.1:9/pixel.png) <img src=//127.0.0.1:9/x> "
    "[run](javascript:document.title='hacked') <script>document.title='hacked'</script>"
)
NewPage = Callable[..., Page]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """A petition with two letters and news, some of it hostile."""
    with real_site(tmp_path_factory.mktemp("letters")) as running:
        with running.app.app_context():
            with transaction() as session:
                campaign_id = session.scalars(select(Campaign.id)).one()
                make_letter(session, campaign_id)
                make_letter(session, campaign_id, ENGLISH, reads=["en"], office={"en": "Ministry of mills"})
                make_update(session, campaign_id, utc_now().date())
                hostile = {"en": {"title": "<script>document.title='hacked'</script>", "body": HOSTILE}}
                make_update(session, campaign_id, utc_now().date(), "hostile", texts=hostile)
            db.session.remove()
        yield running


@pytest.fixture
def visits(browser: Browser, site: RealSite) -> Iterator[list[Visit]]:
    made: list[Visit] = []
    yield made
    for one in made:
        one.check()
        one.context.close()


@pytest.fixture
def new_page(browser: Browser, site: RealSite, visits: list[Visit]) -> NewPage:
    def made(*, scripts: bool = True, viewport: dict[str, int] = WIDE) -> Page:
        context = browser.new_context(java_script_enabled=scripts, viewport=viewport, reduced_motion="reduce")  # type: ignore[arg-type]
        visits.append(Visit(context, (site.url,)))
        return visits[-1].page

    return made


class LetterPage:
    """The page of one letter, and every request that the browser makes on it."""

    def __init__(self, page: Page, site: RealSite, key: str = ENGLISH, language: str = "en") -> None:
        self.page = page
        page.goto(site.address(f"/{language}/{SLUG}/letters/{key}"))
        page.wait_for_load_state("networkidle")
        self.requests: list[str] = []
        page.on("request", self._note)
        self.subject = page.locator("#letter-subject")
        self.body = page.locator("#letter-body")
        self.sheet = page.locator(".letter-sheet")
        self.open = page.locator("[data-open]")

    def _note(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url} {request.post_data or ''}")

    def mail(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.open.get_attribute("href") or "").query)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()


def counted(site: RealSite) -> int:
    with site.app.app_context():
        waiting = db.session.scalar(select(func.count()).select_from(LetterDelta)) or 0
        summed = db.session.scalar(select(func.sum(LetterCount.sent))) or 0
        db.session.remove()
        return int(waiting + summed)


def test_writing_a_letter_sends_nothing_and_keeps_nothing(site: RealSite, new_page: NewPage) -> None:
    letter = LetterPage(new_page(), site)
    letter.body.fill("")
    letter.body.press_sequentially(SECRET)
    letter.subject.fill("A subject of my own")
    letter.press("Copy the text")
    letter.page.wait_for_load_state("networkidle")
    assert letter.requests == []
    kept = "[localStorage.length, sessionStorage.length, document.cookie.length]"
    assert letter.page.evaluate(kept) == [0, 0, 0]
    letter.press("I sent one")
    letter.page.wait_for_url(re.compile("/thanks$"))
    assert not [request for request in letter.requests if "Rumpelstiltskin" in request or "subject" in request]
    (posted,) = [request for request in letter.requests if request.startswith("POST")]
    assert posted.split() == ["POST", site.address(f"/en/{SLUG}/letters/{ENGLISH}/sent")]


def test_the_mail_carries_what_was_written(site: RealSite, new_page: NewPage) -> None:
    letter = LetterPage(new_page(), site)
    assert letter.mail()["body"] == ["To whom it may concern,\r\n\r\nopen the mill."]
    letter.subject.fill("Ünïcode & more? #1")
    letter.body.fill(f"{MINE}\n100% & more")
    assert letter.mail() == {"subject": ["Ünïcode & more? #1"], "body": [f"{MINE}\r\n100% & more"]}
    expect(letter.page.locator("[data-too-long]")).to_be_hidden()
    letter.body.fill("م" * 400)
    assert "body" not in letter.mail()
    expect(letter.page.locator("[data-too-long]")).to_be_visible()
    assert len(letter.open.get_attribute("href") or "") <= LONGEST_LINK
    letter.body.fill("\ud83d\ude00 short again")
    assert letter.mail()["body"] == ["😀 short again"]


def test_what_was_written_is_copied_or_else_selected(site: RealSite, new_page: NewPage) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    letter = LetterPage(page, site)
    letter.body.fill(MINE)
    letter.press("Copy the text")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == MINE
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    letter.press("Copy the text")
    expect(page.locator("[data-selected]")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == MINE


def test_on_paper_there_is_what_was_written_with_the_address_and_nothing_else(
    site: RealSite, new_page: NewPage
) -> None:
    letter = LetterPage(new_page(), site)
    text = "\n".join(f"Line {number}" for number in range(60))
    letter.body.fill(text)
    letter.page.evaluate("() => { window.print = () => { document.body.dataset.printed = '1'; }; }")
    letter.press("Print")
    expect(letter.page.locator("body")).to_have_attribute("data-printed", "1")
    letter.page.emulate_media(media="print")
    expect(letter.sheet.get_by_text("Line 59")).to_be_visible()
    expect(letter.sheet.get_by_text("12 Mill Street")).to_be_visible()
    for hidden in ("h1", "textarea", "form button", ".site-header", ".site-footer", ".letter-ways", ".letter-address"):
        expect(letter.page.locator(hidden).first).to_be_hidden()
    # A text field prints only as much as it shows; the sheet prints all of it, over several pages.
    printed = letter.page.pdf(format="A4")
    assert len(re.findall(rb"/Type /Page\b", printed)) >= 2


def test_without_a_script_the_letter_can_be_mailed_copied_and_printed(site: RealSite, new_page: NewPage) -> None:
    letter = LetterPage(new_page(scripts=False), site)
    expect(letter.body).to_be_hidden()
    expect(letter.sheet).to_contain_text("open the mill.")
    assert letter.mail()["body"] == ["To whom it may concern,\r\n\r\nopen the mill."]
    expect(letter.page.get_by_role("button", name="Copy the text")).to_be_hidden()
    expect(letter.page.locator("[data-without-script]")).to_be_visible()
    before = counted(site)
    letter.press("I sent one")
    expect(letter.page.locator("h1")).to_have_text("Thank you")
    assert counted(site) == before + 1
    letter.page.go_back()
    letter.page.emulate_media(media="print")
    expect(letter.sheet).to_contain_text("12 Mill Street")
    expect(letter.page.locator("h1")).to_be_hidden()


def test_a_letter_is_written_with_the_keyboard_alone(site: RealSite, new_page: NewPage) -> None:
    letter = LetterPage(new_page(), site)
    page = letter.page
    _tab_to(page, letter.subject)
    # No form holds the field, so Enter sends nothing.
    page.keyboard.press("Enter")
    _tab_to(page, letter.body, within=1)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(MINE)
    _tab_to(page, letter.open, within=1)
    _tab_to(page, page.locator("[data-copy]"), within=1)
    _tab_to(page, page.locator("[data-print]"), within=1)
    _tab_to(page, page.locator("form button"), within=9)
    assert letter.requests == []
    assert letter.mail()["body"] == [MINE]
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_persian_letter_runs_from_right_to_left_beside_its_meaning(
    site: RealSite,
    new_page: NewPage,
    language: str,
) -> None:
    letter = LetterPage(new_page(viewport=PHONE), site, LETTER, language)
    expect(letter.body).to_have_css("direction", "rtl")
    expect(letter.page.locator(".letter-beside")).to_have_count(1 if language == "en" else 0)
    assert letter.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect_no_violations(letter.page)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("path", ["letters", f"letters/{ENGLISH}/thanks", "updates", ""])
def test_pages_of_letters_and_news_are_accessible_and_narrow(
    site: RealSite,
    new_page: NewPage,
    path: str,
    language: str,
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(site.address(f"/{language}/{SLUG}/{path}"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect_no_violations(page)


@pytest.mark.parametrize("path", ["", "updates"])
def test_hostile_news_runs_nothing_and_asks_for_nothing(site: RealSite, new_page: NewPage, path: str) -> None:
    """The visit fails if anything is asked of another host."""
    page = new_page()
    page.goto(site.address(f"/en/{SLUG}/{path}"))
    page.wait_for_load_state("networkidle")
    assert "hacked" not in page.title()
    expect(page.locator("article img, section img")).to_have_count(0)
    expect(page.get_by_text("<script>document.title='hacked'</script>").first).to_be_visible()
    expect(page.locator('a[href^="javascript"]')).to_have_count(0)


def test_an_organizer_writes_news_and_a_letter_on_a_phone(
    site: RealSite, visits: list[Visit], browser: Browser
) -> None:
    """No script is needed at the desk either, and nothing is wider than the screen."""
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    KeysDesk(page, site, Path()).log_in()
    for path in ("letters", "letters/new", f"letters/edit/{LETTER}", "updates", "updates/new"):
        page.goto(site.address(f"/organize/campaigns/{SLUG}/{path}"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.locator("#name").fill("from-a-phone")
    page.locator("#texts-0-title").fill("From a phone")
    page.locator("#texts-0-body").fill("Written **here**.")
    page.get_by_role("button", name="One more source").click()
    expect(page.locator("#texts-0-title")).to_have_value("From a phone")
    page.locator("#sources-2-url").fill("nowhere")
    page.locator("#reason").fill("It happened")
    page.get_by_role("button", name="Save and ask for a review").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator(".error-summary a").last.click()
    expect(page.locator("#sources-2-url")).to_be_focused()
    page.locator("#sources-2-url").fill("")
    page.get_by_role("button", name="Save and ask for a review").click()
    expect(page.locator("main")).to_contain_text("somebody else has to review it")
    context.close()


def _tab_to(page: Page, target: Locator, within: int = 60) -> None:
    for _ in range(within):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"not reached with {within} tabs: {target}")
