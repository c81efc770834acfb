"""Invitations are letters to whomever somebody names: few to one address, and not too many by one person in a day."""

from datetime import timedelta

import time_machine
from flask import Flask

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.defence.rate_limits import INVITE_BY_MAILBOX, INVITE_BY_ORGANIZER
from campaign.organizers.actions import add_organizer
from tests.pages import browse
from tests.signers import letters
from tests.web.desk import CAMPAIGN, PASSWORD, Desk, audited
from tests.web.inviting import PEOPLE, invite


def letters_to(app: Flask, keyring: Keyring, *addresses: str) -> int:
    with app.app_context():
        return len([letter for letter in letters(keyring) if letter.to in addresses])


def test_an_address_is_written_to_three_times_a_day(
    app: Flask, desk: Desk, keyring: Keyring, clock: time_machine.Traveller
) -> None:
    desk.log_in()
    spellings = ("ada.l@gmail.com", "a.dal@googlemail.com", "Adal+desk@gmail.com", "adal@gmail.com")
    pages = (PEOPLE, f"{CAMPAIGN}people") * 2
    statuses = [invite(desk, page, email) for page, email in zip(pages, spellings, strict=True)]
    assert statuses == [303] * INVITE_BY_MAILBOX.hits + [429]
    assert "to this address today" in desk.browser.last.text
    assert desk.browser.last.mistakes()
    assert desk.browser.last.value("email") == "adal@gmail.com"
    assert letters_to(app, keyring, *spellings) == 3
    assert audited(app).count(("invited", "site")) + audited(app).count(("invited", "bread-and-roses")) == 3
    clock.shift(timedelta(days=1))
    desk.log_in()
    assert invite(desk, PEOPLE, "adal@gmail.com") == 303


def test_one_organizer_sends_so_many_a_day_and_another_is_not_kept_from_it(
    app: Flask, desk: Desk, keyring: Keyring
) -> None:
    with app.app_context(), transaction() as session:
        add_organizer(session, login="zoe", password=PASSWORD, role="owner", now=utc_now())
    desk.log_in()
    form = desk.browser.read(PEOPLE).form("email", "role")

    def send(number: int) -> int:
        data = {**form.values, "email": f"person{number}@example.org", "role": "viewer"}
        return desk.browser.post(f"{PEOPLE}/invite", data=data).status_code

    assert {send(number) for number in range(INVITE_BY_ORGANIZER.hits)} == {303}
    assert send(1000) == 429
    assert "all for one day" in desk.browser.last.text
    assert letters_to(app, keyring, "person1000@example.org") == 0
    zoe = Desk(browse(app))
    zoe.log_in("zoe")
    assert invite(zoe, PEOPLE, "person1000@example.org") == 303
