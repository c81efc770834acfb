"""Many sign and confirm at once, in threads and in one commit: each counts once and gets the right mail."""

import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.core.tokens import token_digest
from campaign.counting.queries import signature_count
from campaign.signing.actions import (
    MAILS_A_DAY,
    SealedSignature,
    confirm,
    record_signatures,
    seal_signature,
)
from campaign.signing.models import CommunityBallot
from tests.factories import Site, entry
from tests.signers import letters, newest_letter, sign, sign_and_confirm, signatures


def test_fifty_confirms_at_once_count_once(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    token = newest_letter(keyring).values["confirm_token"]

    def press_the_button() -> None:
        with transaction() as session:
            confirm(session, token=token, communities=["women"], keyring=keyring, now=now)

    assert _all_at_once(any_app, 50, press_the_button) == []
    assert signature_count(db.session(), any_site.campaign.id) == 1
    assert db.session.scalar(select(func.count()).select_from(CommunityBallot)) == 1


def test_one_address_signing_many_times_at_once_is_one_row(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    assert _all_at_once(any_app, 20, lambda: sign(any_site, keyring, now)) == []
    assert len(signatures()) == 1
    assert len(letters(keyring)) == MAILS_A_DAY


def _all_at_once(app: Flask, number: int, action: object) -> list[BaseException]:
    """Run `action` in that many threads, let go together; what went wrong."""
    barrier = threading.Barrier(number)
    wrong: list[BaseException] = []

    def one() -> None:
        with app.app_context():
            barrier.wait()
            try:
                action()  # type: ignore[operator]
            except BaseException as error:  # noqa: BLE001 - the test reports it
                wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_in_a_group_each_is_counted_once_and_gets_the_right_mail(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    """Bob has confirmed, Alice is there twice: what one commit holds is what each alone would have been."""
    sign_and_confirm(any_site, keyring, now, "bob@example.org")
    before = len(letters(keyring))

    def sealed(email: str) -> SealedSignature:
        later, site = now + timedelta(minutes=1), any_site
        return seal_signature(campaign=site.campaign, entry=entry(email), epoch=site.epoch, keyring=keyring, now=later)

    with transaction() as session:
        people = ("alice@example.org", "bob@example.org", "alice@example.org", "charlie@example.org")
        record_signatures(session, [sealed(email) for email in people])
    assert sorted(row.state for row in signatures()) == ["confirmed", "pending", "pending"]
    sent = letters(keyring)
    assert len(sent) == before + len(people)
    assert newest_letter(keyring, "bob@example.org").template == "already_signed"
    assert newest_letter(keyring, "charlie@example.org").template == "confirm"
    # Two mails for Alice; the link in one of them works, that of what she filled in last.
    tokens = [letter.values["confirm_token"] for letter in sent if letter.to == "alice@example.org"]
    digests = {row.confirm_digest for row in signatures()}
    assert [token_digest(token) in digests for token in tokens].count(True) == 1


def test_a_group_with_a_campaign_that_is_not_open_is_refused_whole(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    signature = seal_signature(
        campaign=any_site.campaign, entry=entry(), epoch=any_site.epoch, keyring=keyring, now=now
    )
    elsewhere = replace(signature, campaign=replace(any_site.campaign, id=uuid.uuid4()))
    with pytest.raises(Refused), transaction() as session:
        record_signatures(session, [signature, elsewhere])
    assert signatures() == []
