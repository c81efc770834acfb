"""What pages say of a signature that organizers found not to be genuine: to others nothing, to its owner the truth."""

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.signing.invalidation import invalidate, reinstate
from campaign.signing.models import Signature
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.signers import letters
from tests.web.signing import Signing, stored

NAMES, STATISTICS, PAGE = f"/en/{SLUG}/signatures", f"/en/{SLUG}/statistics", f"/en/{SLUG}/"


class Organizers:
    """They act while the site runs, as the command does."""

    def __init__(self, app: Flask, site: Site) -> None:
        self._app, self._site = app, site

    def invalidate(self) -> None:
        """Everything there is."""
        with self._app.app_context(), transaction() as session:
            ids = session.scalars(select(Signature.id)).all()
            invalidate(session, campaign_id=self._site.campaign.id, signature_ids=ids, reason="forged")

    def reinstate(self) -> None:
        with self._app.app_context(), transaction() as session:
            ids = session.scalars(select(Signature.id)).all()
            reinstate(session, campaign_id=self._site.campaign.id, signature_ids=ids)


@pytest.fixture
def organizers(app: Flask, site: Site) -> Organizers:
    return Organizers(app, site)


def test_it_leaves_every_page_and_comes_back(browser: Browser, signing: Signing, organizers: Organizers) -> None:
    signing.sign_and_confirm(public_name="Alice A.")
    for path in (PAGE, NAMES, STATISTICS):
        assert browser.read(path).count == 1
    assert "Alice A." in browser.read(NAMES).text
    organizers.invalidate()
    for path in (PAGE, NAMES, STATISTICS):
        assert browser.read(path).count == 0
        assert "Alice A." not in browser.last.text
    assert not browser.read(STATISTICS).tagged("svg", "table")
    organizers.reinstate()
    for path in (PAGE, NAMES, STATISTICS):
        assert browser.read(path).count == 1
    assert "Alice A." in browser.read(NAMES).text


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_its_confirm_link_answers_as_every_bad_link(
    browser: Browser, signing: Signing, organizers: Organizers, is_confirmed: bool
) -> None:
    (signing.sign_and_confirm if is_confirmed else signing.fill_in)()
    link, bad = f"/en/confirm/{signing.token()}", f"/en/confirm/{'x' * len(signing.token())}"
    organizers.invalidate()
    for method in ("GET", "POST"):
        found, unknown = browser.open(link, method=method), browser.open(bad, method=method)
        assert (found.status_code, found.data) == (unknown.status_code, unknown.data)
        assert found.status_code == 404
    assert browser.read(PAGE).count == 0


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_its_owner_sees_that_it_does_not_count(
    browser: Browser, signing: Signing, organizers: Organizers, lang: str
) -> None:
    token = signing.sign_and_confirm(public_name="Alice A.")
    organizers.invalidate()
    page = browser.read(f"/{lang}/manage/{token}")
    assert "Alice A." in page.text
    assert "confirmed, counted" not in page.text
    assert ("not counted" in page.text) == (lang == "en")
    # Why, in the organizers' words, would only teach a forger.
    assert "forged" not in page.text


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_its_owner_can_have_it_erased(
    app: Flask, browser: Browser, signing: Signing, organizers: Organizers, is_confirmed: bool
) -> None:
    (signing.sign_and_confirm if is_confirmed else signing.fill_in)(public_name="Alice A.")
    link = f"/en/manage/{signing.token('manage')}"
    organizers.invalidate()
    assert browser.post(link, data={"action": "name", "public_name": ""}).status_code == 303
    assert [row.public_name for row in stored(app)] == [None]
    assert browser.post(link, data={"action": "withdraw", "sure": "y"}).status_code == 303
    (row,) = stored(app)
    assert (row.state, row.sealed, row.dedupe_tag) == ("withdrawn", None, None)
    assert (row.invalidated_reason, row.invalidated_confirmed_hour) == (None, None)
    assert browser.read(PAGE).count == 0
    assert browser.open(link).status_code == 404


def test_signing_again_gets_the_same_answer_and_changes_nothing(
    app: Flask, browser: Browser, signing: Signing, organizers: Organizers, keyring: Keyring
) -> None:
    signing.sign_and_confirm(public_name="Alice A.")
    organizers.invalidate()
    known = signing.fill_in(public_name="Alice B.")
    new = signing.fill_in(email="bob@example.org", public_name="Bob B.")
    assert (known.status_code, known.location, known.data) == (new.status_code, new.location, new.data)
    assert sorted(row.state for row in stored(app)) == ["invalidated", "pending"]
    assert "Alice B." not in [row.public_name for row in stored(app)]
    with app.app_context():
        assert len([letter for letter in letters(keyring) if letter.to == "alice@example.org"]) == 1
        db.session.rollback()
