"""What is sent in goes with its signature, whoever erases that, and no restore brings it back."""

import threading
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import edition_number
from campaign.conversation.contents import Statement, Words, open_box
from campaign.conversation.endorsements import ask_to_endorse, enter_endorsement
from campaign.conversation.erasures import note_taken_back
from campaign.conversation.messages import leave_message, take_back_message
from campaign.conversation.models import ShownEndorsement, ShownMessage, Submission, TakenBack
from campaign.conversation.moderation import Changed, Deed, Moderator, decide
from campaign.conversation.replaying import all_erasures, replay_erasures
from campaign.conversation.retention import DECLINED_DAYS, UNVERIFIED_DAYS, forget_old_submissions
from campaign.core.db import db, transaction
from campaign.core.errors import SealingError
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from campaign.signing.canonical_email import read_email
from campaign.signing.erasures import ErasureEntry
from campaign.signing.models import Erasure, Signature
from campaign.signing.purging import begin_purge, purge_step
from campaign.signing.self_service import withdraw
from tests.factories import SLUG, Site
from tests.signers import newest_letter, sign_and_confirm

WORDS = Words("Bread, and roses too.", False, "page", "en")
STATEMENT = Statement("Bakers' Guild", "DE", "", "", "en")


@pytest.fixture
def mona(any_site: Site, now: datetime) -> Moderator:
    with transaction() as session:
        mona_id = add_organizer(session, login="mona", password="correct horse battery", role="moderator", now=now)
    return Moderator(mona_id, {any_site.campaign.id: SLUG}, frozenset())


def say(site: Site, keyring: Keyring, now: datetime, email: str = "alice@example.org") -> str:
    """Sign and leave a message; the token of the manage link."""
    sign_and_confirm(site, keyring, now, email)
    token: str = newest_letter(keyring, email).values["manage_token"]
    with transaction() as session:
        leave_message(session, token=token, link="manage", words=WORDS, key=keyring.waiting, now=now)
    return token


def approve(mona: Moderator, keyring: Keyring, now: datetime) -> list[uuid.UUID]:
    ids = list(db.session.scalars(select(Submission.id).where(Submission.state == "waiting")))
    with transaction() as session:
        decide(session, mona, ids, Deed("approve"), key=keyring.waiting, now=now)
    return ids


def left() -> tuple[int, int]:
    """How many submissions and how many shown messages there are."""
    found = (
        len(db.session.scalars(select(Submission.id)).all()),
        len(db.session.scalars(select(ShownMessage.text)).all()),
    )
    db.session.rollback()
    return found


