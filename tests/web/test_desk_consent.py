"""The consent record at the desk: sealed before it is stored, added to and never changed, asked for in time."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from campaign.campaigns.hiding import hide
from campaign.cases.consent import BASES, consents_due
from campaign.cases.models import Case, ConsentRecord
from campaign.core.db import db, transaction
from campaign.doctor.contents import examine_contents
from campaign.sealing.actions import store_epoch
from campaign.sealing.boxes import KeyPair, new_key_pair, open_sealed
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.phrases import Wrapped, unwrap
from campaign.web.services import services
from tests.factories import SLUG, Site
from tests.pages import browse, content_policy
from tests.web.desk import CAMPAIGN, Desk, audited

CONSENT = f"{CAMPAIGN}consent"
NOTE = "Asked through the union on 20 November; the strike may be told, the family not."


def add(desk: Desk, **values: str) -> TestResponse:
    desk.browser.read(CONSENT)
    return desk.press(CONSENT, **{"basis": "family", "note": NOTE, "review_on": "2027-01-31", **values})


def rows(app: Flask) -> list[ConsentRecord]:
    with app.app_context():
        found = list(db.session.scalars(select(ConsentRecord).order_by(ConsentRecord.number)))
        db.session.expunge_all()
        return found


def opened(app: Flask, phrase: str) -> list[dict[str, str]]:
    """What is in the boxes, for whoever has the phrase."""
    with app.app_context():
        key = db.session.scalars(select(WrappedKey)).one()
        secret = unwrap(Wrapped(key.salt, key.opslimit, key.memlimit_bytes, key.nonce, key.ciphertext), phrase)
        db.session.rollback()
    return [open_sealed(secret, row.sealed) for row in rows(app)]


def make_case(app: Flask, site: Site, today: date) -> None:
    with app.app_context(), transaction() as session:
        plain = {"status": "unknown", "status_as_of": today, "status_precision": "day", "status_line": {"en": "-"}}
        lists = {"names": [], "status_sources": [{}], "demands": [], "related": []}
        session.add(Case(campaign_id=site.campaign.id, checked_on=today, recheck_days=30, **plain, **lists))


@pytest.mark.parametrize("basis", BASES)
def test_the_phrase_opens_what_was_recorded_and_nothing_else_tells_it(
    app: Flask, site: Site, edda: Desk, instance: Path, basis: str
) -> None:
    assert add(edda, basis=basis).status_code == 303
    (row,) = rows(app)
    assert opened(app, site.phrase) == [
        {"campaign": SLUG, "signature": row.id.hex, "basis": basis, "note": NOTE},
    ]
    on_disk = b"".join(path.read_bytes() for path in instance.glob("campaign.sqlite3*"))
    assert NOTE.encode() not in on_disk
    assert b'"basis"' not in on_disk
    # A basis cannot be told by the size of its box.
    assert len(row.sealed) == 512 + 48
    assert audited(app) == [("recorded_consent", SLUG)]


def test_a_record_grows_and_what_was_written_stays(app: Flask, site: Site, edda: Desk) -> None:
    add(edda)
    add(edda, basis="none", note="Taken back by letter.")
    assert [(row.number, str(row.review_on)) for row in rows(app)] == [(1, "2027-01-31"), (2, "2027-01-31")]
    assert [fields["basis"] for fields in opened(app, site.phrase)] == ["family", "none"]
    page = edda.browser.read(CONSENT)
    assert NOTE not in page.text
    assert "edda" in page.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"basis": ""}, "basis"),
        ({"basis": "rumour"}, "basis"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "bell \x07"}, "note"),
        ({"note": "to \u202emoc"}, "note"),
        ({"review_on": ""}, "review_on"),
        ({"review_on": "soon"}, "review_on"),
        ({"review_on": "2026-11-22"}, "review_on"),
        ({"review_on": "2028-01-01"}, "review_on"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    app: Flask, edda: Desk, typed: dict[str, str], field: str
) -> None:
    response = add(edda, **typed)
    assert response.status_code == 400
    (link,) = [element for element in edda.browser.last.tagged("a") if element.get("href") == f"#{field}"]
    assert link is not None
    if field != "note":
        assert NOTE in response.text
    assert rows(app) == []
    assert audited(app) == []


def test_without_a_key_nothing_is_stored(app: Flask, edda: Desk, now: datetime) -> None:
    edda.browser.read(CONSENT)
    with app.app_context(), transaction() as session:
        session.execute(update(Epoch).values(retired_at=now))
    response = edda.press(CONSENT, basis="person", note=NOTE, review_on="2027-01-31")
    assert response.status_code == 409
    assert NOTE in response.text
    assert rows(app) == []


def test_who_may_not_edit_sees_no_record(app: Flask, desk: Desk) -> None:
    mona = Desk(browse(app))
    mona.log_in("mona")
    assert CONSENT not in mona.browser.read(CAMPAIGN).text
    assert [mona.browser.get(f"{CONSENT}{page}").status_code for page in ("", "/open", "/sealed")] == [403] * 3


def test_opening_takes_the_second_factor_and_is_written_down(
    app: Flask, edda: Desk, clock: time_machine.Traveller
) -> None:
    add(edda)
    page = edda.browser.get(f"{CONSENT}/open")
    assert content_policy(page)["connect-src"] == [f"http://localhost{CONSENT}/sealed"]
    sealed = edda.browser.get(f"{CONSENT}/sealed")
    assert sealed.headers["Cache-Control"] == "no-store"
    body = json.loads(sealed.text)
    assert (body["format"], body["campaign"], len(body["epochs"]), len(body["records"])) == (
        "campaign-consent/1",
        SLUG,
        1,
        1,
    )
    assert audited(app)[-1] == ("opened_consent", SLUG)
    clock.shift(timedelta(minutes=11))
    assert edda.browser.get(f"{CONSENT}/sealed").status_code == 303


def test_after_a_change_of_keys_old_versions_keep_their_key_and_the_desk_says_so(
    app: Flask, site: Site, edda: Desk, now: datetime
) -> None:
    add(edda)
    new = rotate(app, site, now)
    assert "sealed to an earlier key" in edda.browser.read(CONSENT).text
    assert add(edda, note="The same as before.").status_code == 303
    assert "sealed to an earlier key" not in edda.browser.read(CONSENT).text
    old_row, new_row = rows(app)
    assert old_row.epoch_id == site.epoch.id
    assert open_sealed(new.secret_key, new_row.sealed)["note"] == "The same as before."
    assert len(json.loads(edda.browser.get(f"{CONSENT}/sealed").text)["epochs"]) == 2


def rotate(app: Flask, site: Site, now: datetime) -> KeyPair:
    pair = new_key_pair()
    with app.app_context():
        with transaction() as session:
            store_epoch(session, pair.public_key, [], is_demo=False, has_paper=True, replaces=site.epoch.id, now=now)
        services().pin.path.unlink(missing_ok=True)
    return pair


def test_the_desk_and_doctor_say_when_it_is_missing_or_to_be_asked_again(
    app: Flask, site: Site, edda: Desk, instance: Path, now: datetime, clock: time_machine.Traveller
) -> None:
    assert "Consent to look at" not in edda.browser.read("/organize/").text
    make_case(app, site, now.date())
    assert "nothing is recorded" in edda.browser.read("/organize/").text
    assert doctors(app, instance, now) == ["cases without a consent record: 1"]
    add(edda)
    assert "Consent to look at" not in edda.browser.read("/organize/").text
    assert doctors(app, instance, now) == []
    clock.move_to(datetime.fromisoformat("2027-01-31T00:00:00Z"))
    edda.log_in("edda")
    assert "to be asked again since 31 January 2027" in edda.browser.read("/organize/").text
    assert "The day to ask again has come." in edda.browser.read(CONSENT).text
    assert doctors(app, instance, datetime(2027, 1, 31, tzinfo=now.tzinfo)) == [
        "consent records to be looked at again: 1"
    ]


def doctors(app: Flask, instance: Path, now: datetime) -> list[str]:
    with app.app_context():
        found = examine_contents(db.session(), instance=instance, is_demo=False, now=now)
        said = [finding.what for finding in found if "consent" in finding.what]
        db.session.rollback()
        return said


def test_what_nobody_can_read_reminds_of_nothing(app: Flask, site: Site, now: datetime) -> None:
    make_case(app, site, now.date())
    with app.app_context(), transaction() as session:
        hide(session, site.campaign.id, organizer_id=None, why="wishes", now=now)
        assert consents_due(session, today=now.date()) == []
