"""A letter is read, changed and sent on the supporter's own machine; here only a number goes up."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from campaign.campaigns.models import Campaign
from campaign.cases.models import Case
from campaign.core.db import db, transaction
from campaign.defence.rate_limits import LETTER_BY_NETWORK
from campaign.editing.hiding_parts import show_part
from campaign.letters.actions import roll_up_letters
from campaign.letters.mail_links import LONGEST_LINK, mail_link
from campaign.letters.models import LetterDelta, ModelLetter
from campaign.letters.queries import letters_at_desk, published_count, sent_count
from tests.factories import LETTER, SLUG, SOURCE, Site, make_letter
from tests.page import Page
from tests.pages import Browser

LETTERS = f"/en/{SLUG}/letters"
HERE = f"{LETTERS}/{LETTER}"
OUTSIDE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def lettered(app: Flask, site: Site) -> Site:
    """The petition with a letter to the labour office, which reads Persian."""
    with app.app_context():
        with transaction() as session:
            make_letter(session, site.campaign.id)
        db.session.remove()
    return site


def change(app: Flask, **values: object) -> None:
    with app.app_context(), transaction() as session:
        row = session.scalars(select(ModelLetter)).one()
        for name, value in values.items():
            setattr(row, name, value)


def waiting(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(LetterDelta)) or 0


def mail_of(page: Page) -> str:
    return page.links()["Open in your mail program"]


def test_the_campaign_leads_to_its_letters(lettered: Site, browser: Browser) -> None:
    assert browser.read(f"/en/{SLUG}/").links()["To: Labour office"] == HERE
    assert browser.read(LETTERS).links()["To: Labour office"] == HERE


def test_whoever_has_just_confirmed_finds_the_letters(lettered: Site, browser: Browser) -> None:
    assert browser.read(f"/en/{SLUG}/confirmed").links()["To: Labour office"] == HERE


def test_a_campaign_without_a_letter_says_so_and_leads_back(browser: Browser) -> None:
    assert "Write a letter" not in browser.read(f"/en/{SLUG}/").text
    page = browser.read(LETTERS)
    assert "no letter to send now" in page.text
    assert page.links()["To the campaign"] == f"/en/{SLUG}/"


def test_who_does_not_read_the_offices_language_sees_beside_it_what_they_send(lettered: Site, browser: Browser) -> None:
    page = browser.read(HERE)
    letter, beside = page.classed("letter-sheet")[0], page.classed("letter-beside")[0]
    assert (letter.get("lang"), letter.get("dir")) == ("fa", "rtl")
    assert "کارخانه را باز کنید." in "".join(letter.itertext())
    assert "open the mill." in "".join(beside.itertext())
    own = browser.read(HERE.replace("/en/", "/fa/"))
    assert own.classed("letter-beside") == []


def test_an_office_that_reads_several_is_written_to_in_each(lettered: Site, app: Flask, browser: Browser) -> None:
    change(app, reads=["fa", "en"])
    page = browser.read(HERE)
    assert page.classed("letter-sheet")[0].get("lang") == "en"
    assert page.classed("letter-beside") == []
    in_persian = browser.read(page.links()["فارسی"])
    assert in_persian.classed("letter-sheet")[0].get("lang") == "fa"
    assert browser.read(f"{HERE}?in=xx").classed("letter-sheet")[0].get("lang") == "en"


def test_a_language_that_nobody_knows_is_called_by_its_code(lettered: Site, app: Flask, browser: Browser) -> None:
    text = {"subject": "x", "body": "y"}
    change(app, reads=["xx", "zzz"], texts={"en": text, "xx": text, "zzz": text})
    assert f"{HERE}?in=zzz" in browser.read(HERE).links().values()
    assert browser.last.links()["zzz"] == f"{HERE}?in=zzz"


def test_nothing_on_the_page_could_send_what_is_written(lettered: Site, browser: Browser) -> None:
    page = browser.read(HERE)
    body, subject = page.by_id["letter-body"], page.by_id["letter-subject"]
    for field in (body, subject):
        assert "name" not in field.attrib
        assert (field.get("autocomplete"), field.get("spellcheck")) == ("off", "false")
    (form,) = page.forms()
    assert (form.action, form.values) == (f"{HERE}/sent", {})
    policy = browser.get(HERE).headers["Content-Security-Policy"]
    assert "connect-src 'none'" in policy


def test_without_a_script_the_text_is_there_and_the_fields_are_not(lettered: Site, browser: Browser) -> None:
    page = browser.read(HERE)
    assert "hidden" in page.classed("letter-edit")[0].attrib
    assert "hidden" not in page.classed("letter-sheet")[0].attrib
    assert "Select the text to copy it" in page.text
    assert mail_of(page).startswith("mailto:office@example.org?subject=")


def test_a_mail_link_carries_subject_and_text(lettered: Site, app: Flask, browser: Browser) -> None:
    change(app, reads=["en"])
    asked = urlsplit(mail_of(browser.read(HERE)))
    assert (asked.scheme, asked.path) == ("mailto", "office@example.org")
    fields = parse_qs(asked.query)
    assert fields["subject"] == ["The mill"]
    assert fields["body"] == ["To whom it may concern,\r\n\r\nopen the mill."]


def test_a_text_too_long_for_a_link_is_left_to_be_copied(lettered: Site, app: Flask, browser: Browser) -> None:
    long = {"fa": {"subject": "کارخانه", "body": "سلام " * 200}}
    change(app, texts=long)
    link = mail_of(browser.read(HERE))
    assert "body=" not in link
    assert len(link) <= LONGEST_LINK
    hint = next(element for element in browser.last.elements if "data-too-long" in element.attrib)
    assert "hidden" not in hint.attrib


def test_a_mail_link_cannot_be_given_more_receivers() -> None:
    link, _ = mail_link("a@example.org?bcc=spy@example.net&x", "s&cc=spy@example.net", "b\nc&bcc=d")
    address, query = link.removeprefix("mailto:").split("?", 1)
    assert unquote(address) == "a@example.org?bcc=spy@example.net&x"
    assert set(parse_qs(query)) == {"subject", "body"}


def test_an_office_without_mail_is_written_to_on_paper(lettered: Site, app: Flask, browser: Browser) -> None:
    change(app, email=None)
    page = browser.read(HERE)
    assert "Open in your mail program" not in page.links()
    assert "12 Mill Street" in page.text


def test_hostile_words_in_a_letter_are_words(lettered: Site, app: Flask, browser: Browser) -> None:
    bad = "</textarea><script src=//evil.example></script><img src=x onerror=alert(1)>"
    change(
        app,
        reads=["en"],
        office={"en": bad},
        address=bad,
        texts={"en": {"subject": f'"{bad}', "body": f"\n{bad}"}},
        sources=[{**SOURCE, "title": bad}],
    )
    page = browser.read(HERE)
    scripts = [element.get("src", "") for element in page.tagged("script")]
    assert len(scripts) == 1
    assert page.tagged("img") == []
    assert (page.by_id["letter-body"].text or "").strip() == bad


def test_saying_that_one_was_sent_counts_and_tells_nothing_else(lettered: Site, app: Flask, browser: Browser) -> None:
    answer = browser.post(f"{HERE}/sent", data={"name": "Alice", "letter": "What I wrote"})
    assert (answer.status_code, answer.location) == (303, f"{HERE}/thanks")
    assert "Your letter is counted" in browser.read(answer.location).text
    assert waiting(app) == 1
    with app.app_context():
        row = db.session.scalars(select(LetterDelta)).one()
        assert set(row.__table__.columns.keys()) == {"id", "campaign_id", "key"}


def test_a_number_is_shown_from_ten_and_never_more_than_was_counted(
    lettered: Site, app: Flask, browser: Browser, clock: time_machine.Traveller
) -> None:
    for _ in range(9):
        browser.post(f"{HERE}/sent")
    assert "letters sent" not in browser.read(HERE).text
    for _ in range(5):
        browser.post(f"{HERE}/sent")
    with app.app_context(), transaction() as session:
        assert roll_up_letters(session) == 14
    clock.shift(timedelta(seconds=11))
    # The page is good for ten seconds of the machine's clock; asked for in other words it is another page.
    assert "At least 10 letters sent" in browser.read(f"{HERE}?again").text
    assert "At least 10 letters sent" in browser.read(f"{LETTERS}?again").text
    assert [published_count(number) for number in (0, 9, 10, 14, 15, 123)] == [None, None, 10, 10, 15, 120]


def test_a_count_is_whole_before_and_after_it_is_added_up(lettered: Site, app: Flask, browser: Browser) -> None:
    with app.app_context():
        for expected in (1, 2):
            browser.post(f"{HERE}/sent")
            assert sent_count(db.session(), lettered.campaign.id, LETTER) == expected
            with transaction() as session:
                roll_up_letters(session)
            assert sent_count(db.session(), lettered.campaign.id, LETTER) == expected
            db.session.remove()


def test_too_many_from_one_network_are_not_counted(lettered: Site, app: Flask, browser: Browser) -> None:
    for _ in range(LETTER_BY_NETWORK.hits):
        assert browser.post(f"{HERE}/sent", environ_overrides=OUTSIDE).status_code == 303
    refused = browser.post(f"{HERE}/sent", environ_overrides=OUTSIDE)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert waiting(app) == LETTER_BY_NETWORK.hits


def test_another_site_cannot_count_in_a_visitors_name(lettered: Site, app: Flask, browser: Browser) -> None:
    refused = browser.post(f"{HERE}/sent", headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert waiting(app) == 0


@pytest.mark.parametrize("gone", ["unknown", "hidden", "closed", "draft"])
def test_what_is_not_shown_is_not_counted_either(lettered: Site, app: Flask, browser: Browser, gone: str) -> None:
    address = HERE if gone != "unknown" else f"{LETTERS}/another-office"
    assert browser.read(HERE)
    with app.app_context(), transaction() as session:
        if gone == "hidden":
            show_part(
                session,
                kind="letter",
                is_shown=False,
                campaign_id=lettered.campaign.id,
                key=LETTER,
                now=datetime.now().astimezone(),
            )
        elif gone in ("closed", "draft"):
            session.get_one(Campaign, lettered.campaign.id).state = gone
    for response in (browser.get(address), browser.post(f"{address}/sent"), browser.get(f"{address}/thanks")):
        assert response.status_code == 404
    assert waiting(app) == 0


def test_a_letter_goes_when_its_demand_is_no_longer_right(lettered: Site, app: Flask, browser: Browser) -> None:
    change(app, valid_while=["imprisoned", "rearrested"])
    with app.app_context(), transaction() as session:
        session.add(_case(lettered, "imprisoned"))
    assert browser.read(HERE)
    with app.app_context(), transaction() as session:
        session.get_one(Case, lettered.campaign.id).status = "bail"
    assert browser.get(HERE).status_code == 404
    assert "Write a letter" not in browser.read(f"/en/{SLUG}/").text
    with app.app_context():
        (row,) = letters_at_desk(db.session(), lettered.campaign.id, "en")
        assert (row.is_due, row.status) == (True, "bail")


def _case(site: Site, status: str) -> Case:
    day = datetime(2026, 11, 1).astimezone().date()
    return Case(
        campaign_id=site.campaign.id,
        names=[{"script": "latin", "shown": "Ada", "also": []}],
        status=status,
        status_as_of=day,
        status_precision="day",
        status_line={"en": "Reported."},
        status_sources=[SOURCE],
        demands=[],
        related=[],
        checked_on=day,
        recheck_days=30,
    )
