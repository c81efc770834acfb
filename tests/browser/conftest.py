"""A real demo, an allied site beside it, and one browser for all tests of this folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, expect, sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.demo_site import DemoSite, new_demo_folder, remove
from tests.browser.host_site import HostSite
from tests.browser.pages import DeskPage
from tests.browser.visits import Visit

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
# A visit to the desk may keep its cookie; this one has none yet.
NO_SESSION: StorageState = {"cookies": [], "origins": []}
NewVisit = Callable[..., Visit]


# "package" and not "session": the tests of other folders run without a browser and a second site in memory.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        started = find_chromium(playwright).launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="package")
def demo() -> Iterator[DemoSite]:
    """`campaign demo` with web, worker and mailbox."""
    folder = new_demo_folder()
    site = DemoSite(folder)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        remove(folder)


@pytest.fixture(scope="package")
def ally() -> Iterator[HostSite]:
    site = HostSite()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def visit(browser: Browser, demo: DemoSite, ally: HostSite) -> Iterator[NewVisit]:
    """Makes visitors. After the test each is checked: nothing foreign, no complaints, no cookie."""
    made: list[tuple[Visit, bool]] = []

    def new_visit(*, scripts: bool = True, desk: StorageState | None = None, **options: Any) -> Visit:
        settings = {"viewport": WIDE, "reduced_motion": "reduce", "storage_state": desk, **options}
        one = Visit(browser.new_context(java_script_enabled=scripts, **settings), (demo.url, ally.url))
        made.append((one, desk is not None))
        return one

    yield new_visit
    try:
        for one, is_desk in made:
            one.check(may_keep_cookies=is_desk)
    finally:
        for one, _ in made:
            one.context.close()


@pytest.fixture(scope="module")
def desk_login(browser: Browser, demo: DemoSite) -> StorageState:
    """The session of the demo's organizer, logged in once a file: logging in is limited, and after ten minutes lists
    ask for the password again."""
    context = browser.new_context()
    desk = DeskPage(context.new_page(), demo)
    desk.log_in(demo.password)
    state = context.storage_state()
    context.close()
    return state