def test_withdrawing_erases_the_message_and_moves_the_edition(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    token = say(any_site, keyring, now)
    approve(mona, keyring, now)
    assert left() == (1, 1)
    before = edition_number(db.session())
    with transaction() as session:
        withdraw(session, token=token, now=now)
    assert left() == (0, 0)
    assert edition_number(db.session()) > before


def test_a_purge_erases_messages_and_keeps_the_count(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    say(any_site, keyring, now)
    approve(mona, keyring, now)
    with transaction() as session:
        session.execute(update(Campaign).values(state="closed", closed_at=now))
        begin_purge(session, any_site.campaign.id)
    is_last = False
    while not is_last:
        with transaction() as session:
            is_last = purge_step(session, any_site.campaign.id, now=now).is_last
    assert left() == (0, 0)
    assert db.session.scalars(select(Signature.state)).all() == ["confirmed"]


def test_a_row_deleted_by_hand_takes_its_message_along(any_site: Site, keyring: Keyring, now: datetime) -> None:
    say(any_site, keyring, now)
    with transaction() as session:
        session.execute(delete(Signature))
    assert left() == (0, 0)


def test_a_box_in_another_row_is_noticed(any_site: Site, keyring: Keyring, now: datetime) -> None:
    say(any_site, keyring, now)
    (row,) = db.session.scalars(select(Submission)).all()
    with pytest.raises(SealingError):
        open_box(keyring.waiting, uuid.uuid4(), row.sealed)


def test_what_was_taken_back_is_taken_back_again_after_a_restore(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    """The database is that of the backup; the list knows what came after."""
    alice, bob, carla = (say(any_site, keyring, now, f"{name}@example.org") for name in ("alice", "bob", "carla"))
    with transaction() as session:
        enter_endorsement(
            session,
            campaign_id=any_site.campaign.id,
            statement=STATEMENT,
            organizer_id=None,  # type: ignore[arg-type]  # somebody who has left
            keyring=keyring,
            now=now,
        )
    approve(mona, keyring, now)
    rows = db.session.scalars(select(Submission).where(Submission.kind == "message")).all()
    endorsement = db.session.scalars(select(Submission.id).where(Submission.kind == "endorsement")).one()
    entries = [
        ErasureEntry(uuid.uuid4(), rows[0].signature_id or uuid.uuid4(), "message"),
        ErasureEntry(uuid.uuid4(), rows[1].signature_id or uuid.uuid4(), "signature"),
        ErasureEntry(uuid.uuid4(), rows[2].id, "shown"),
        ErasureEntry(uuid.uuid4(), endorsement, "endorsement"),
    ]
    kept = rows[2].id
    with transaction() as session:
        assert replay_erasures(session, entries) == 4
        assert replay_erasures(session, entries) == 0
    assert left() == (1, 0)
    assert db.session.execute(select(Submission.id, Submission.state)).all() == [(kept, "waiting")]
    assert db.session.scalars(select(ShownEndorsement.name)).all() == []
    assert set(entries) <= all_erasures(db.session())
    assert len({alice, bob, carla}) == 3


def test_taking_back_and_taking_down_are_written_down(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    token = say(any_site, keyring, now)
    ids = approve(mona, keyring, now)
    with transaction() as session:
        decide(session, mona, ids, Deed("decline", "insult"), key=keyring.waiting, now=now)
    with transaction() as session:
        take_back_message(session, token=token, now=now)
    assert sorted(db.session.scalars(select(TakenBack.what))) == ["message", "shown"]
    assert db.session.scalars(select(Erasure.what)).all() == []


def test_what_is_of_no_use_any_more_goes_by_its_age(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    for name in ("alice", "bob"):
        say(any_site, keyring, now, f"{name}@example.org")
    first, second = db.session.scalars(select(Submission.id).order_by(Submission.id)).all()
    with transaction() as session:
        decide(session, mona, [first], Deed("decline", "insult"), key=keyring.waiting, now=now)
    with transaction() as session:
        session.execute(update(Submission).where(Submission.id == second).values(state="unverified"))

    def after(days: int) -> Iterable[uuid.UUID]:
        with transaction() as session:
            forget_old_submissions(session, now=now + timedelta(days=days, hours=1))
        return db.session.scalars(select(Submission.id).order_by(Submission.id)).all()

    assert after(UNVERIFIED_DAYS - 1) == [first, second]
    assert after(UNVERIFIED_DAYS + 1) == [first]
    assert after(DECLINED_DAYS + 1) == []


def test_of_a_batch_with_one_that_is_gone_nothing_is_done(
    any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    say(any_site, keyring, now)
    (known,) = db.session.scalars(select(Submission.id)).all()
    with pytest.raises(Changed), transaction() as session:
        decide(session, mona, [known, uuid.uuid4()], Deed("approve"), key=keyring.waiting, now=now)
    assert left() == (1, 0)


def test_approving_and_withdrawing_at_once_leave_nothing_public(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, mona: Moderator
) -> None:
    for number in range(8):
        token = say(any_site, keyring, now, f"alice{number}@example.org")
        ids = list(db.session.scalars(select(Submission.id)))
        db.session.rollback()
        barrier = threading.Barrier(2)

        def publish(ids: list[uuid.UUID] = ids, barrier: threading.Barrier = barrier) -> None:
            with any_app.app_context():
                barrier.wait()
                try:
                    with transaction() as session:
                        decide(session, mona, ids, Deed("approve"), key=keyring.waiting, now=now)
                except Changed:
                    pass

        def leave(token: str = token, barrier: threading.Barrier = barrier) -> None:
            with any_app.app_context():
                barrier.wait()
                with transaction() as session:
                    withdraw(session, token=token, now=now)

        threads = [threading.Thread(target=publish), threading.Thread(target=leave)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert left() == (0, 0)


def test_two_forms_of_one_contact_at_once_leave_one_endorsement_and_two_equal_answers(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    contact, errors = read_email("office@union.example"), list[SQLAlchemyError]()
    for _ in range(4):
        barrier = threading.Barrier(2)

        def send(barrier: threading.Barrier = barrier) -> None:
            with any_app.app_context():
                barrier.wait()
                try:
                    with transaction() as session:
                        ask_to_endorse(
                            session,
                            campaign=any_site.campaign,
                            statement=STATEMENT,
                            email=contact,
                            keyring=keyring,
                            now=now,
                            mail_at=now,
                        )
                except SQLAlchemyError as error:
                    errors.append(error)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert left() == (1, 0)
        with transaction() as session:
            session.execute(delete(Submission))


def test_an_entry_is_noted_once_however_often_a_message_is_replaced(
    any_site: Site, keyring: Keyring, now: datetime
) -> None:
    token = say(any_site, keyring, now)
    with transaction() as session:
        leave_message(session, token=token, link="manage", words=WORDS, key=keyring.waiting, now=now)
    assert db.session.scalars(select(TakenBack.what)).all() == ["message"]
    assert left() == (1, 0)
    with transaction() as session:
        note_taken_back(session, uuid.uuid4(), "shown")
