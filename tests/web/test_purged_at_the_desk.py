"""In a campaign whose signatures were erased the desk says that nothing more is entered, and stores nothing."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.conversation.models import Submission
from campaign.core.db import db, transaction
from campaign.paper.models import PaperBatch, PaperRow
from campaign.signing.purging import begin_purge
from tests.factories import Site
from tests.web.desk import CAMPAIGN, Desk
from tests.web.test_desk_paper import NEW, PAPER, TYPED, as_, enter
from tests.web.test_paper_import import IMPORT, begin, row, token

ENDORSE = f"{CAMPAIGN}endorsements/new"
SENTENCE = "the signatures of this campaign were erased for their age"


@pytest.fixture
def mona(app: Flask, site: Site) -> Desk:
    return as_(app, "mona")


def purge(app: Flask, site: Site) -> None:
    with app.app_context(), transaction() as session:
        begin_purge(session, site.campaign.id)


def stored(app: Flask) -> list[int]:
    with app.app_context():
        return [
            db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in (PaperBatch, PaperRow, Submission)
        ]


def test_a_form_that_was_open_when_the_purge_began_says_so_and_stores_nothing(
    app: Flask, site: Site, mona: Desk
) -> None:
    sheets = mona.browser.read(NEW).form("lines").values
    endorsement = mona.browser.read(ENDORSE).form("source").values
    header = {"X-CSRFToken": token(mona)}
    to = begin(mona, 1)
    purge(app, site)
    before = stored(app)
    written = {"name": "Bakers' Guild", "country": "DE", "language": "en", "source": "by letter"}
    for answer in (
        mona.browser.post(NEW, data={**sheets, **TYPED}),
        mona.browser.post(ENDORSE, data={**endorsement, **written}),
        mona.browser.post(IMPORT, json={**TYPED, "lines": "1", "file": "c3" * 32}, headers=header),
        mona.browser.post(to["rows"], json={"rows": [row(site)]}, headers=header),
        mona.browser.post(to["end"], json={}, headers=header),
    ):
        assert answer.status_code == 409
        assert SENTENCE in (
            (answer.get_json() or {}).get("message") if answer.is_json else answer.get_data(as_text=True)
        )
    assert stored(app) == before == [1, 0, 0]


def test_no_page_offers_to_enter_what_would_be_refused(app: Flask, site: Site, mona: Desk) -> None:
    enter(mona)
    purge(app, site)
    listed = mona.browser.get(PAPER)
    assert listed.status_code == 200
    assert SENTENCE in listed.get_data(as_text=True)
    assert NEW not in listed.get_data(as_text=True)
    for address in (NEW, IMPORT, f"{PAPER}/1/scan"):
        answer = mona.browser.get(address)
        assert (answer.status_code, SENTENCE in answer.get_data(as_text=True)) == (409, True), address
    page = mona.browser.get(ENDORSE).get_data(as_text=True)
    assert SENTENCE in page
    assert 'name="source"' not in page
