"""Supporters sign, confirm, look after their signature, with scripts off and on a small phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, NewVisit
from tests.browser.demo_site import CASE, PETITION, DemoSite, new_address
from tests.browser.pages import CampaignPage, ConfirmPage, Mailbox, ManagePage, overflow

pytestmark = pytest.mark.browser

WAYS = [
    pytest.param("en", "ltr", WIDE, "Alice Appleton", "A. from the mill", id="english-wide"),
    pytest.param("fa", "rtl", PHONE, "آلیس سیب‌زمینی", "کارگری از هفت‌تپه", id="persian-phone"),
]


@pytest.mark.parametrize(("language", "direction", "window", "name", "public_name"), WAYS)
def test_signing_without_scripts_raises_the_count_by_one(
    visit: NewVisit,
    demo: DemoSite,
    language: str,
    direction: str,
    window: dict[str, int],
    name: str,
    public_name: str,
) -> None:
    """Sign, open the mail, confirm with two communities: one more, but not before the button is pressed, and of the two
    names only the public one is shown.
    """
    page = visit(scripts=False, viewport=window, locale=language).page
    campaign = CampaignPage(page, demo, PETITION, language).open()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    before, email = campaign.count, new_address()

    message = "I do not share the second sentence."
    campaign.sign(name, email, public_name=public_name, country="DE", message=message, updates=True)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    Mailbox(page, demo).open_newest(email)
    Mailbox(page, demo).follow("confirm")
    expect(page.locator("html")).to_have_attribute("lang", language)
    opened = page.url
    assert campaign.open().count == before, "opening the link must change nothing"

    page.goto(opened)
    assert ConfirmPage(page).confirm(("workers", "women")) == before + 1
    assert campaign.open().count == before + 1
    page.goto(f"{campaign.url}signatures")
    expect(page.locator(".signatories li", has_text=public_name)).to_have_count(1)
    expect(page.locator("main")).not_to_contain_text(name)


def test_signing_twice_counts_once(visit: NewVisit, demo: DemoSite) -> None:
    """Who has confirmed and signs again sees the same page, and the mail holds no button that counts again."""
    page = visit(scripts=False).page
    email = new_address()
    demo.confirm(demo.sign(CASE, name="Bob", email=email))
    campaign = CampaignPage(page, demo, CASE).open()
    before = campaign.count
    campaign.sign("Bob", email.upper())
    assert "/confirm/" not in demo.newest_letter(email, number=2).text
    assert campaign.open().count == before


def test_owner_hides_the_name_and_withdraws(visit: NewVisit, demo: DemoSite) -> None:
    """The link in the mail leads to a page that hides the name, shows another, and erases the signature."""
    page = visit(scripts=False).page
    email, name = new_address(), f"Charlie {new_address()[10:16]}"
    letter = demo.sign(CASE, name="Charlie", email=email, public_name=name)
    demo.confirm(letter)
    campaign = CampaignPage(page, demo, CASE).open()
    before = campaign.count

    mailbox, manage = Mailbox(page, demo), ManagePage(page)
    mailbox.open_newest(email)
    mailbox.follow("manage")
    expect(page.locator("main")).not_to_contain_text(email)
    expect(page.locator("#public_name")).to_have_value(name)
    manage.show_name("")
    managed = page.url
    page.goto(f"{campaign.url}signatures")
    expect(page.locator("body")).not_to_contain_text(name)

    page.goto(managed)
    manage.withdraw()
    assert campaign.open().count == before - 1


def test_asking_for_a_link_mails_it(visit: NewVisit, demo: DemoSite) -> None:
    """A signatory who lost the mail gets a new link by giving the address."""
    page = visit(scripts=False, viewport=PHONE).page
    email = new_address()
    demo.confirm(demo.sign(PETITION, name="Alice", email=email))
    page.goto(demo.address("/fa/manage"))
    page.locator("#email").fill(email)
    page.locator('main button[type="submit"]').click()
    expect(page).to_have_url(demo.address("/fa/manage/sent"))
    mailbox = Mailbox(page, demo)
    mailbox.open_newest(email, number=2)
    mailbox.follow("manage")
    expect(page.locator("#sure")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_no_page_is_wider_than_a_phone(visit: NewVisit, demo: DemoSite, language: str) -> None:
    """On 360 pixels nothing has to be scrolled sideways; and nothing complains or asks another host on the way."""
    page = visit(viewport=PHONE).page
    letter = demo.sign(PETITION, name="Alice", email=new_address(), public_name="آلیس", language=language)
    paths = ["", f"{PETITION}/", f"{CASE}/", "privacy", "manage", "manage/sent"]
    paths += [f"{PETITION}/{name}" for name in ("check-your-email", "signatures", "statistics", "confirmed")]
    addresses = [demo.address(f"/{language}/{path}") for path in paths]
    too_wide = {}
    for address in [*addresses, letter.link("confirm"), letter.link("manage")]:
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        if wider := overflow(page):
            too_wide[page.url] = wider
    assert too_wide == {}


def test_front_page_leads_to_the_readers_language(visit: NewVisit, demo: DemoSite) -> None:
    """A Persian browser opens the Persian site, and the page offers the same page in the other language."""
    page = visit(locale="fa-IR", scripts=False).page
    page.goto(demo.address("/"))
    expect(page).to_have_url(demo.address("/fa/"))
    page.locator(f'h2 a[href$="/{PETITION}/"]').click()
    expect(page).to_have_url(demo.address(f"/fa/{PETITION}/"))
    page.locator('.languages [hreflang="en"]').click()
    expect(page).to_have_url(demo.address(f"/en/{PETITION}/"))
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
