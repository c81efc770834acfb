"""A public message: written when confirming or later, sealed until somebody approves it, gone with its signature."""

from pathlib import Path

import pytest
from flask import Flask

from campaign.conversation.contents import open_box
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.defence.rate_limits import MESSAGE_BY_SIGNATURE
from campaign.signing.invalidation import invalidate
from tests.factories import SLUG
from tests.pages import Browser
from tests.web.signing import Signing, stored
from tests.web.voices import QUEUE, WORDS, decide, foreign_campaign, moderator, shown, submissions

PAGE = f"/en/{SLUG}/messages"


def approve_all(app: Flask, **fields: object) -> None:
    ids = [row.id.hex for row in submissions(app) if row.state == "waiting"]
    response = decide(moderator(app), "approve", ids, looked=ids, **fields)
    assert response.status_code == 303


def write(signing: Signing, words: str = WORDS, to: str = "alice@example.org", **values: object) -> str:
    """Sign, and confirm with a message; the token of the manage link."""
    names = {"public_name": values.pop("public_name", "")}
    assert signing.fill_in(email=to, **names).status_code == 303
    manage = signing.token("manage", to)
    assert signing.confirm(to, words=words, **values).status_code == 303
    return manage


def test_a_message_is_shown_once_somebody_has_approved_it(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing, public_name="Alice A.")
    for address in (PAGE, f"/en/{SLUG}/"):
        assert WORDS not in browser.read(address).text
    approve_all(app)
    for address in (PAGE, f"/en/{SLUG}/"):
        text = browser.read(address).text
        assert WORDS in text
        assert "Alice A." in text
    assert WORDS not in browser.read(f"/fa/{SLUG}/messages").text
    assert browser.read(f"/fa/{SLUG}/messages").links()["English (۱)"] == PAGE


def test_without_a_public_name_it_is_by_a_signatory(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing, reservation="y")
    approve_all(app)
    text = browser.read(PAGE).text
    assert "A signatory" in text
    assert "signs with a reservation" in text
    assert "Alice" not in text


def test_the_author_is_told_that_it_waits(browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    response = signing.confirm(words=WORDS)
    assert "waits for an organizer" in browser.read(response.location).text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Call ۰۹۱۲ ۳۴۵ ۶۷۸۹", "a telephone number"),
        ("See https://example.org", "a link"),
        ("Mail bob@example.org", "an e-mail address"),
        ("Ask @maria92", "a name on a network"),
    ],
)
def test_what_could_lead_to_somebody_is_held_and_both_are_told_why(
    app: Flask, browser: Browser, signing: Signing, words: str, reason: str
) -> None:
    signing.fill_in()
    manage = signing.token("manage")
    assert reason in browser.read(signing.confirm(words=words).location).text
    assert reason in browser.read(f"/en/manage/{manage}/message").text
    desk = moderator(app)
    assert reason in desk.browser.read(QUEUE).text
    (row,) = submissions(app)
    assert decide(desk, "approve", [row.id.hex]).status_code == 409
    assert shown(app) == []
    assert decide(desk, "approve", [row.id.hex], looked=row.id.hex).status_code == 303
    assert shown(app) == [words]


@pytest.mark.parametrize("words", ["a" * 501, "nul\0", "turn \u202e around", "z" + "\u0301" * 20])
def test_a_bad_text_is_a_mistake_and_confirms_nothing(
    app: Flask, browser: Browser, signing: Signing, words: str
) -> None:
    signing.fill_in()
    assert signing.confirm(words=words, community=["women"]).status_code == 400
    assert "words" in browser.last.mistakes()
    assert (
        browser.last.form("words").values["community"] == "women"
        if "community" in browser.last.form("words").values
        else True
    )
    assert [row.state for row in stored(app)] == ["pending"]
    assert submissions(app) == []


def test_a_reservation_says_what_it_is(browser: Browser, signing: Signing) -> None:
    signing.fill_in()
    assert signing.confirm(reservation="y").status_code == 400
    assert "words" in browser.last.mistakes()


def test_a_script_is_a_text_like_any_other(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing, "<script>alert(1)</script><img src=x onerror=alert(1)>")
    approve_all(app)
    page = browser.read(PAGE)
    assert "<script>alert(1)</script>" in page.text
    assert not [element for element in page.tagged("script") if not element.get("src")]
    assert not page.tagged("img")


def test_withdrawing_takes_the_message_along_at_once(app: Flask, browser: Browser, signing: Signing) -> None:
    manage = write(signing)
    approve_all(app)
    assert WORDS in browser.read(f"/en/{SLUG}/").text
    response = browser.post(f"/en/manage/{manage}", data={"action": "withdraw", "sure": "y"})
    assert response.status_code == 303
    assert submissions(app) == []
    assert shown(app) == []
    for address in (PAGE, f"/en/{SLUG}/"):
        assert WORDS not in browser.read(address).text


