"""The preview of news that a script shows while somebody types: for those who may write, and it saves nothing."""

from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db
from campaign.editing.models import Revision
from tests.pages import browse
from tests.web.desk import CAMPAIGN, Desk

NEW = f"{CAMPAIGN}updates/new"
PREVIEW = f"{CAMPAIGN}updates/preview"


def test_it_shows_every_language_that_is_written_and_nothing_that_fetches(app: Flask, desk: Desk) -> None:
    desk.log_in()
    form = desk.browser.read(NEW).form("reason", "date")
    typed = {"texts-0-title": "<b>News", "texts-0-body": "**open** ![](//evil.example/x) <script>x</script>"}
    answer = desk.browser.post(PREVIEW, data={**form.values, **typed})
    assert answer.status_code == 200
    html = str((answer.json or {}).get("html"))
    assert "<strong>open</strong>" in html
    assert "&lt;b&gt;News" in html
    assert 'lang="en"' in html
    assert not [tag for tag in ('lang="fa"', "<img", "<script", "<b>") if tag in html]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Revision)) == 0


def test_it_needs_the_token_and_the_role(app: Flask, desk: Desk) -> None:
    desk.log_in()
    assert desk.browser.post(PREVIEW, data={"texts-0-body": "x"}).status_code == 400
    mona = Desk(browse(app))
    mona.log_in("mona")
    assert mona.browser.post(PREVIEW, data={"texts-0-body": "x"}).status_code == 403


def test_the_page_may_ask_for_its_preview_and_for_nothing_else(desk: Desk) -> None:
    desk.log_in()
    policy = desk.browser.get(NEW).headers["Content-Security-Policy"]
    (connect,) = [part.strip() for part in policy.split(";") if part.strip().startswith("connect-src")]
    assert connect == f"connect-src http://localhost{PREVIEW}"
