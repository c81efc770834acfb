"""What has changed in a text is public from the first signature on, and everybody can see which text they signed."""

from datetime import timedelta

import time_machine
from flask import Flask

from campaign.campaigns.models import Campaign
from campaign.campaigns.texts import add_version, newest_text
from campaign.core.db import transaction
from campaign.editing.kinds import kind_of
from campaign.seeding.rows import TEXT_FIELDS
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.conftest import NOW
from tests.web.signing import Signing

CHANGES = f"/en/{SLUG}/changes"


def rewrite(app: Flask, site: Site, *, hours: int, language: str = "en", **changes: str) -> None:
    """Another version, so many hours later."""
    with app.app_context(), transaction() as session:
        row = newest_text(session, site.campaign.id, language)
        assert row is not None
        values = {name: getattr(row, name) for name in TEXT_FIELDS} | changes
        add_version(session, site.campaign.id, language, values, now=NOW + timedelta(hours=hours))


def test_changes_before_the_first_signature_are_nobodys_business(
    app: Flask, site: Site, browser: Browser, signing: Signing, clock: time_machine.Traveller
) -> None:
    rewrite(app, site, hours=0, ask="Before anybody signed.")
    clock.shift(timedelta(hours=2))
    assert "the text is as it was when the first person signed" in browser.read(CHANGES).text
    signing.sign_and_confirm()
    assert "the text is as it was when the first person signed" in browser.read(CHANGES).text
    rewrite(app, site, hours=3, ask="After somebody signed.")
    page = browser.read(CHANGES)
    assert "Version 3" in page.text
    assert "Version 2" not in page.text
    assert [element.text for element in page.tagged("ins")][1:] == ["After somebody "]


def test_the_page_of_the_campaign_leads_there_once_there_is_a_second_version(
    app: Flask, site: Site, browser: Browser
) -> None:
    assert CHANGES not in browser.read(f"/en/{SLUG}/").links().values()
    rewrite(app, site, hours=1, title="Bread")
    assert CHANGES in browser.read(f"/en/{SLUG}/").links().values()


def test_no_organizer_is_named_and_hostile_words_are_words(
    app: Flask, site: Site, browser: Browser, signing: Signing
) -> None:
    signing.sign_and_confirm()
    rewrite(app, site, hours=1, body="<script>alert(1)</script> ![](//evil.example/p.gif)")
    page = browser.read(CHANGES)
    assert "<script>alert(1)</script>" in page.text
    assert not page.tagged("img", "script")
    assert "olga" not in page.text


def test_each_language_has_its_own_changes(app: Flask, site: Site, browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm()
    rewrite(app, site, hours=1, language="fa", title="نان")
    assert "the text is as it was" in browser.read(CHANGES).text
    assert [element.text for element in browser.read(f"/fa/{SLUG}/changes").tagged("ins")][1:] == ["نان"]


def test_whoever_signed_sees_which_text_it_was(app: Flask, site: Site, browser: Browser, signing: Signing) -> None:
    link = f"/en/manage/{signing.sign_and_confirm()}"
    page = browser.read(link)
    assert "Version 1, 22 November 2026." in page.text
    assert "changed since" not in page.text
    rewrite(app, site, hours=1, language="fa", title="نان")
    assert "changed since" not in browser.read(link).text
    rewrite(app, site, hours=1, ask="Another ask.")
    page = browser.read(link)
    assert "It has been changed since." in page.text
    assert page.links()["See what has changed"] == CHANGES


def test_a_language_taken_down_and_put_back_says_so(app: Flask, site: Site, browser: Browser, signing: Signing) -> None:
    signing.sign_and_confirm()
    kind, key = kind_of("text:fa")
    with app.app_context(), transaction() as session:
        content = kind.read(session, site.campaign.id, key)
        kind.write(session, site.campaign.id, key, None, now=NOW)
        session.flush()
        kind.write(session, site.campaign.id, key, content, now=NOW + timedelta(hours=1))
    page = browser.read(f"/fa/{SLUG}/changes")
    assert "version-2" in page.by_id
    assert len(page.tagged("ins")) == 1


def test_a_draft_shows_no_changes(app: Flask, site: Site, browser: Browser) -> None:
    rewrite(app, site, hours=1, title="Bread")
    with app.app_context(), transaction() as session:
        session.get_one(Campaign, site.campaign.id).state = "draft"
    assert browser.get(CHANGES).status_code == 404
