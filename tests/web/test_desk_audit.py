"""The log at the desk: who did what, when and why, for those it is for; and when signatures are erased."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from campaign.audit.actions import record
from campaign.audit.head import FILE_NAME
from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.organizers.actions import add_organizer, give_role
from campaign.organizers.models import Organizer
from campaign.signing.purging import begin_purge, purge_step
from campaign.web.organize.audit_log import ENTRIES_A_PAGE
from campaign.web.services import services
from campaign.web.words import AUDIT_ACTIONS
from tests.factories import SLUG, Site
from tests.page import Page
from tests.web.conftest import NOW
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited

LOG, LOG_OF_CAMPAIGN, KEPT = "/organize/audit", f"{CAMPAIGN}audit", "/organize/retention"
FILE, FILE_OF_CAMPAIGN = "/organize/audit.csv", f"{CAMPAIGN}audit.csv"


def write(app: Flask, *entries: tuple[str, str], why: str = "", who: str = "") -> None:
    with app.app_context():
        by = db.session.scalar(select(Organizer.id).where(Organizer.login == who))
        db.session.rollback()
        for action, subject in entries:
            with transaction() as session:
                record(session, organizer_id=by, action=action, subject=subject, why=why, now=NOW)
        db.session.remove()


def cells(page: Page) -> list[list[str]]:
    """The table, newest first: entry, when, who, what, about, why."""
    return [["".join(cell.itertext()).strip() for cell in row if cell.tag == "td"] for row in page.tagged("tr")][1:]


def test_an_empty_log_says_what_will_stand_there(desk: Desk) -> None:
    desk.log_in()
    assert "Nothing is written here yet" in desk.browser.read(LOG).text


def test_it_says_who_did_what_when_and_why(app: Flask, desk: Desk) -> None:
    write(app, ("downloaded_public_names", SLUG), who="edda", why="Delivery")
    write(app, ("purged_signatures", SLUG), why="3 signatures, 6 months after 2026-05-22")
    write(app, ("made_key", "site"))
    desk.log_in()
    page = desk.browser.read(LOG)
    server = "The server itself: a command, or work in the background"
    assert [row[:1] + row[2:] for row in cells(page)] == [
        ["3", server, "Made the key", "The whole site", ""],
        [
            *("2", server, "Erased signatures when their time was over", SLUG),
            "3 signatures, 6 months after 2026-05-22",
        ],
        ["1", "edda", "Downloaded the public names", SLUG, "Delivery"],
    ]
    assert cells(page)[0][1].startswith("22 November 2026, 18:54")
    assert "The log is whole up to entry 3" in page.text


def test_who_was_removed_is_somebody_who_was_removed(app: Flask, desk: Desk) -> None:
    write(app, ("downloaded_public_names", SLUG), who="vera", why="Delivery")
    with app.app_context(), transaction() as session:
        session.execute(delete(Organizer).where(Organizer.login == "vera"))
    desk.log_in()
    assert cells(desk.browser.read(LOG))[0][2] == "Somebody who was removed"


def test_a_log_whose_newest_entries_are_gone_says_so_at_the_top(app: Flask, desk: Desk) -> None:
    write(app, ("made_key", "site"), ("counted_again", "site"), ("seeded_campaigns", "site"))
    with app.app_context(), transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number > 1))
    desk.log_in()
    page = desk.browser.read(LOG)
    assert "This log is not whole" in page.text
    assert "Entries 2 to 3 are missing." in page.text
    assert "campaign doctor" in page.text


def test_an_altered_log_and_a_damaged_file_say_so(app: Flask, desk: Desk) -> None:
    write(app, ("made_key", "site"), ("counted_again", "site"))
    with app.app_context(), transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.number == 1).values(action="seeded_campaigns"))
    desk.log_in()
    assert "Entry 1 says something else than was recorded." in desk.browser.read(LOG).text
    with app.app_context():
        (services().config.instance / FILE_NAME).write_text("nothing", "ascii")
    assert "is damaged" in desk.browser.read(LOG_OF_CAMPAIGN).text


def test_pages_lead_to_older_entries_and_back(app: Flask, desk: Desk) -> None:
    write(app, *[("made_key", "site")] * (ENTRIES_A_PAGE + 2))
    desk.log_in()
    first = desk.browser.read(LOG)
    assert len(cells(first)) == ENTRIES_A_PAGE
    second = desk.browser.read(first.links()["Older entries"])
    assert [row[0] for row in cells(second)] == ["2", "1"]
    assert "Older entries" not in second.links()
    assert second.links()["Newest entries"] == LOG
    assert "There are no older entries." in desk.browser.read(f"{LOG}?before=1").text


def test_what_and_about_what_can_be_chosen(app: Flask, desk: Desk) -> None:
    write(app, ("made_key", "site"), ("downloaded_sealed_list", SLUG), ("downloaded_public_names", SLUG))
    desk.log_in()
    assert [row[0] for row in cells(desk.browser.read(f"{LOG}?subject={SLUG}&action="))] == ["3", "2"]
    assert [row[0] for row in cells(desk.browser.read(f"{LOG}?subject=site"))] == ["1"]
    chosen = desk.browser.read(f"{LOG}?action=downloaded_sealed_list&subject={SLUG}")
    assert [row[0] for row in cells(chosen)] == ["2"]
    assert [option.get("value") for option in chosen.tagged("option") if option.get("selected") is not None][-2:] == [
        "downloaded_sealed_list",
        SLUG,
    ]
    assert "Nothing of that kind" in desk.browser.read(f"{LOG}?action=counted_again").text


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=-1", f"before={'9' * 400}", "subject=%00", "action='%20OR%201", "subject=%ff", "before=١"],
)
def test_an_address_somebody_made_up_is_no_error(app: Flask, desk: Desk, query: str) -> None:
    write(app, ("made_key", "site"))
    desk.log_in()
    assert len(cells(desk.browser.read(f"{LOG}?{query}"))) == 1


def test_a_campaigns_owner_sees_what_was_done_about_it_and_nothing_else(app: Flask, desk: Desk, site: Site) -> None:
    write(app, ("made_key", "site"), ("downloaded_sealed_list", SLUG), ("downloaded_sealed_list", "another"))
    with app.app_context(), transaction() as session:
        added = add_organizer(session, login="oya", password=PASSWORD, role=None, now=NOW)
        give_role(session, added, campaign_id=site.campaign.id, role="owner")
    desk.log_in("oya")
    assert [row[0] for row in cells(desk.browser.read(LOG_OF_CAMPAIGN))] == ["2"]
    assert [row[0] for row in cells(desk.browser.read(f"{LOG_OF_CAMPAIGN}?subject=another"))] == ["2"]
    assert desk.browser.get(LOG).status_code == 403
    form = desk.browser.read(f"{LOG_OF_CAMPAIGN}?subject=another").form("why")
    response = desk.browser.post(form.action, data={**form.values, "why": "Board meeting"})
    assert [row[3:5] for row in csv.reader(io.StringIO(response.text[1:], newline=""))][1:] == [
        ["downloaded_audit_log", SLUG],
        ["downloaded_sealed_list", SLUG],
    ]


@pytest.mark.parametrize(
    ("page", "address", "subject"), [(LOG, FILE, "site"), (LOG_OF_CAMPAIGN, FILE_OF_CAMPAIGN, SLUG)]
)
def test_who_takes_the_log_says_why_and_is_written_down(
    app: Flask, desk: Desk, page: str, address: str, subject: str
) -> None:
    write(app, ("downloaded_sealed_list", SLUG), why='=HYPERLINK("http://evil.example")')
    desk.log_in()
    desk.browser.read(page)
    refused = desk.press(address, why="  ")
    assert refused.status_code == 400
    assert "Say what you need the file for." in refused.text
    assert len(audited(app)) == 1
    response = desk.press(address, why=" Yearly \t review ")
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{subject}-audit.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    header, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline=""))
    assert header == ["number", "at", "who", "action", "subject", "why", "sha256"]
    assert [row[2:6] for row in rows] == [
        ["olga", "downloaded_audit_log", subject, "Yearly review"],
        ["server", "downloaded_sealed_list", SLUG, '\'=HYPERLINK("http://evil.example")'],
    ]
    assert {len(row[6]) for row in rows} == {64}
    assert audited(app)[1:] == [("downloaded_audit_log", subject)]


@pytest.mark.parametrize("why", ["x" * 301, "a\x00b", "\u202egnp.exe", ""])
def test_a_purpose_nobody_could_read_is_refused_and_kept(app: Flask, desk: Desk, why: str) -> None:
    desk.log_in()
    desk.browser.read(LOG)
    assert desk.press(FILE, why=why).status_code == 400
    assert audited(app) == []


@pytest.mark.parametrize("login", ["edda", "mona", "vera"])
def test_the_log_is_for_owners_only(desk: Desk, login: str) -> None:
    desk.log_in(login)
    for address in (LOG, LOG_OF_CAMPAIGN):
        assert desk.browser.get(address).status_code == 403
    for address in ("/organize/", CAMPAIGN):
        assert "What was done" not in desk.browser.read(address).links()


def test_the_owner_finds_both_from_the_desks_first_page(desk: Desk) -> None:
    desk.log_in()
    links = desk.browser.read("/organize/").links()
    assert (links["What was done"], links["How long signatures are kept"]) == (LOG, KEPT)
    assert desk.browser.read(CAMPAIGN).links()["What was done"] == LOG_OF_CAMPAIGN


def test_every_action_there_is_has_words(app: Flask, desk: Desk) -> None:
    write(app, *[(action, "site") for action in AUDIT_ACTIONS])
    desk.log_in()
    with app.test_request_context("/organize/"):
        words = {str(label) for label in AUDIT_ACTIONS.values()}
    page = desk.browser.read(LOG)
    found = {row[3] for row in cells(page)}
    while older := page.links().get("Older entries"):
        page = desk.browser.read(older)
        found |= {row[3] for row in cells(page)}
    assert found == words


# --- until when signatures are kept -----------------------------------------------------------------------------------


def close(app: Flask, days_ago: int) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=NOW - timedelta(days=days_ago)))


def test_an_open_campaign_is_kept_as_long_as_it_is_open(desk: Desk) -> None:
    desk.log_in("vera")
    page = desk.browser.read(KEPT)
    assert "not as long as it is open" in page.text
    assert "soon be erased" not in page.text


def test_a_month_ahead_the_desk_says_on_which_day_signatures_go(
    app: Flask, desk: Desk, clock: time_machine.Traveller
) -> None:
    close(app, 140)
    desk.log_in("vera")
    for address in ("/organize/", KEPT):
        assert "Signatures will soon be erased" not in desk.browser.read(address).text
    assert "5 January 2027" in desk.browser.read(KEPT).text
    clock.move_to(NOW + timedelta(days=15))
    desk.log_in("vera")
    for address in ("/organize/", KEPT):
        page = desk.browser.read(address)
        assert "Signatures will soon be erased" in page.text
        assert "on 5 January 2027" in page.text


def test_afterwards_it_says_that_they_are_gone(app: Flask, desk: Desk, site: Site) -> None:
    close(app, 200)
    with app.app_context(), transaction() as session:
        begin_purge(session, site.campaign.id)
    desk.log_in("vera")
    assert "being erased now" in desk.browser.read(KEPT).text
    with app.app_context(), transaction() as session:
        assert purge_step(session, site.campaign.id, now=NOW).is_last
    assert "22 November 2026 · done" in " ".join(desk.browser.read(KEPT).text.split())
    assert "soon be erased" not in desk.browser.read("/organize/").text


def test_nobody_is_told_of_a_campaign_that_is_none_of_theirs(app: Flask, desk: Desk) -> None:
    close(app, 180)
    with app.app_context(), transaction() as session:
        add_organizer(session, login="nora", password=PASSWORD, role="viewer", now=NOW)
        session.execute(update(Organizer).where(Organizer.login == "nora").values(role=None))
    desk.log_in("nora")
    assert desk.browser.get(KEPT).status_code == 403
