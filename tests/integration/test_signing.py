"""Signing and confirming on a real database: one person counts once, and nobody learns who has signed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.core.tokens import new_link_token, tag_of
from campaign.counting.queries import signature_count
from campaign.outbox.models import OutboxMail
from campaign.sealing.boxes import open_sealed
from campaign.sealing.models import WrappedKey
from campaign.sealing.phrases import Wrapped, unwrap
from campaign.signing.actions import (
    MAILS_A_DAY,
    ask_for_links,
    confirm,
)
from campaign.signing.canonical_email import read_email
from campaign.signing.links import LINK_DAYS
from campaign.signing.models import CommunityBallot, Signature
from campaign.signing.self_service import withdraw
from campaign.worker import erase_old_unconfirmed
from tests.factories import Site, entry
from tests.signers import letters, newest_letter, sign, sign_and_confirm, sign_petition, signatures


def test_a_new_signature_is_pending_and_has_no_minutes(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    (signature,) = signatures()
    assert signature.state == "pending"
    assert signature.signed_hour == now.replace(minute=0, second=0)
    assert [letter.template for letter in letters(keyring)] == ["confirm"]


def test_the_spellings_of_one_mailbox_are_one_signature(any_site: Site, keyring: Keyring, now: datetime) -> None:
    spellings = ("ada.lovelace@gmail.com", "AdaLovelace@GMAIL.com", "adalovelace+iran@googlemail.com")
    for minutes, address in enumerate(spellings):
        sign(any_site, keyring, now + timedelta(minutes=minutes), address)
    assert len(signatures()) == 1
    assert [letter.to for letter in letters(keyring)][-1] == "adalovelace+iran@googlemail.com"


def test_a_pending_signer_gets_the_mail_again_five_times_a_day(any_site: Site, keyring: Keyring, now: datetime) -> None:
    for _ in range(MAILS_A_DAY + 3):
        sign(any_site, keyring, now)
    assert len(letters(keyring)) == MAILS_A_DAY
    sign(any_site, keyring, now + timedelta(days=1))
    assert len(letters(keyring)) == MAILS_A_DAY + 1


def test_what_was_filled_in_last_is_what_gets_confirmed(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now, public_name="Alicce")
    first = newest_letter(keyring).values["confirm_token"]
    sign(any_site, keyring, now + timedelta(minutes=1), public_name="Alice")
    with pytest.raises(NotFound), transaction() as session:
        confirm(session, token=first, communities=(), keyring=keyring, now=now)
    with transaction() as session:
        token = newest_letter(keyring).values["confirm_token"]
        confirm(session, token=token, communities=(), keyring=keyring, now=now)
    assert [signature.public_name for signature in signatures()] == ["Alice"]


def test_past_the_daily_limit_nothing_of_a_pending_signature_changes(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    for _ in range(MAILS_A_DAY):
        sign(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now, public_name="Mallory")
    assert [signature.public_name for signature in signatures()] == ["Alice"]


def test_a_confirmed_signer_gets_a_mail_that_says_so(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now + timedelta(minutes=1), public_name="Mallory")
    assert newest_letter(keyring).template == "already_signed"
    assert [signature.public_name for signature in signatures()] == ["Alice"]
    assert signature_count(db.session(), any_site.campaign.id) == 1


def test_confirming_twice_counts_once_and_leaves_one_ballot(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    token = newest_letter(keyring).values["confirm_token"]
    for _ in range(2):
        with transaction() as session:
            assert confirm(session, token=token, communities=["women"], keyring=keyring, now=now)
    assert signature_count(db.session(), any_site.campaign.id) == 1
    assert db.session.scalar(select(func.count()).select_from(CommunityBallot)) == 1


def test_a_link_is_good_for_seven_days_and_less_than_an_hour_more(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now)
    token = newest_letter(keyring).values["confirm_token"]
    with pytest.raises(NotFound), transaction() as session:
        confirm(session, token=token, communities=(), keyring=keyring, now=now + timedelta(days=LINK_DAYS, hours=1))
    with transaction() as session:
        last = now + timedelta(days=LINK_DAYS)
        assert confirm(session, token=token, communities=(), keyring=keyring, now=last)


def test_nothing_that_stays_tells_the_minute(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    row = vars(signatures()[0])
    instants = {name: value for name, value in row.items() if isinstance(value, datetime)}
    assert len(instants) == 4
    assert {(value.minute, value.second, value.microsecond) for value in instants.values()} == {(0, 0, 0)}


def test_a_campaign_closed_since_the_form_was_opened_takes_no_signature(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed"))
    with pytest.raises(Refused):
        sign(any_site, keyring, now)
    assert signatures() == []


@pytest.mark.parametrize("token", ["", "x", "\0", "é" * 64, "A" * 64, "\udcff"])
def test_a_token_nobody_was_mailed_is_not_found(any_site: Site, keyring: Keyring, now: datetime, token: str) -> None:
    with pytest.raises(NotFound), transaction() as session:
        confirm(session, token=token, communities=(), keyring=keyring, now=now)


def test_the_tag_alone_opens_nothing(any_site: Site, keyring: Keyring, now: datetime) -> None:
    """Whoever knows by which tag a signature is found has no link to it; nor does one link do for the other."""
    sign(any_site, keyring, now)
    values = newest_letter(keyring).values
    tag = tag_of(values["confirm_token"])
    assert tag is not None
    assert tag == tag_of(values["manage_token"])
    for token in (new_link_token(tag), values["manage_token"]):
        with pytest.raises(NotFound), transaction() as session:
            confirm(session, token=token, communities=(), keyring=keyring, now=now)
    with pytest.raises(NotFound), transaction() as session:
        withdraw(session, token=values["confirm_token"], now=now)
    assert [signature.state for signature in signatures()] == ["pending"]


def test_without_a_key_nothing_is_stored(any_site: Site, keyring: Keyring, now: datetime) -> None:
    with pytest.raises(Refused), transaction() as session:
        sign_petition(session, campaign=any_site.campaign, entry=entry(), epoch=None, keyring=keyring, now=now)
    assert signatures() == []
    assert letters(keyring) == []


def test_what_names_a_signatory_is_in_the_sealed_box_and_nowhere_else(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign(any_site, keyring, now, message="Strike!")
    (signature,) = signatures()
    row = db.session.scalars(select(WrappedKey)).one()
    wrapped = Wrapped(row.salt, row.opslimit, row.memlimit_bytes, row.nonce, row.ciphertext)
    assert signature.sealed is not None
    assert open_sealed(unwrap(wrapped, any_site.phrase), signature.sealed) == {
        "campaign": any_site.campaign.slug,
        "signature": signature.id.hex,
        "name": "Alice Appleton",
        "email": "alice@example.org",
        "country": "DE",
        "message": "Strike!",
    }
    stored = {name: getattr(signature, name) for name in tuple(Signature.__table__.c.keys()) if name != "sealed"}
    assert "lice" not in repr(stored)


def test_asking_for_links_mails_one_letter_with_all_of_them(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    for address in ("Alice@Example.org", "bob@example.org"):
        with transaction() as session:
            ask_for_links(
                session,
                campaigns=[any_site.campaign],
                email=read_email(address),
                language="fa",
                keyring=keyring,
                now=now + timedelta(minutes=1),
            )
    last = letters(keyring)[-1]
    assert (last.template, last.language, last.to) == ("manage", "fa", "Alice@example.org")
    assert len(last.values["links"]) == 1
    assert len(letters(keyring)) == 2


def test_who_has_not_signed_costs_as_much_mail_as_who_has(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign_and_confirm(any_site, keyring, now)
    sizes = []
    for address in ("alice@example.org", "bob@example.org"):
        with transaction() as session:
            session.execute(delete(OutboxMail))
            ask_for_links(
                session,
                campaigns=[any_site.campaign],
                email=read_email(address),
                language="en",
                keyring=keyring,
                now=now,
            )
        sizes.append([len(mail.sealed) for mail in db.session.scalars(select(OutboxMail))])
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) == 1


def test_a_link_asked_for_again_is_good_for_seven_days_more(any_site: Site, keyring: Keyring, now: datetime) -> None:
    sign(any_site, keyring, now)
    later = now + timedelta(days=13)
    sign(any_site, keyring, later)
    erase_old_unconfirmed(later + timedelta(days=6))
    token = newest_letter(keyring).values["confirm_token"]
    with transaction() as session:
        assert confirm(session, token=token, communities=(), keyring=keyring, now=later + timedelta(days=6))
