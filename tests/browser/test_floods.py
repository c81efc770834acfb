"""Too many sign at once from one network: a browser works for a moment, or the mail waits; with and without scripts."""

import itertools
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaign.defence.rate_limits import MANAGE_BY_NETWORK, SIGN_BY_NETWORK, Limit
from tests.browser.conftest import PHONE, WIDE, NewVisit
from tests.browser.demo_site import OTHER_CASE, PETITION, DemoSite, new_address
from tests.browser.host_site import HostSite
from tests.browser.pages import CampaignPage, SignForm, overflow
from tests.browser.test_accessibility import expect_no_violations
from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

WAYS = [
    pytest.param("en", WIDE, id="english-wide"),
    pytest.param("fa", PHONE, id="persian-phone"),
]
WORKER = "**/vendor/altcha/pbkdf2.js"
_numbers = itertools.count(1)
Busy = Callable[..., Visit]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # type: ignore[override]
        return None


def post(address: str, network: str, **fields: str) -> int:
    """Send a form as a machine in that network would; the status."""
    request = urllib.request.Request(address, urllib.parse.urlencode(fields).encode())
    request.add_header("X-Forwarded-For", network)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answered:
        return answered.code


@pytest.fixture
def busy(visit: NewVisit, demo: DemoSite) -> Busy:
    """Makes a visitor from a network of which as many have signed, or asked for links, as may without a question."""

    def new_visit(limit: Limit = SIGN_BY_NETWORK, **options: Any) -> Visit:
        network = f"198.18.{next(_numbers)}.7"
        path = f"/en/{OTHER_CASE}/sign" if limit is SIGN_BY_NETWORK else "/en/manage"
        for number in range(limit.hits + 1):
            post(demo.address(path), network, name="S", email=f"s{number}@busy.example")
        return visit(extra_http_headers={"X-Forwarded-For": network}, **options)

    return new_visit


@pytest.mark.parametrize(("language", "window"), WAYS)
def test_a_browser_with_scripts_works_and_sends_the_form_by_itself(
    busy: Busy, demo: DemoSite, language: str, window: dict[str, int]
) -> None:
    """One press of the button: the question comes and goes, and the mail is there at once."""
    page, email = busy(viewport=window, locale=language).page, new_address()
    campaign = CampaignPage(page, demo, PETITION, language).open()
    statuses = _statuses(page)
    campaign.form.sign("Alice Appleton", email, message="A reservation.", updates=True)
    expect(page).to_have_url(f"{campaign.url}check-your-email", timeout=60_000)
    assert statuses == [429, 303]
    assert f"/{language}/confirm/" in demo.newest_letter(email).text


@pytest.mark.parametrize(("language", "window"), WAYS)
def test_without_scripts_the_same_button_again_has_the_mail_sent_later(
    busy: Busy, demo: DemoSite, language: str, window: dict[str, int]
) -> None:
    """The form comes back as it was filled in, and is taken when sent again; its owner is told, and gets the mail."""
    page, email = busy(scripts=False, viewport=window, locale=language).page, new_address()
    campaign = CampaignPage(page, demo, PETITION, language).open()
    campaign.form.sign("آلیس", email, public_name="A.", message="A reservation.", updates=True)
    question = page.locator(".question")
    expect(question).to_be_focused()
    expect(question).to_be_in_viewport()
    expect(question.locator("[data-working]")).to_be_hidden()
    for name, value in (("name", "آلیس"), ("email", email), ("public_name", "A."), ("message", "A reservation.")):
        expect(campaign.form.field(name)).to_have_value(value)
    expect(campaign.form.field("updates")).to_be_checked()
    assert overflow(page) == 0
    campaign.form.send()
    expect(page).to_have_url(f"{campaign.url}mail-comes-later")
    expect(page.locator("main .notice").first).to_contain_text("۱۲" if language == "fa" else "12")
    assert overflow(page) == 0
    letter = demo.newest_letter(email)
    demo.confirm(letter)


