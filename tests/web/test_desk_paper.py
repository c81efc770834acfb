"""Batches of sheets: entered by one, approved by another, counted once; and nobody named on the disk."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from campaign.core.db import db, transaction
from campaign.counting.actions import reconcile
from campaign.paper.models import PaperBatch
from campaign.sealing.boxes import open_sealed
from campaign.sealing.phrases import Wrapped, unwrap
from campaign.sealing.queries import epoch_keys
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.web.desk import CAMPAIGN, Desk, audited
from tests.web.signing import Signing
from tests.web.test_at_rest import found_in

PAPER = f"{CAMPAIGN}paper"
NEW = f"{PAPER}/new"
TYPED = {
    "signed_on": "2026-11-20",
    "lines": "12",
    "language": "en",
    "place": "Placemark Square",
    "collector": "Coletta Markerworth",
}


def as_(app: Flask, login: str) -> Desk:
    """Somebody at the desk, in a browser of their own."""
    desk = Desk(browse(app))
    assert desk.log_in(login).status_code == 303
    return desk


def enter(desk: Desk, **changes: str) -> TestResponse:
    form = desk.browser.read(NEW).form("lines")
    return desk.browser.post(NEW, data={**form.values, **TYPED, **changes})


def press(desk: Desk, what: str, number: int = 1, **values: str) -> TestResponse:
    """Press a button of a batch's page as that page has it now."""
    desk.browser.read(f"{PAPER}/{number}")
    return desk.press(f"{PAPER}/{number}/{what}", **values)


def shown(browser: Browser) -> tuple[int, str]:
    """The number on the public page, and what it says of paper."""
    page = browser.read(f"/en/{SLUG}/")
    return page.count, " ".join("".join(part.itertext()) for part in page.classed("figure-paper"))


def state(app: Flask, number: int = 1) -> str:
    with app.app_context():
        return db.session.scalars(select(PaperBatch.state).where(PaperBatch.number == number)).one()


@pytest.fixture
def mona(app: Flask, site: Site) -> Desk:
    return as_(app, "mona")


@pytest.fixture
def edda(app: Flask, site: Site) -> Desk:
    return as_(app, "edda")


def test_a_batch_counts_once_a_second_person_has_approved_it(
    app: Flask, browser: Browser, signing: Signing, mona: Desk, edda: Desk
) -> None:
    signing.sign_and_confirm()
    assert shown(browser) == (1, "")
    entered = enter(mona)
    assert (entered.status_code, entered.location) == (303, f"{PAPER}/1")
    assert shown(browser) == (1, "")
    assert press(edda, "approve").status_code == 303
    assert shown(browser) == (13, "Of these, 12 on paper.")
    assert browser.get(f"/api/v1/campaigns/{SLUG}").get_json()["total_signatures"] == 13
    assert browser.get(f"/api/v1/campaigns/{SLUG}").get_json()["paper_signatures"] == 12
    assert browser.read(f"/en/{SLUG}/statistics").count == 13
    assert browser.read(f"/embed/{SLUG}").count == 13
    figures = {box[0].text: "".join(box[1].itertext()) for box in edda.browser.read(PAPER).classed("desk-figures")[0]}
    assert figures == {"Signatures": "13", "Online": "1", "On paper": "12"}
    assert audited(app) == [("entered_paper_batch", SLUG), ("approved_paper_batch", SLUG)]
    with app.app_context(), transaction() as session:
        assert reconcile(session) == 0
    assert shown(browser) == (13, "Of these, 12 on paper.")


def test_nobody_approves_their_own(app: Flask, browser: Browser, edda: Desk, mona: Desk) -> None:
    enter(edda)
    page = edda.browser.read(f"{PAPER}/1")
    assert not [form for form in page.forms() if (form.action or "").endswith("/approve")]
    # As somebody does who makes the request by hand.
    token = page.form("why").values["csrf_token"]
    refused = edda.browser.post(f"{PAPER}/1/approve", data={"csrf_token": token, "revision": "1"})
    assert refused.status_code == 409
    assert "somebody else has to approve" in edda.browser.last.text
    assert (state(app), shown(browser)) == ("waiting", (0, ""))
    assert audited(app) == [("entered_paper_batch", SLUG)]
    # A moderator is a second person, but not one who may.
    form = mona.browser.read(NEW).form("lines")
    refused = mona.browser.post(f"{PAPER}/1/approve", data={**form.values, "revision": "1"})
    assert (refused.status_code, state(app)) == (403, "waiting")


def test_the_database_itself_refuses_one_person_twice(app: Flask, edda: Desk) -> None:
    enter(edda)
    with app.app_context(), pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE paper_batch SET approved_by = entered_by"))


def test_what_was_corrected_after_somebody_looked_is_not_approved(app: Flask, mona: Desk, edda: Desk) -> None:
    enter(mona)
    edda.browser.read(f"{PAPER}/1")
    form = mona.browser.read(f"{PAPER}/1/correct").form("lines")
    assert (form.values["lines"], form.values["signed_on"]) == ("12", "2026-11-20")
    assert mona.browser.post(f"{PAPER}/1/correct", data={**form.values, "lines": "1200"}).status_code == 303
    stale = edda.press(f"{PAPER}/1/approve")
    assert stale.status_code == 409
    assert "corrected meanwhile" in edda.browser.last.text
    assert state(app) == "waiting"
    assert press(edda, "approve").status_code == 303
    # What counts cannot be corrected, nor approved again.
    assert mona.browser.post(f"{PAPER}/1/correct", data={**form.values, "lines": "5"}).status_code == 409
    assert [action for action, _ in audited(app)] == [
        *("entered_paper_batch", "corrected_paper_batch", "approved_paper_batch"),
    ]


