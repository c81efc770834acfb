"""Every page of the desk, taken from the map of addresses, in both directions of writing, on a telephone: axe has
nothing to complain of, nothing is wider than the screen, the keyboard gets everywhere and shows where it is."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, StorageState, expect
from sqlalchemy import select

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.factors import add_totp, new_secret
from campaign.organizers.models import Organizer
from tests.browser.conftest import PHONE
from tests.browser.full_desk import CASE, FullDesk, full_desk
from tests.browser.key_pages import KeysDesk
from tests.browser.real_site import LOGIN
from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

# What is no page: lists and boxes that pages fetch or that are saved.
NO_PAGES = {
    "organize.public_names",
    "organize.sealed_consent",
    "organize.sealed_list",
    "organize.sealed_paper",
    "organize.sealed_paper_rows",
    "organize.sealed_paper_scan",
}
# Where one comes without being logged in; and where only a form leads.
BEFORE_LOGIN = {"organize.login", "organize.join"}
BEHIND_A_FORM = {"organize.opening_list"}
# Each language in one of the two sets of colours: they are the same in both languages.
SIDES: dict[str, Literal["light", "dark"]] = {"en": "light", "fa": "dark"}
# Puts the focus on everything that can have it, as the Tab key does; what of that does not show it, or cannot have it.
UNSEEN = """() => {
  const found = [];
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  for (const part of document.querySelectorAll(all)) {
    if (part.disabled || !part.checkVisibility({ visibilityProperty: true })) continue;
    part.focus();
    const shown = [part, part.closest("label")].filter(Boolean).map((each) => getComputedStyle(each));
    const isSeen = shown.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    if (document.activeElement !== part || !isSeen) found.push(part.outerHTML.slice(0, 120));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullDesk]:
    with full_desk(tmp_path_factory.mktemp("full-desk")) as running:
        yield running


def addresses(desk: FullDesk, wanted: set[str]) -> list[str]:
    """The address of every such page, of some as often as there are kinds of it. A part of an address that nothing was
    planted for is a KeyError: plant it in `full_desk`."""
    at = desk.site.app.url_map.bind("")
    return [at.build(endpoint, values) for endpoint in sorted(wanted) for values in _values(desk, endpoint)]


def pages(desk: FullDesk) -> set[str]:
    """What can be read at the desk, by name."""
    routes = [route for route in desk.site.app.url_map.iter_rules() if route.endpoint.startswith("organize.")]
    return {route.endpoint for route in routes if "GET" in (route.methods or ())} - NO_PAGES - BEHIND_A_FORM


def _values(desk: FullDesk, endpoint: str) -> list[dict[str, Any]]:
    names = {name for route in desk.site.app.url_map.iter_rules(endpoint) for name in route.arguments}
    own = desk.parts.get(endpoint, {})
    known = [[(name, value) for value in own.get(name) or desk.parts[""][name]] for name in sorted(names)]
    return [dict(chosen) for chosen in product(*known)]


@pytest.fixture(scope="module")
def session(browser: Browser, desk: FullDesk, tmp_path_factory: pytest.TempPathFactory) -> StorageState:
    """Olga's, who has an authenticator app and has just shown its code."""
    context = browser.new_context()
    KeysDesk(context.new_page(), desk.site, tmp_path_factory.mktemp("olga")).log_in()
    with_an_app(desk, LOGIN)
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize("language", SIDES)
def test_every_page_is_narrow_accessible_and_usable_with_the_keyboard(
    browser: Browser, desk: FullDesk, session: StorageState, tmp_path: Path, language: str
) -> None:
    settings = {"viewport": PHONE, "locale": language, "color_scheme": SIDES[language], "reduced_motion": "reduce"}
    stranger = Visit(browser.new_context(**settings), (desk.site.url,))  # type: ignore[arg-type]
    one = Visit(browser.new_context(**settings, storage_state=session), (desk.site.url,))  # type: ignore[arg-type]
    wrong = list[str]()
    for address in addresses(desk, BEFORE_LOGIN):
        stranger.page.goto(desk.site.address(address))
        wrong += what_is_wrong(stranger.page, language)
    for address in addresses(desk, pages(desk) - BEFORE_LOGIN):
        answer = one.page.goto(desk.site.address(address))
        assert answer is not None
        if answer.status != 200 or one.page.url != desk.site.address(address):
            wrong.append(f"{address}: {answer.status} at {one.page.url}")
        wrong += what_is_wrong(one.page, language)
    KeysDesk(one.page, desk.site, tmp_path).open_list_page(CASE)
    wrong += what_is_wrong(one.page, language)
    assert wrong == [], "\n".join(wrong)
    for each in (stranger, one):
        each.check(may_keep_cookies=True)
        each.context.close()


def with_an_app(desk: FullDesk, login: str) -> None:
    """Give somebody an authenticator app, so that there is a page that asks for its code."""
    with desk.site.app.app_context():
        mine, now = select(Organizer.id).where(Organizer.login == login), utc_now()
        key = Keyring.load(desk.site.instance).waiting
        with transaction() as session:
            add_totp(session, session.scalars(mine).one(), secret=new_secret(), step=0, key=key, now=now)
        db.session.remove()
        db.engine.dispose()


def what_is_wrong(page: Page, language: str) -> list[str]:
    """In words, with the address."""
    wrong = []
    if page.locator("html").get_attribute("lang") != language:
        wrong.append("another language")
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} headings of the first rank")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        wrong.append(f"{wide} pixels wider than the screen")
    page.keyboard.press("Tab")
    skip = page.locator(".skip-link")
    expect(skip).to_be_in_viewport(ratio=1)
    if not skip.evaluate("link => link === document.activeElement"):
        wrong.append("the first Tab does not lead to the skip link")
    wrong += [f"the focus is not seen on {part}" for part in page.evaluate(UNSEEN)]
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    wrong += [
        f"{broken['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for broken in results.response["violations"]
        for node in broken["nodes"]
    ]
    return [f"{page.url}: {each}" for each in wrong]
