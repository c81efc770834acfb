"""A person of a campaign has died: nobody is asked for words to them, and words for them alone are shown to nobody."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.cases.models import Case
from campaign.core.db import transaction
from tests.case_files import make_case
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.web.signing import Signing
from tests.web.voices import WORDS, submissions

TO_THE_PERSON = "organizers try to pass it on"


@pytest.fixture(autouse=True)
def case(app: Flask, site: Site, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        make_case(session, SLUG, checked_on=now.date())


def dies(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Case).values(status="died"))


def test_only_the_living_can_be_written_to(app: Flask, browser: Browser, signing: Signing) -> None:
    assert signing.fill_in().status_code == 303
    confirm = f"/en/confirm/{signing.token('confirm')}"
    assert TO_THE_PERSON in browser.read(confirm).text
    dies(app)
    page = browser.read(confirm).text
    assert TO_THE_PERSON not in page
    assert "For readers of the campaign's page" in page
    assert signing.confirm(words=WORDS, audience="person").status_code == 400
    assert "audience" in browser.last.mistakes()
    assert signing.confirm(words=WORDS, audience="page").status_code == 303


def test_words_for_the_person_alone_do_not_become_public_unasked(
    app: Flask, browser: Browser, signing: Signing
) -> None:
    assert signing.fill_in().status_code == 303
    own = f"/en/manage/{signing.token('manage')}/message"
    assert signing.confirm(words=WORDS, audience="person").status_code == 303
    dies(app)
    assert TO_THE_PERSON not in browser.read(own).text
    assert browser.post(own, data={"words": "Changed."}).status_code == 400
    (row,) = submissions(app)
    assert row.audience == "person"
