"""The queue: all or nothing, never one's own words, never another campaign's, and undone with one button."""

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.conversation.models import OwnAddresses
from campaign.core.db import transaction
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.desk import audited
from tests.web.signing import Signing
from tests.web.test_messages import write
from tests.web.voices import (
    OWN,
    QUEUE,
    WORDS,
    decide,
    foreign_campaign,
    moderator,
    moderator_of_one,
    shown,
    submissions,
)


def ids(app: Flask) -> list[str]:
    return [row.id.hex for row in submissions(app)]


def test_an_empty_queue_says_what_comes_here(app: Flask, browser: Browser) -> None:
    assert "Nothing waits." in moderator(app).browser.read(QUEUE).text


def test_nothing_is_decided_before_one_has_named_ones_addresses(app: Flask, signing: Signing) -> None:
    write(signing)
    desk = moderator(app, addresses="")
    response = decide(desk, "approve", ids(app))
    assert (response.status_code, response.location) == (303, OWN)
    assert shown(app) == []


def test_nobody_decides_on_their_own_words(app: Flask, signing: Signing) -> None:
    write(signing, to="mona@gmail.com")
    write(signing, "Another one.", to="bob@example.org")
    desk = moderator(app, addresses="m.o.n.a+x@googlemail.com\nother@example.org")
    assert "Your own words" in desk.browser.read(QUEUE).text
    for deed, fields in (("approve", {}), ("decline", {"reason": "insult"})):
        assert decide(desk, deed, ids(app), **fields).status_code == 409
    assert {row.state for row in submissions(app)} == {"waiting"}
    assert decide(moderator(app, "edda", "edda@example.org"), "approve", ids(app)).status_code == 303


@pytest.mark.parametrize("deed", ["approve", "decline"])
def test_a_forged_id_of_another_campaign_undoes_the_whole_batch(app: Flask, signing: Signing, deed: str) -> None:
    slug = foreign_campaign(app)
    write(signing)
    signing.fill_in(path=f"/en/{slug}/sign", email="bob@example.org")
    signing.confirm("bob@example.org", words="Of another campaign.")
    desk = moderator_of_one(app)
    text = desk.browser.read(QUEUE).text
    assert WORDS in text
    assert "Of another campaign." not in text
    assert decide(desk, deed, ids(app), reason="insult").status_code == 409
    assert {row.state for row in submissions(app)} == {"waiting"}
    assert shown(app) == []
    # As for one that never was.
    assert decide(desk, deed, ["0" * 32], reason="insult").status_code == 409
    assert desk.browser.read(f"{QUEUE}?campaign={slug}").value("campaign") == ""


def test_what_was_replaced_meanwhile_is_not_approved(app: Flask, browser: Browser, signing: Signing) -> None:
    manage = write(signing)
    seen = ids(app)
    browser.post(f"/en/manage/{manage}/message", data={"words": "Something much worse."})
    assert decide(moderator(app), "approve", seen).status_code == 409
    assert shown(app) == []


def test_declining_needs_a_reason_which_the_author_reads(app: Flask, browser: Browser, signing: Signing) -> None:
    manage = write(signing)
    desk = moderator(app)
    assert decide(desk, "decline", ids(app)).status_code == 400
    assert "reason" in desk.browser.last.mistakes()
    assert decide(desk, "decline", ids(app), reason="off_topic", note="see the minutes").status_code == 303
    assert "It is not about this campaign." in browser.read(f"/en/manage/{manage}/message").text
    assert ("declined_submissions", SLUG) in audited(app)


def test_what_was_done_is_undone_with_one_button(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing)
    write(signing, "Another one.", to="bob@example.org")
    desk = moderator(app)
    response = decide(desk, "approve", ids(app))
    assert len(shown(app)) == 2
    page = desk.browser.read(response.location)
    data = page.form("decision").values
    assert desk.browser.post(f"{QUEUE}/undo", data=data).status_code == 303
    assert shown(app) == []
    assert {row.state for row in submissions(app)} == {"waiting"}
    assert WORDS not in browser.read(f"/en/{SLUG}/messages").text
    assert desk.browser.post(f"{QUEUE}/undo", data=data).status_code == 409


def test_what_is_public_can_be_taken_down_at_once(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing)
    desk = moderator(app)
    decide(desk, "approve", ids(app))
    assert WORDS in browser.read(f"/en/{SLUG}/").text
    query = "?state=approved"
    assert decide(desk, "decline", ids(app), query, reason="endangers").status_code == 303
    for address in (f"/en/{SLUG}/", f"/en/{SLUG}/messages"):
        assert WORDS not in browser.read(address).text


def test_the_log_has_the_reason_and_never_the_text(app: Flask, signing: Signing) -> None:
    write(signing, "unmistakable words")
    olga = moderator(app, "olga", "olga@example.org")
    decide(olga, "decline", ids(app), reason="insult", note="agreed on Monday")
    text = olga.browser.read("/organize/audit").text
    assert "insult: agreed on Monday" in text
    assert "unmistakable" not in text
    assert "olga@example.org" not in text


@pytest.mark.parametrize(
    "fields", [{"deed": "publish"}, {"deed": ""}, {"item": "x"}, {"item": []}, {"note": "a" * 201}, {"note": "\u202e"}]
)
def test_a_bad_form_does_nothing(app: Flask, signing: Signing, fields: dict[str, object]) -> None:
    write(signing)
    desk = moderator(app)
    data = {"csrf_token": desk.browser.read(QUEUE).value("csrf_token"), "deed": "approve", "item": ids(app), **fields}
    assert desk.browser.post(QUEUE, data=data).status_code == 400
    assert desk.browser.last.mistakes()
    assert shown(app) == []


def test_a_long_queue_is_read_page_by_page(app: Flask, signing: Signing) -> None:
    for number in range(27):
        write(signing, f"Message number {number}.", to=f"signer{number}@example.org")
    browser = moderator(app).browser
    first = browser.read(QUEUE)
    second = browser.read(first.links()["Next"])
    found = [element.text for page in (first, second) for element in page.classed("desk-words")]
    assert len(found) == len(set(found)) == 27


def test_addresses_that_cannot_be_opened_are_asked_for_again(app: Flask, signing: Signing) -> None:
    """As after a restore with another waiting.key: the desk stays usable, and nothing is decided unasked."""
    write(signing)
    desk = moderator(app)
    with app.app_context(), transaction() as session:
        session.execute(update(OwnAddresses).values(sealed=b"of another key"))
    assert "Name your addresses" in desk.browser.read(QUEUE).text
    # The buttons are not there; the token is, on the page that asks.
    token = desk.browser.read(OWN).value("csrf_token")
    data = {"csrf_token": token, "deed": "approve", "item": ids(app)}
    response = desk.browser.post(QUEUE, data=data)
    assert (response.status_code, response.location) == (303, OWN)
    assert shown(app) == []
