"""Writing texts in a real browser: the preview follows what is typed, and hostile Markdown reaches nobody."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, StorageState, expect

from tests.browser.conftest import PHONE, NewVisit
from tests.browser.demo_site import CASE, DemoSite

pytestmark = pytest.mark.browser

HOSTILE = (
    "## Heading\n\n**bold** ![](https://evil.example/pixel.gif) ![](//evil.example/p.gif)\n\n"
    "<img src=https://evil.example/x onerror=alert(1)>\n\n<script src=https://evil.example/s.js></script>\n\n"
    "[a](javascript:alert(1)) <iframe src=https://evil.example></iframe> "
    "<style>*{background:url(//evil.example)}</style>"
)


@pytest.fixture
def page(visit: NewVisit, desk_login: StorageState) -> Page:
    found: Page = visit(desk=desk_login).page
    return found


def test_the_preview_follows_what_is_typed_and_no_request_leaves(page: Page, demo: DemoSite) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(demo.address(f"/organize/campaigns/{CASE}/texts/en"))
    page.locator("#body").fill(HOSTILE)
    preview = page.locator("[data-page]")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview.locator("h2")).to_have_text("Heading")
    for hostile in ("img", "script", "iframe", "style"):
        assert preview.locator(hostile).count() == 0
    page.locator("#title").fill("Another title")
    expect(preview.locator(".text-preview-title")).to_have_text("Another title")
    page.goto(demo.address(f"/organize/campaigns/{CASE}/updates/new"))
    page.locator("#texts-1-body").fill(HOSTILE)
    of_news = page.locator("[data-page] [lang=fa]")
    expect(of_news.locator("strong")).to_have_text("bold")
    for hostile in ("img", "script", "iframe", "style"):
        assert of_news.locator(hostile).count() == 0
    assert {request.url.split("/organize")[0].split("/static")[0] for request in asked} == {demo.url}


def test_a_text_is_written_previewed_and_sent_back_without_a_script(
    visit: NewVisit, desk_login: StorageState, demo: DemoSite
) -> None:
    page = visit(desk=desk_login, scripts=False).page
    page.goto(demo.address(f"/organize/campaigns/{CASE}/texts/fa"))
    page.locator("#body").fill("**نان**\n\n![](//evil.example/p.gif)")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-page] strong")).to_have_text("نان")
    page.locator("#reason").fill("A try")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#body-error")).to_contain_text("no pictures")
    expect(page.locator("#reason")).to_have_value("A try")
    expect(page.locator("#body")).to_have_value("**نان**\n\n![](//evil.example/p.gif)")


def test_the_pages_fit_a_telephone(visit: NewVisit, desk_login: StorageState, demo: DemoSite) -> None:
    page = visit(desk=desk_login, viewport=PHONE).page
    shots = os.environ.get("SHOTS")
    for number, path in enumerate(
        (
            f"/organize/campaigns/{CASE}/content",
            f"/organize/campaigns/{CASE}/texts/fa",
            f"/organize/campaigns/{CASE}/content/text:en",
            f"/organize/campaigns/{CASE}/state",
            f"/organize/campaigns/{CASE}/settings",
            f"/organize/campaigns/{CASE}/updates/new",
            "/organize/new-campaign",
            f"/en/{CASE}/changes",
        )
    ):
        page.goto(demo.address(path))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{path} is {width} wide"
        if shots:
            page.screenshot(path=str(Path(shots) / f"phone-{number}.png"), full_page=True)