def test_the_question_with_nothing_but_a_keyboard(busy: Busy, demo: DemoSite) -> None:
    """The focus is on the question; the next stop is the form, and Enter in a field sends it."""
    page, email = busy(scripts=False).page, new_address()
    campaign = CampaignPage(page, demo, PETITION).open()
    campaign.form.sign("Alice", email)
    expect(page.locator(".question")).to_be_focused()
    page.keyboard.press("Tab")
    expect(campaign.form.field("name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{campaign.url}mail-comes-later")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_browser_that_cannot_work_says_so_and_leaves_the_other_way(busy: Busy, demo: DemoSite, language: str) -> None:
    one = busy(viewport=PHONE)
    page, email = one.page, new_address()
    page.route(WORKER, lambda route: route.abort())
    campaign = CampaignPage(page, demo, PETITION, language).open()
    campaign.form.sign("Alice", email)
    expect(page.locator("[data-failed]")).to_be_visible()
    expect(page.locator("[data-working]")).to_be_hidden()
    expect_no_violations(page)
    campaign.form.send()
    expect(page).to_have_url(f"{campaign.url}mail-comes-later")
    expect_no_violations(page)
    # That the file could not be had is what this test is about.
    one.complaints.clear()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_question_while_the_browser_works(busy: Busy, demo: DemoSite, language: str) -> None:
    """What is happening is said where a screen reader hears it, and nobody has to wait for it."""
    page = busy(viewport=PHONE).page
    page.route(WORKER, lambda _route: None)
    campaign = CampaignPage(page, demo, PETITION, language).open()
    campaign.form.sign("Alice", new_address())
    working = page.locator('[role="status"] [data-working]')
    expect(working).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "fa" else "ltr")
    expect_no_violations(page)
    assert overflow(page) == 0
    campaign.form.send()
    expect(page).to_have_url(f"{campaign.url}mail-comes-later")


@pytest.mark.parametrize("scripts", [False, True], ids=["scripts-off", "scripts-on"])
def test_in_a_frame_of_another_site_it_is_the_same(busy: Busy, demo: DemoSite, ally: HostSite, scripts: bool) -> None:
    page, email = busy(scripts=scripts).page, new_address()
    source = f"{demo.url}/embed/{PETITION}?lang=fa&theme=dark"
    page.goto(ally.page(f'<iframe src="{source}" title="Petition" width="500" height="1600"></iframe>'))
    inside = page.frame_locator("iframe")
    form = SignForm(inside)
    form.sign("آلیس", email)
    if not scripts:
        expect(inside.locator(".question")).to_be_visible()
        expect(form.field("email")).to_have_value(email)
        form.send()
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_url(re.compile(r"/check-your-email" if scripts else r"/mail-comes-later"), timeout=60_000)
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    expect(inside.locator("html")).to_have_attribute("dir", "rtl")
    assert "/fa/confirm/" in demo.newest_letter(email).text


@pytest.mark.parametrize("scripts", [False, True], ids=["scripts-off", "scripts-on"])
def test_asking_for_links_is_asked_the_same(busy: Busy, demo: DemoSite, scripts: bool) -> None:
    page, email = busy(MANAGE_BY_NETWORK, scripts=scripts, viewport=PHONE).page, new_address()
    demo.sign(PETITION, name="Alice", email=email)
    page.goto(demo.address("/fa/manage"))
    page.locator("#email").fill(email)
    page.locator('main button[type="submit"]').click()
    if not scripts:
        expect(page.locator(".question")).to_be_focused()
        expect(page.locator("#email")).to_have_value(email)
        page.locator('main button[type="submit"]').click()
    expect(page).to_have_url(demo.address("/fa/manage/sent" if scripts else "/fa/manage/sent-later"), timeout=60_000)
    assert "/fa/manage/" in demo.newest_letter(email, number=2).text


def _statuses(page: Page) -> list[int]:
    """Fills with the status of each answer to a form."""
    found: list[int] = []
    page.on("response", lambda answer: found.append(answer.status) if answer.request.method == "POST" else None)
    return found
