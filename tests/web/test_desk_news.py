"""News is written at the desk: every mistake at its field, nothing public before a second person, hidden at once."""

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from tests.factories import LETTER, SLUG, Site
from tests.pages import Browser, browse
from tests.web.desk import Desk, audited
from tests.web.desk_letters import (
    DAY,
    LETTERS,
    NEWS,
    RIGHT,
    UPDATES,
    fill_in,
    mistakes_of,
    planted,
    published,
    revisions,
)


def test_news_is_written_reviewed_and_shown(app: Flask, site: Site, edda: Desk, browser: Browser) -> None:
    assert fill_in(edda, f"{UPDATES}/new", **NEWS) == 303
    assert "It is open" not in browser.read(f"/en/{SLUG}/updates").text
    published(app, f"update:{DAY}-open")
    assert "It is open" in browser.read(f"/en/{SLUG}/updates").text
    assert b"It is open" in browser.get(f"/en/{SLUG}/feed.atom").data


def test_a_draft_stands_with_its_own_kind_only(app: Flask, site: Site, edda: Desk) -> None:
    planted(app, site)
    assert fill_in(edda, f"{LETTERS}/new", **{**RIGHT, "key": f"{DAY}-news"}) == 303
    assert "waits for review" in edda.browser.read(LETTERS).text
    assert "waits for review" not in edda.browser.read(UPDATES).text


def test_a_preview_saves_nothing_and_needs_no_script(app: Flask, site: Site, edda: Desk) -> None:
    hostile = "The mill is **open**. ![](https://evil.example/x) <script>alert(1)</script>"
    assert fill_in(edda, f"{UPDATES}/new", "preview", **{**NEWS, "texts-0-body": hostile}) == 200
    page = edda.browser.last
    (preview,) = page.classed("text-preview-page")
    assert [element.text for element in preview.iter("strong")] == ["open"]
    assert list(preview.iter("img")) == list(preview.iter("script")) == []
    assert (page.value("texts-0-body") or "").strip() == hostile
    assert revisions(app) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"date": "2026-11-24"}, "date"),
        ({"date": "20 November"}, "name"),
        ({"name": "../open"}, "name"),
        ({"texts-0-title": ""}, "texts-0-title"),
        ({"texts-0-title": "", "texts-0-body": ""}, "texts-0-title"),
        ({"texts-0-body": "![](//evil.example/x.gif)"}, "texts-0-body"),
        ({"texts-0-body": "<b>bold</b>"}, "texts-0-body"),
        ({"texts-0-body": "[a](javascript:alert(1))"}, "texts-0-body"),
        ({"texts-0-body": "a\0b"}, "texts-0-body"),
        ({"sources-1-url": "example.org"}, "sources-1-publisher"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_mistake_in_news_stands_at_its_field(
    app: Flask, site: Site, edda: Desk, typed: dict[str, str], field: str
) -> None:
    assert fill_in(edda, f"{UPDATES}/new", **{**NEWS, **typed}) == 400
    assert field in mistakes_of(edda.browser.last)
    assert revisions(app) == []


def test_the_day_of_news_is_not_changed_afterwards(app: Flask, site: Site, edda: Desk) -> None:
    planted(app, site)
    assert fill_in(edda, f"{UPDATES}/edit/{DAY}-news", date="2026-11-19", reason="Wrong day") == 400
    assert "News keeps the day" in mistakes_of(edda.browser.last)["date"]


@pytest.mark.parametrize(
    ("page", "key", "public", "actions"),
    [
        (LETTERS, LETTER, "letters", ("hid_letter", "showed_letter")),
        (UPDATES, f"{DAY}-news", "updates", ("hid_update", "showed_update")),
    ],
)
def test_a_moderator_hides_at_once_and_an_editor_shows_again(
    app: Flask, site: Site, desk: Desk, browser: Browser, page: str, key: str, public: str, actions: tuple[str, str]
) -> None:
    planted(app, site, reads=["en"])
    shown = browser.get(f"/en/{SLUG}/{public}").data
    desk.log_in("mona")
    desk.browser.read(page)
    assert desk.press(f"{page}/hide/{key}").status_code == 400
    assert desk.browser.last.mistakes() == {"reason": "Say in a few plain words why, in at most 200 characters."}
    assert browser.get(f"/en/{SLUG}/{public}").data == shown
    assert desk.press(f"{page}/hide/{key}", reason="The family asked").status_code == 303
    assert browser.get(f"/en/{SLUG}/{public}").data != shown
    assert desk.browser.get(f"{page}/new").status_code == 403
    edda = Desk(browse(app))
    edda.log_in("edda")
    edda.browser.read(page)
    assert edda.press(f"{page}/show/{key}", reason="They agree now").status_code == 303
    assert browser.get(f"/en/{SLUG}/{public}").data == shown
    assert [action for action, _ in audited(app) if "show" in action or "hid" in action] == list(actions)
    with app.app_context():
        whys = [entry.why for entry in db.session.scalars(select(AuditEntry)) if entry.action in actions]
    assert [why.partition(": ")[2] for why in whys if why] == ["The family asked", "They agree now"]


def test_what_is_not_there_cannot_be_hidden_or_written(app: Flask, site: Site, edda: Desk) -> None:
    token = edda.browser.read(f"{LETTERS}/new").value("csrf_token") or ""
    for address in (f"{LETTERS}/hide/none", f"{UPDATES}/show/none"):
        answer = edda.browser.post(address, data={"csrf_token": token, "reason": "Why not"})
        assert answer.status_code == 404
    assert edda.browser.get(f"{LETTERS}/edit/none").status_code == 404
    assert [action for action, _ in audited(app) if "hid" in action or "show" in action] == []
