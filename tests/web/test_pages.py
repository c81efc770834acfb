"""Every public page, in a language of each direction; the browser of `tests.pages` checks each one it fetches."""

import pytest

from tests.factories import SLUG
from tests.pages import Browser
from tests.web.signing import Signing

PUBLIC_PAGES = (
    "/{lang}/",
    "/{lang}/privacy",
    "/{lang}/manage",
    "/{lang}/manage/sent",
    "/{lang}/manage/withdrawn",
    f"/{{lang}}/{SLUG}/",
    f"/{{lang}}/{SLUG}/check-your-email",
    f"/{{lang}}/{SLUG}/confirmed",
    f"/{{lang}}/{SLUG}/signatures",
    f"/{{lang}}/{SLUG}/statistics",
    f"/{{lang}}/{SLUG}/changes",
    f"/embed/{SLUG}?lang={{lang}}",
    f"/embed/{SLUG}/check-your-email?lang={{lang}}",
)


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("fa", "rtl")])
@pytest.mark.parametrize("address", PUBLIC_PAGES)
def test_every_public_page_is_sound_in_both_directions(
    browser: Browser, address: str, lang: str, direction: str
) -> None:
    page = browser.read(address.format(lang=lang))
    assert (page.root.get("lang"), page.root.get("dir")) == (lang, direction)


@pytest.mark.parametrize("address", [page for page in PUBLIC_PAGES if page.startswith("/{lang}")])
def test_every_page_leads_to_itself_in_the_other_language(browser: Browser, address: str) -> None:
    page = browser.read(address.format(lang="en"))
    links = {link.get("hreflang"): link.get("href") for link in page.classed("language")}
    assert links == {lang: address.format(lang=lang) for lang in ("en", "fa")}


@pytest.mark.parametrize("address", ["/{lang}/", f"/{{lang}}/{SLUG}/"])
def test_a_page_names_its_translations_for_search_engines(browser: Browser, address: str) -> None:
    page = browser.read(address.format(lang="fa"))
    alternates = {link.get("hreflang"): link.get("href") for link in page.tagged("link") if link.get("hreflang")}
    assert alternates == {lang: address.format(lang=lang) for lang in ("en", "fa")}


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("fa-IR,fa;q=0.9,en;q=0.5", "fa"),
        ("en-GB,en;q=0.9", "en"),
        ("de, fa;q=0.4, en;q=0.2", "fa"),
        ("ja", "en"),
        ("", "en"),
        ("\x7f;;q=,=", "en"),
    ],
)
def test_the_front_page_goes_to_the_best_language(browser: Browser, accepted: str, lang: str) -> None:
    response = browser.get("/", headers={"Accept-Language": accepted})
    assert (response.status_code, response.location) == (303, f"/{lang}/")
    assert response.headers["Vary"] == "Accept-Language"


def test_a_page_that_has_not_changed_is_not_sent_again(browser: Browser) -> None:
    first = browser.get(f"/en/{SLUG}/")
    again = browser.get(f"/en/{SLUG}/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_confirmed_signature_is_counted_on_every_page_at_once(browser: Browser, signing: Signing) -> None:
    for number, address in enumerate((f"/en/{SLUG}/", "/fa/", f"/en/{SLUG}/statistics", f"/embed/{SLUG}"), 1):
        signing.sign_and_confirm(f"alice{number}@example.org")
        assert browser.read(address).count == number


def test_the_counter_is_written_in_the_readers_digits(browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm()
    counter = browser.read(f"/fa/{SLUG}/").classed("count")[0]
    assert (counter.get("data-signature-count"), counter.text) == ("1", "۱")


@pytest.mark.parametrize(
    "address",
    ["/xx/", "/en/no-such-campaign/", f"/xx/{SLUG}/", f"/en/{SLUG}/no-such-page", "/embed/no-such-campaign", "/nope/"],
)
def test_what_does_not_exist_is_a_page_that_says_so(browser: Browser, address: str) -> None:
    assert browser.get(address).status_code == 404
    assert browser.last.h1 == "There is nothing here"
    assert "/en/" in browser.last.links().values()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", f"/en/{SLUG}/"),
        ("GET", f"/en/{SLUG}/sign"),
        ("DELETE", f"/embed/{SLUG}"),
        ("PUT", "/en/manage"),
        ("POST", "/healthz"),
        ("PATCH", "/organize/login"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(browser: Browser, method: str, address: str) -> None:
    response = browser.open(address, method=method)
    assert response.status_code == 405
    assert method not in response.headers["Allow"]
    assert {"GET", "POST"} & {name.strip() for name in response.headers["Allow"].split(",")}


@pytest.mark.parametrize("address", ["check-your-email", "confirmed", "signatures"])
def test_pages_about_signers_are_not_for_search_engines(browser: Browser, address: str) -> None:
    page = browser.read(f"/en/{SLUG}/{address}")
    robots = [meta.get("content") for meta in page.tagged("meta") if meta.get("name") == "robots"]
    assert robots == ["noindex"]


def test_programs_find_the_campaigns_and_are_kept_from_links_and_desk(browser: Browser) -> None:
    robots = browser.get("/robots.txt").text
    for folder in ("/organize/", "/*/confirm/", "/*/manage/"):
        assert f"Disallow: {folder}\n" in robots
    sitemap = browser.get("/sitemap.xml").text
    for lang in ("en", "fa"):
        assert f"<loc>http://localhost/{lang}/{SLUG}/</loc>" in sitemap


def test_the_petition_is_there_before_any_script(browser: Browser) -> None:
    page = browser.read(f"/en/{SLUG}/")
    assert not page.tagged("script")
    assert "Bread and roses" in page.text
    assert page.form("name", "email").method == "post"
