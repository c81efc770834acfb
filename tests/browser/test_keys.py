"""Keys are made, shared, changed and tried in the browser, and what comes to the server opens nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Browser, Request, expect

from campaign.core.db import db
from campaign.sealing.openers import Opener
from campaign.sealing.queries import KeyView, all_keys
from tests.browser.key_pages import KeysDesk
from tests.browser.real_site import RealSite, real_site
from tests.browser.visits import Visit
from tests.factories import SLUG

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RealSite]:
    with real_site(tmp_path) as running:
        yield running


@pytest.fixture
def sent() -> list[str]:
    """Everything the browser sends, as it is on the wire."""
    return []


@pytest.fixture
def desk(browser: Browser, site: RealSite, tmp_path: Path, sent: list[str]) -> Iterator[KeysDesk]:
    visit = Visit(browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce"), (site.url,))

    def note(request: Request) -> None:
        sent.append(f"{request.url} {request.post_data or ''}")

    visit.page.on("request", note)
    made = KeysDesk(visit.page, site, tmp_path)
    made.log_in()
    yield made
    visit.check(may_keep_cookies=True)
    visit.context.close()


def keys_of(site: RealSite) -> list[KeyView]:
    with site.app.app_context():
        found = all_keys(db.session(), is_demo=False)
        db.session.remove()
        return found


def opens(key: KeyView, opener: Opener) -> bool:
    return opener.pair_of(key.public_key, [held.wrapped for held in key.holders]) is not None


def make_first(desk: KeysDesk, second: str = "Oleg") -> tuple[str, str]:
    """Olga makes the key with a second holder; both phrases."""
    desk.open("/new")
    desk.page.locator("#holder").fill("Olga")
    desk.page.locator("#second").fill(second)
    desk.press()
    phrases = desk.take_phrase(mistaken=True), desk.take_phrase()
    desk.done("made")
    return phrases


def test_the_first_key_is_made_in_the_browser_and_opens_signing(
    desk: KeysDesk, site: RealSite, sent: list[str]
) -> None:
    desk.page.goto(site.address(f"/en/{SLUG}/"))
    expect(desk.page.locator("form.sign-form")).to_have_count(0)
    phrases = make_first(desk)
    (key,) = keys_of(site)
    assert [held.name for held in key.holders] == ["Oleg", "Olga"]
    for phrase in phrases:
        assert opens(key, Opener(phrase=phrase))
    words = {*phrases[0].split(), *phrases[1].split()}
    for line in sent:
        # "made", "holder" or "key" may be a word of a phrase by chance; several of them are none.
        assert len(words & {*re.split("[^a-z-]+", unquote_plus(line).lower())}) < 3
    desk.page.goto(site.address(f"/en/{SLUG}/"))
    expect(desk.page.locator("form.sign-form")).to_have_count(1)


def test_a_holder_is_added_removed_and_the_key_changed(desk: KeysDesk, site: RealSite, tmp_path: Path) -> None:
    """The whole way of somebody who comes and somebody who leaves, with lists that open all along."""
    olga, oleg = make_first(desk)
    site.sign_and_confirm("alice@example.org")

    desk.page.locator('a[href$="/holders"]').click()
    desk.page.locator("#holder").fill("Vera")
    desk.page.locator("#holder_kind").select_option("file")
    desk.page.locator("#phrase").fill("seven words that nobody has ever given")
    desk.press()
    expect(desk.error).not_to_be_empty()
    expect(desk.handover).to_be_hidden()
    desk.page.locator("#phrase").fill(olga)
    desk.press()
    file = desk.take_file()
    desk.done("added")
    assert desk.holders() == ["Oleg", "Olga", "Vera"]
    (key,) = keys_of(site)
    assert opens(key, Opener.of_file(file.read_text()))

    oleg_row = desk.page.locator("tbody tr", has_text="Oleg")
    oleg_row.locator("summary").click()
    oleg_row.locator("button").click()
    desk.done("removed")
    assert desk.holders() == ["Olga", "Vera"]
    (key,) = keys_of(site)
    assert not opens(key, Opener(phrase=oleg))

    desk.open("/new")
    desk.page.locator("#holder").fill("Olga")
    desk.page.locator("#second_kind").select_option("paper")
    desk.press()
    newer, paper = desk.take_phrase(), desk.take_paper()
    desk.done("rotated")
    current, old = keys_of(site)
    assert (current.retired_at, old.public_key) == (None, key.public_key)
    assert opens(current, Opener(phrase=newer))
    assert opens(current, Opener.of_paper(paper))
    site.sign_and_confirm("bob@example.org")

    # By the key file alone, the older half; with the newer phrase as well, everything.
    desk.open_list_page()
    desk.page.locator(".key-more summary").click()
    desk.page.locator("#key-file").set_input_files(file)
    listed = desk.save_list()
    assert "alice@example.org" in listed
    assert "bob@example.org" not in listed
    expect(desk.page.locator("section [data-error]")).to_contain_text(current.fingerprint)

    desk.open_list_page()
    desk.page.locator("#phrase").fill(paper.lower().replace("o", "0"))
    desk.page.locator(".key-more summary").click()
    desk.page.locator("#phrase-2").fill(olga)
    listed = desk.save_list()
    assert "alice@example.org" in listed
    assert "bob@example.org" in listed
    expect(desk.page.locator("section [data-error]")).to_be_empty()


def test_a_phrase_is_tried_and_the_desk_says_when(desk: KeysDesk, site: RealSite) -> None:
    olga, _ = make_first(desk)
    desk.open("/try")
    desk.page.locator("#phrase").fill("seven words that nobody has ever given")
    desk.press()
    expect(desk.error).not_to_be_empty()
    desk.page.locator("#phrase").fill(olga)
    desk.press()
    desk.done("tried")
    (key,) = keys_of(site)
    assert [(held.name, held.tried_at is not None) for held in key.holders] == [("Oleg", False), ("Olga", True)]


def test_a_paper_copy_is_typed_back_and_a_slip_in_it_names_its_line(desk: KeysDesk, site: RealSite) -> None:
    olga, _ = make_first(desk)
    desk.page.locator('a[href$="/paper"]').click()
    desk.page.locator("#phrase").fill(olga)
    desk.press()
    paper = desk.take_paper()
    desk.done("paper")
    (key,) = keys_of(site)
    assert key.paper_at is not None
    assert opens(key, Opener.of_paper(paper))

    site.sign_and_confirm("alice@example.org")
    desk.open_list_page()
    lines = paper.split("\n")
    slip = "B" if lines[2][0] == "A" else "A"
    desk.page.locator("#phrase").fill("\n".join([*lines[:2], slip + lines[2][1:], lines[3]]))
    desk.page.locator("[data-open]").click()
    expect(desk.page.locator("section [data-error]")).to_contain_text("3")
    desk.page.locator("#phrase").fill(paper)
    assert "alice@example.org" in desk.save_list()


def test_of_two_who_change_the_key_at_once_the_second_is_told(desk: KeysDesk, site: RealSite) -> None:
    make_first(desk)
    desk.open("/new")
    other = KeysDesk(desk.page.context.new_page(), site, Path("/unused"))
    for one, name in ((desk, "Olga"), (other, "Oleg")):
        one.open("/new")
        one.page.locator("#holder").fill(name)
        one.page.locator("#second_kind").select_option("paper")
        one.press()
        one.take_phrase()
    other.take_paper()
    other.done("rotated")
    desk.take_paper()
    expect(desk.page.locator(".error-summary")).to_be_visible()
    current, _old = keys_of(site)
    assert [held.name for held in current.holders] == ["Oleg"]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_paper_copy_prints_on_one_page_with_its_qr_code(desk: KeysDesk, language: str) -> None:
    page = desk.page
    desk.speak(language)
    desk.open("/new")
    page.locator("#holder").fill("Olga")
    page.locator("#second_kind").select_option("paper")
    desk.press()
    desk.take_phrase()
    code, lines = page.locator("[data-code] svg"), page.locator(".key-paper li")
    expect(code).to_have_attribute("aria-label", re.compile("QR"))
    page.emulate_media(media="print", color_scheme="dark")
    # A4, at 96 dots an inch.
    page.set_viewport_size({"width": 794, "height": 1123})
    expect(page.locator(".desk-header")).to_be_hidden()
    expect(page.locator("[data-print]")).to_be_hidden()
    box = code.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 794
    assert box["width"] == box["height"] >= 150, "four centimetres, for a phone to read"
    tops = [place["y"] for line in lines.all() if (place := line.bounding_box())]
    assert len({*tops}) == 4
    assert tops == sorted(tops)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
    page.emulate_media(media="screen")
    page.locator("[data-next]:visible").click()
    expect(code).to_be_hidden()
