"""Taking lists off the site: written down first, by those who may, in files that do no harm."""

import csv
import io
import json
import re
from contextlib import closing
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from campaign.audit.models import AuditEntry
from campaign.core.db import db, transaction
from campaign.signing.invalidation import invalidate
from campaign.signing.models import Signature
from tests.factories import SLUG, Site
from tests.pages import browse
from tests.web.desk import CAMPAIGN, LISTS, OPEN_LIST, PURPOSE, Desk, audited
from tests.web.signing import Signing

UUID_IN = re.compile("[0-9a-f]{32}")


@pytest.mark.parametrize(
    ("page", "form", "action"),
    [
        (OPEN_LIST, "sealed", "downloaded_sealed_list"),
        (OPEN_LIST, "open", "downloaded_sealed_list"),
        *[(LISTS, form, "downloaded_public_names") for form in ("csv", "xlsx", "jsonl", "pdf")],
    ],
)
def test_a_download_is_written_down_with_its_purpose_before_its_first_byte(
    app: Flask, desk: Desk, page: str, form: str, action: str
) -> None:
    desk.log_in()
    address = desk.ask(page, form)
    assert audited(app) == [(action, SLUG)]
    for _ in range(2):
        with closing(desk.browser.get(address)) as response:
            assert response.status_code == 200
    # Going on with a download that broke off is no other download.
    assert audited(app) == [(action, SLUG)]
    with app.app_context():
        assert db.session.scalars(select(AuditEntry.why)).all() == [PURPOSE]


@pytest.mark.parametrize("page", [LISTS, OPEN_LIST])
@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"purpose": " "}, "purpose"),
        ({"purpose": "x" * 201}, "purpose"),
        ({"purpose": "to \u202emoc"}, "purpose"),
        ({"since": "22.11.2026"}, "since"),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "until"),
        ({"language": "xx"}, "language"),
        ({"source": "' OR 1=1"}, "source"),
        ({"form": "exe"}, "form"),
    ],
)
def test_a_form_not_filled_in_gives_nothing_and_keeps_what_was_typed(
    app: Flask, desk: Desk, page: str, typed: dict[str, str], field: str
) -> None:
    desk.log_in()
    form = desk.browser.read(page).form("purpose")
    assert form.action
    data = {**form.values, "purpose": PURPOSE, **typed}
    assert desk.browser.post(form.action, data=data).status_code == 400
    assert list(desk.browser.last.mistakes()) == [field]
    if field in ("purpose", "since"):
        assert desk.browser.last.value(field) == typed[field]
    assert audited(app) == []


def test_an_address_is_good_for_an_hour_for_one_person_and_one_list(
    app: Flask, desk: Desk, clock: time_machine.Traveller
) -> None:
    desk.log_in("edda")
    names, sealed = desk.ask(LISTS, "csv"), desk.ask(OPEN_LIST, "sealed")
    ticket = sealed.rpartition("/")[2]
    altered = [
        sealed.replace("/2/", "/1/"),
        sealed[:-1],
        sealed.replace(ticket, names.rpartition("/")[2]),
        names.replace(names.rpartition("/")[2], ticket).replace("/1/", "/2/"),
        f"{CAMPAIGN}open-list/1/{ticket}",
        f"{sealed}?after=x",
        f"{sealed}?after={'0' * 31}1&rows=-1",
    ]
    for address in altered:
        assert desk.browser.get(address).status_code == 404, address
        assert OPEN_LIST in desk.browser.last.links().values() or LISTS in desk.browser.last.links().values()
    foreign = Desk(browse(app))
    foreign.log_in("olga")
    assert foreign.browser.get(sealed).status_code == 404
    clock.shift(3590)
    assert desk.browser.get(sealed).status_code == 200
    clock.shift(20)
    assert desk.browser.get(sealed).status_code == 404


def test_an_address_dies_with_its_entry_in_the_audit_log(app: Flask, desk: Desk) -> None:
    desk.log_in()
    address = desk.ask(LISTS, "csv")
    with app.app_context(), transaction() as session:
        session.execute(delete(AuditEntry))
    assert desk.browser.get(address).status_code == 404


def test_a_list_that_broke_off_goes_on_after_its_last_whole_row(desk: Desk, signing: Signing) -> None:
    for number in range(5):
        signing.sign_and_confirm(f"alice{number}@example.org")
    desk.log_in()
    address = desk.ask(OPEN_LIST, "sealed")
    whole = desk.browser.get(address).data
    lines = whole.splitlines(keepends=True)
    for kept in range(1, 6):
        part = b"".join(lines[: kept + 1])
        after = json.loads(lines[kept])["id"]
        assert part + desk.browser.get(f"{address}?after={after}&rows={kept}").data == whole


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_public_names_that_broke_off_go_on_after_their_last_whole_row(desk: Desk, signing: Signing, form: str) -> None:
    for number, name in enumerate(["Alice, A.", "=1+1", "زهرا", 'Bob "B"', "Carol"]):
        signing.sign_and_confirm(f"alice{number}@example.org", public_name=name)
    desk.log_in("vera")
    address = desk.ask(LISTS, form)
    whole = desk.browser.get(address).data
    lines = whole.splitlines(keepends=True)
    for kept in range(1 if form == "csv" else 0, len(lines)):
        signature = UUID_IN.findall(lines[kept].decode())[-1]
        assert b"".join(lines[: kept + 1]) + desk.browser.get(f"{address}?after={signature}").data == whole
    # As the sealed list writes an id, and as an address may be made larger.
    assert desk.browser.get(f"{address}?after={signature.replace('-', '').upper()}").data == b""


