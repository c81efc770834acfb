"""Nobody passes on, or decides about, words of their own: also where only reminders know the address."""

from flask import Flask
from sqlalchemy import select, update

from campaign.conversation.models import Submission
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.organizers.models import Organizer
from campaign.organizers.reminders import Address, set_address
from tests.web.signing import Signing
from tests.web.voices import decide, foreign_campaign, moderator, shown, submissions

QUEUE = "/organize/moderation"


def remind(app: Flask, keyring: Keyring, login: str, email: str) -> None:
    with app.app_context(), transaction() as session:
        organizer_id = session.scalars(select(Organizer.id).where(Organizer.login == login)).one()
        set_address(session, organizer_id, Address(email, "en"), key=keyring.waiting)


def write_to_the_person(signing: Signing, email: str) -> str:
    """A message of that signatory for the person of a case; the address of the desk's page."""
    slug = "a-case"
    assert signing.fill_in(path=f"/en/{slug}/sign", email=email).status_code == 303
    assert signing.confirm(email, words="Courage.", audience="person").status_code == 303
    return f"/organize/campaigns/{slug}/messages-to-pass-on"


def test_nobody_says_of_their_own_message_that_it_was_passed_on(app: Flask, signing: Signing) -> None:
    foreign_campaign(app, kind="solidarity", slug="a-case")
    page = write_to_the_person(signing, "mona@example.org")
    (row,) = submissions(app)
    assert decide(moderator(app, "edda", "edda@example.org"), "approve", [row.id.hex]).status_code == 303
    mona = moderator(app, "mona", "mona@example.org")
    seen = mona.browser.read(page)
    assert "somebody else passes them on" in seen.text
    data = {"csrf_token": seen.value("csrf_token"), "item": row.id.hex}
    assert mona.browser.post(page, data=data).status_code == 409
    assert not submissions(app)[0].is_passed_on
    edda = moderator(app, "edda", "edda@example.org")
    data["csrf_token"] = edda.browser.read(page).value("csrf_token")
    assert edda.browser.post(page, data=data).status_code == 303
    assert submissions(app)[0].is_passed_on


def test_who_has_named_no_address_is_asked_before_anything_is_noted(app: Flask, signing: Signing) -> None:
    foreign_campaign(app, kind="solidarity", slug="a-case")
    page = write_to_the_person(signing, "mona@example.org")
    (row,) = submissions(app)
    assert decide(moderator(app, "edda", "edda@example.org"), "approve", [row.id.hex]).status_code == 303
    mona = moderator(app, "mona", "")
    data = {"csrf_token": mona.browser.read(page).value("csrf_token"), "item": row.id.hex}
    assert mona.browser.post(page, data=data).location == f"{QUEUE}/own-addresses"
    assert not submissions(app)[0].is_passed_on


def test_where_reminders_go_is_ones_own_address_too(app: Flask, signing: Signing, keyring: Keyring) -> None:
    remind(app, keyring, "mona", "m.o.n.a@gmail.com")
    assert signing.fill_in(email="mona+petition@googlemail.com").status_code == 303
    assert signing.confirm("mona+petition@googlemail.com", words="Approve me.").status_code == 303
    mona = moderator(app, "mona", "another@example.org")
    assert "Your own words" in mona.browser.read(QUEUE).text
    assert decide(mona, "approve", [row.id.hex for row in submissions(app)]).status_code == 409
    assert shown(app) == []


def test_reminders_that_cannot_be_opened_stop_nobody(app: Flask, signing: Signing, keyring: Keyring) -> None:
    with app.app_context(), transaction() as session:
        organizer_id = session.scalars(select(Organizer.id).where(Organizer.login == "mona")).one()
        set_address(session, organizer_id, Address("mona@example.org", "en"), key=bytes(32))
    signing.fill_in()
    signing.confirm(words="Hello.")
    mona = moderator(app, "mona", "mona@example.org")
    assert decide(mona, "approve", [row.id.hex for row in submissions(app)]).status_code == 303


def test_what_cannot_be_opened_is_not_approved_and_can_be_declined(app: Flask, signing: Signing) -> None:
    signing.fill_in()
    signing.confirm(words="Hello.")
    with app.app_context(), transaction() as session:
        session.execute(update(Submission).values(sealed=bytes(4096)))
    mona = moderator(app, "mona", "mona@example.org")
    ids = [row.id.hex for row in submissions(app)]
    assert "cannot be opened" in mona.browser.read(QUEUE).text
    assert decide(mona, "approve", ids).status_code == 409
    assert decide(mona, "decline", ids, reason="off_topic").status_code == 303
    assert submissions(app)[0].state == "declined"