def test_only_who_entered_a_batch_corrects_it(app: Flask, mona: Desk, edda: Desk) -> None:
    """Else an editor could write a number into somebody else's batch, and approve that."""
    enter(mona)
    form = edda.browser.read(f"{PAPER}/1/correct").form("lines")
    assert edda.browser.post(f"{PAPER}/1/correct", data={**form.values, "lines": "1200"}).status_code == 409
    assert press(edda, "approve").status_code == 303
    with app.app_context():
        assert db.session.scalars(select(PaperBatch.lines)).one() == 12


def test_a_batch_is_rejected_with_a_reason(app: Flask, browser: Browser, mona: Desk, edda: Desk) -> None:
    enter(mona)
    assert press(edda, "reject", why="  ").status_code == 400
    assert edda.browser.last.mistakes() == {"why": "Say why, in a few words."}
    assert state(app) == "waiting"
    assert press(edda, "reject", why="No\r\nticks").status_code == 303
    assert "No ticks" in edda.browser.read(f"{PAPER}/1").text
    assert (state(app), shown(browser)) == ("rejected", (0, ""))
    with app.app_context():
        assert db.session.execute(text("SELECT why FROM audit_entry ORDER BY number DESC")).scalar() == "#1 No ticks"


def test_moderators_reject_their_own_and_nobody_elses(app: Flask, mona: Desk, edda: Desk) -> None:
    enter(edda)
    enter(mona)
    token = mona.browser.read(f"{PAPER}/2").form("why").values["csrf_token"]
    data = {"csrf_token": token, "why": "wrong"}
    assert mona.browser.post(f"{PAPER}/1/reject", data=data).status_code == 403
    assert press(mona, "reject", 2, why="wrong").status_code == 303
    assert (state(app, 1), state(app, 2)) == ("waiting", "rejected")


def test_what_counts_can_be_taken_back(app: Flask, browser: Browser, mona: Desk, edda: Desk) -> None:
    enter(mona)
    press(edda, "approve")
    assert shown(browser)[0] == 12
    assert press(edda, "take-back", why="").status_code == 400
    assert press(edda, "take-back", why="Entered twice").status_code == 303
    assert shown(browser) == (0, "")
    token = edda.browser.read(NEW).form("lines").values["csrf_token"]
    again = edda.browser.post(f"{PAPER}/1/take-back", data={"csrf_token": token, "why": "again"})
    assert again.status_code == 409
    assert audited(app)[-1] == ("took_back_paper_batch", SLUG)
    assert len(audited(app)) == 3


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("lines", ""),
        ("lines", "0"),
        ("lines", "-3"),
        ("lines", "10001"),
        ("lines", "9" * 400),
        ("lines", "1e3"),
        ("signed_on", "2026-11-23"),
        ("signed_on", "yesterday"),
        ("signed_on", "2026-13-01"),
        ("language", "tlh"),
        ("place", "x" * 101),
        ("collector", "\u202eevil"),
    ],
)
def test_what_is_typed_wrong_is_said_and_nothing_is_entered(app: Flask, mona: Desk, field: str, typed: str) -> None:
    assert enter(mona, **{field: typed}).status_code == 400
    assert set(mona.browser.last.mistakes()) == {field}
    if field != "language":
        assert mona.browser.last.value(field) == typed
    assert audited(app) == []


def test_persian_digits_are_a_number(app: Flask, mona: Desk) -> None:
    assert enter(mona, lines="۱۲").status_code == 303


def test_without_a_key_nothing_is_entered(app: Flask, mona: Desk) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE epoch SET retired_at = created_at"))
    assert enter(mona).status_code == 409
    assert "no key" in mona.browser.last.text
    assert audited(app) == []


def test_place_and_collector_are_nowhere_on_the_disk(
    app: Flask, site: Site, instance: Path, mona: Desk, edda: Desk
) -> None:
    enter(mona)
    press(edda, "approve")
    assert found_in(instance, "Placemark", "Coletta", "Markerworth") == set()
    with app.app_context():
        row = db.session.scalars(select(PaperBatch)).one()
        (keys,) = epoch_keys(db.session(), [site.epoch.id])
        wrapped: Wrapped = keys.holders[0].wrapped
        fields = open_sealed(unwrap(wrapped, site.phrase), row.details or b"")
    assert (fields["place"], fields["collector"]) == (TYPED["place"], TYPED["collector"])
    assert (fields["campaign"], fields["signature"]) == (SLUG, row.id.hex)


def test_a_viewer_sees_numbers_and_no_button(app: Flask, mona: Desk) -> None:
    enter(mona)
    vera = as_(app, "vera")
    page = vera.browser.read(PAPER)
    assert not [link for link in page.links().values() if re.search(r"/paper/", link)]
    assert vera.browser.get(f"{PAPER}/1").status_code == 403


def test_the_desk_leads_to_paper_and_to_every_sheet(edda: Desk) -> None:
    assert PAPER in edda.browser.read(CAMPAIGN).links().values()
    assert {f"/en/{SLUG}/sheet.pdf", f"/fa/{SLUG}/sheet.pdf"} <= set(edda.browser.read(PAPER).links().values())
    assert "Nothing has been entered yet" in edda.browser.last.text


def test_a_batch_of_another_campaign_is_not_here(app: Flask, edda: Desk) -> None:
    enter(edda)
    assert edda.browser.get(f"{PAPER}/2").status_code == 404
    assert edda.browser.get("/organize/campaigns/no-such/paper/1").status_code == 404