def test_a_signature_that_counts_no_more_says_nothing(app: Flask, browser: Browser, signing: Signing) -> None:
    write(signing)
    approve_all(app)
    assert WORDS in browser.read(PAGE).text
    (row,) = stored(app)
    with app.app_context(), transaction() as session:
        invalidate(session, campaign_id=row.campaign_id, signature_ids=[row.id], reason="forged")
    for address in (PAGE, f"/en/{SLUG}/"):
        assert WORDS not in browser.read(address).text


def test_its_author_replaces_it_and_it_waits_again(app: Flask, browser: Browser, signing: Signing) -> None:
    manage = write(signing)
    approve_all(app)
    address = f"/en/manage/{manage}/message"
    form = browser.read(address).form("words")
    assert form.values["words"] == WORDS
    assert browser.post(address, data={"words": "Something else."}).status_code == 303
    assert shown(app) == []
    assert WORDS not in browser.read(PAGE).text
    assert [row.state for row in submissions(app)] == ["waiting"]


def test_its_author_takes_it_back_and_the_signature_stays(app: Flask, browser: Browser, signing: Signing) -> None:
    manage = write(signing)
    approve_all(app)
    address = f"/en/manage/{manage}/message"
    assert browser.post(address, data={"action": "take_back"}).status_code == 303
    assert submissions(app) == []
    assert browser.read(f"/en/{SLUG}/").count == 1
    assert WORDS not in browser.read(PAGE).text


def test_a_public_name_that_is_hidden_is_hidden_beside_the_message(
    app: Flask, browser: Browser, signing: Signing
) -> None:
    manage = write(signing, public_name="Alice A.")
    approve_all(app)
    assert "Alice A." in browser.read(PAGE).text
    browser.post(f"/en/manage/{manage}", data={"action": "name", "public_name": ""})
    text = browser.read(PAGE).text
    assert "Alice A." not in text
    assert WORDS in text


def test_nothing_unapproved_can_be_read_in_the_database(
    app: Flask, signing: Signing, keyring: Keyring, instance: Path
) -> None:
    write(signing, "unmistakable words", public_name="")
    files = b"".join(path.read_bytes() for path in instance.glob("campaign.sqlite3*"))
    assert b"unmistakable words" not in files
    (row,) = submissions(app)
    assert open_box(keyring.waiting, row.id, row.sealed).text == "unmistakable words"


def test_a_message_for_the_person_is_passed_on_and_shown_to_nobody_else(
    app: Flask, browser: Browser, signing: Signing
) -> None:
    slug = foreign_campaign(app, kind="solidarity", slug="a-case")
    assert signing.fill_in(path=f"/en/{slug}/sign").status_code == 303
    manage = signing.token("manage")
    assert signing.confirm(words=WORDS).status_code == 400
    assert "audience" in browser.last.mistakes()
    assert signing.confirm(words=WORDS, audience="person").status_code == 303
    approve_all(app)
    assert shown(app) == []
    desk = moderator(app)
    address = f"/organize/campaigns/{slug}/messages-to-pass-on"
    page = desk.browser.read(address)
    assert WORDS in page.text
    (row,) = submissions(app)
    data = {"csrf_token": page.value("csrf_token"), "item": row.id.hex}
    assert desk.browser.post(address, data=data).status_code == 303
    assert WORDS not in desk.browser.read(address).text
    assert WORDS in desk.browser.read(f"{address}?done=yes").text
    assert "passed on" in browser.read(f"/en/manage/{manage}/message").text


def test_older_messages_are_on_the_next_page(app: Flask, browser: Browser, signing: Signing) -> None:
    for number in range(53):
        write(signing, f"Message number {number}.", to=f"signer{number}@example.org")
    desk = moderator(app)
    for _ in range(3):
        ids = [row.id.hex for row in submissions(app) if row.state == "waiting"]
        assert decide(desk, "approve", ids[:25]).status_code == 303
    first = browser.read(PAGE)
    second = browser.read(first.links()["Older messages"])
    found = [element.text for page in (first, second) for element in page.classed("voice-text")]
    assert len(found) == len(set(found)) == 53
    assert len(browser.read(f"/en/{SLUG}/").classed("voice-text")) == 3
    browser.read(f"{PAGE}?after=nonsense")
    browser.read(f"{PAGE}?after=9999999-{'0' * 32}")


def test_whoever_rewrites_a_message_all_day_is_asked_to_wait_and_can_still_erase_it(
    app: Flask, browser: Browser, signing: Signing
) -> None:
    address = f"/en/manage/{write(signing)}/message"
    answers = [
        browser.post(address, data={"words": f"Version {number}."}).status_code
        for number in range(MESSAGE_BY_SIGNATURE.hits + 1)
    ]
    assert answers == [303] * MESSAGE_BY_SIGNATURE.hits + [429]
    assert browser.post(address, data={"action": "take_back"}).status_code == 303
    assert submissions(app) == []