def test_going_on_gives_nobody_whom_the_list_would_not(app: Flask, desk: Desk, signing: Signing, site: Site) -> None:
    """Whoever withdrew or was found false meanwhile is not there, and an id of nobody is as good as any other."""
    for number in range(4):
        signing.sign_and_confirm(f"alice{number}@example.org", public_name=f"Alice {number}", updates="y")
    desk.log_in()
    address = desk.ask(LISTS, "jsonl", updates="y")
    rows = [json.loads(line) for line in desk.browser.get(address).data.splitlines()]
    with app.app_context(), transaction() as session:
        gone = UUID(rows[2]["signature"])
        invalidate(session, campaign_id=site.campaign.id, signature_ids=[gone], reason="forged")
        session.execute(update(Signature).where(Signature.id == UUID(rows[3]["signature"])).values(wants_updates=False))
    after = [json.loads(line) for line in desk.browser.get(f"{address}?after={rows[0]['signature']}").data.splitlines()]
    assert after == [rows[1]]
    assert desk.browser.get(f"{address}?after={gone}").data == b""


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "pdf"])
def test_what_no_list_can_go_on_after_is_not_there(desk: Desk, form: str) -> None:
    desk.log_in()
    address = desk.ask(LISTS, form)
    cursors = ["x", "' OR 1=1", "9" * 33, "%00"]
    for cursor in cursors if form in ("csv", "jsonl") else [*cursors, f"{1:032x}"]:
        assert desk.browser.get(f"{address}?after={cursor}").status_code == 404
        assert LISTS in desk.browser.last.links().values()


def test_filters_choose_who_is_on_both_lists(
    app: Flask, desk: Desk, signing: Signing, clock: time_machine.Traveller, site: Site
) -> None:
    signing.sign_and_confirm("old@example.org", public_name="Old", updates="y")
    clock.shift(86400)
    signing.sign_and_confirm("new@example.org", public_name="New")
    signing.sign_and_confirm("false@example.org", public_name="False")
    with app.app_context(), transaction() as session:
        (false,) = session.scalars(select(Signature.id).where(Signature.public_name == "False"))
        invalidate(session, campaign_id=site.campaign.id, signature_ids=[false], reason="forged")
    desk.log_in()
    for fields, expected in (
        ({}, {"Old", "New"}),
        ({"since": "2026-11-23"}, {"New"}),
        ({"until": "2026-11-22"}, {"Old"}),
        ({"since": "2026-11-22", "until": "2026-11-23", "language": "en", "source": "site"}, {"Old", "New"}),
        ({"updates": "y"}, {"Old"}),
        ({"standing": "invalidated"}, {"False"}),
        ({"standing": "invalidated", "until": "2026-11-22"}, set()),
    ):
        listed = [json.loads(line) for line in desk.public_names("jsonl", **fields).data.splitlines()]
        assert {row["public_name"] for row in listed} == expected, fields
        _, *rows, end = [json.loads(line) for line in desk.sealed_list(**fields).data.splitlines()]
        assert {row["public_name"] for row in rows} == expected, fields
        assert end["rows"] == len(expected)


def test_public_names_come_as_a_file_no_spreadsheet_runs(desk: Desk, signing: Signing) -> None:
    names = ['=HYPERLINK("http://evil.example";"x")', "+1 Person", "@SUM(1+1)", "-2+3", "شیرین علم‌هولی", "O'Brien"]
    for number, name in enumerate(names):
        signing.sign_and_confirm(f"alice{number}@example.org", public_name=name)
    signing.sign_and_confirm("bob@example.org")
    desk.log_in("vera")
    response = desk.public_names()
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{SLUG}-public-names.csv"'
    assert response.data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline=""))
    assert header == ["public_name", "language", "confirmed_hour", "signature"]
    cells = sorted(row[0] for row in rows)
    assert not [cell for cell in cells if cell[0] in "=+-@"]
    assert sorted(cell.removeprefix("'") for cell in cells) == sorted(names)


def test_the_desk_shows_numbers_and_who_downloaded(desk: Desk, signing: Signing) -> None:
    signing.sign_and_confirm(public_name="Alice")
    signing.fill_in(email="pending@example.org")
    desk.log_in("edda")
    desk.public_names().close()
    page = desk.browser.read(CAMPAIGN)
    figures = {"".join(box[0].itertext()): "".join(box[1].itertext()) for box in page.classed("desk-figures")[0]}
    expected = {"Signatures": "1", "Today": "1", "Last 7 days": "1", "Waiting for confirmation": "1"}
    assert figures == {**expected, "Confirmed, of the last 7 days": "too few to say"}
    assert "edda" in page.text
    assert "Downloaded the public names" in page.text
    assert "Bread and roses" in desk.browser.read("/organize/").text


@pytest.mark.parametrize("address", ["", "lists", "open-list", "open-list/1/x", "signatures/1/x", "public-names/1/x"])
def test_a_list_of_no_campaign_is_not_there_and_leaves_no_trace(app: Flask, desk: Desk, address: str) -> None:
    desk.log_in()
    assert desk.browser.get(f"/organize/campaigns/no-such-campaign/{address}").status_code == 404
    assert audited(app) == []


def test_two_organizers_have_two_sessions(app: Flask, desk: Desk) -> None:
    desk.log_in("vera")
    other = Desk(browse(app))
    other.log_in("olga")
    assert desk.browser.get(OPEN_LIST).status_code == 403
    assert other.browser.get(OPEN_LIST).status_code == 200
