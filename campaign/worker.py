"""What happens beside the web: mail goes out, numbers are added up, what has run out is erased.

Any number of workers may run. A worker keeps nothing in memory that matters: it can be killed at any moment.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.audit.actions import write_down_newest
from campaign.campaigns.retention import note_states
from campaign.cases.freshness import take_due_reminders
from campaign.conversation.retention import forget_old_submissions, forget_purged_contacts
from campaign.core.clock import utc_now
from campaign.core.clock_mark import doubt_ends_at, look_at_clock, may_erase_by_age
from campaign.core.db import db, forget_deleted, transaction
from campaign.counting.actions import count_ballots, roll_up
from campaign.defence.daily_keys import forget_old_keys
from campaign.defence.mailboxes import put_off_until
from campaign.defence.rate_limits import forget_old_hits
from campaign.letters.actions import roll_up_letters
from campaign.organizers.invitations import forget_old_invitations
from campaign.organizers.reminders import whom_to_remind
from campaign.organizers.sessions import forget_ended
from campaign.outbox.actions import (
    LEASE_SECONDS,
    SENDING_SECONDS,
    ClaimedMail,
    claim_due,
    enqueue,
    give_back,
    give_up_old,
    settle,
)
from campaign.outbox.letters import Letter
from campaign.outbox.transports import Outcome, Transport, transport_for
from campaign.paper.retention import forget_a_batch
from campaign.sealing.reminders import take_due_reminders as take_due_key_reminders
from campaign.signing.purging import Step, begin_purge, purge_step, purges_to_begin, unfinished_purges
from campaign.signing.unconfirmed import ROWS_A_STEP, erase_unconfirmed, old_unconfirmed, pull_back
from campaign.web.letters import render_letter
from campaign.web.services import Services

log = logging.getLogger("campaign.worker")
IDLE_SECONDS = 1.0
AFTER_TROUBLE_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600


def run_worker(app: Flask, stop: threading.Event, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Work until `stop` is set. Trouble with the database is logged and waited out."""
    services: Services = app.extensions["campaign"]
    transport = transport_for(services.config.smtp_url, services.config.instance)
    # Not by the clock: one that is set back would put housekeeping off for as long.
    housekeeping_due = time.monotonic()
    while not stop.is_set():
        with app.app_context():
            try:
                busy = work_once(transport, services, clock=clock, stop=stop)
                if time.monotonic() >= housekeeping_due:
                    keep_house(clock(), go_on=partial(_work_goes_on, transport, services, clock, stop))
                    remind_holders(services, clock())
                    remind_editors(services, clock())
                    housekeeping_due = time.monotonic() + HOUSEKEEPING_SECONDS
                pause = 0.0 if busy else IDLE_SECONDS
            except SQLAlchemyError as error:
                log.error("database error %s; trying again", type(error).__name__)
                pause = AFTER_TROUBLE_SECONDS
        stop.wait(pause)


def work_once(
    transport: Transport,
    services: Services,
    *,
    clock: Callable[[], datetime] = utc_now,
    stop: threading.Event | None = None,
) -> bool:
    """Do everything that is due now; whether there was anything. Needs an application context."""
    sent = deliver_due(transport, services, clock=clock, stop=stop)
    with transaction() as session:
        counted = roll_up(session) + roll_up_letters(session)
    with transaction() as session:
        count_ballots(session, key=services.keyring.waiting)
    purged = purge_some(clock())
    return bool(sent or counted or purged is not None)


def deliver_due(
    transport: Transport,
    services: Services,
    *,
    clock: Callable[[], datetime] = utc_now,
    stop: threading.Event | None = None,
) -> int:
    """Send the mails that are due, a batch of them; how many were claimed.

    A mail that fails waits, the others go on. If the relay is away they wait untried. What cannot be begun while the
    lease is long, or before `stop`, goes back.
    """
    with transaction() as session:
        left = deque(claim_due(session, key=services.keyring.waiting, now=clock()))
    number, stop, ends_at = len(left), stop or threading.Event(), time.monotonic() + SENDING_SECONDS
    try:
        while left and not stop.is_set() and time.monotonic() < ends_at:
            mails = [left.popleft()]
            if put_off := _put_off_until(mails[0], services, clock()):
                _write_surely(partial(give_back, mails=mails, due_at=put_off), stop)
                continue
            outcome = Outcome.SENT if mails[0].letter.is_decoy else _send(transport, mails[0])
            if outcome is Outcome.AWAY:
                mails += left
                left.clear()
            _write_surely(partial(_settle_all, mails, outcome, clock), stop)
            if not mails[0].letter.is_decoy:
                services.mails.add(outcome.value, (0, len(mails)))
    finally:
        transport.hang_up()
    if left:
        _write_surely(partial(_give_back, left, clock), stop)
    return number


def keep_house(now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> None:
    """Erase what has run out, unless the clock is in doubt, and what the database still remembers of it.

    `go_on` is asked between the steps of what may take long, and may do something else before it answers.
    """
    with transaction() as session:
        jump = look_at_clock(session, now=now)
        doubt_ends = doubt_ends_at(session)
        if may_erase_by_age(session):
            note_states(session, now=now)
        write_down_newest(session)
    if jump is not None:
        log.error("the clock jumped by %s since the last look; is it right?", jump)
    if doubt_ends is not None:
        log.warning("nothing is deleted for its age until %s, for the clock is in doubt", doubt_ends)
    for erase in (
        give_up_old,
        forget_old_submissions,
        forget_old_hits,
        forget_old_keys,
        forget_ended,
        forget_old_invitations,
    ):
        with transaction() as session:
            erase(session, now=now)
    erase_old_unconfirmed(now, go_on=go_on)
    begin_due_purges(now)
    # After it, so that what names somebody on paper goes with the signatures.
    forget_old_batches(now, go_on=go_on)
    forget_deleted(db.engine)


def erase_old_unconfirmed(now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> int:
    """Erase what nobody confirmed in time, in small steps; how many there were. Ends early if another is at it."""
    total, pulled = 0, ROWS_A_STEP
    while pulled and go_on():
        with transaction() as session:
            pulled = pull_back(session, now=now)
    while True:
        ids, before = old_unconfirmed(db.session(), now=now), total
        # An open read would keep those who sign waiting, and the checkpoint.
        db.session.rollback()
        for start in range(0, len(ids), ROWS_A_STEP):
            if not go_on():
                return total
            with transaction() as session:
                total += erase_unconfirmed(session, ids[start : start + ROWS_A_STEP], now=now)
        if total == before:
            return total


def remind_holders(services: Services, now: datetime) -> None:
    """Mail the holders whose phrase wants to be tried, if they asked for that. The letter names nobody and no key."""
    key = services.keyring.waiting
    with transaction() as session:
        for reminder in take_due_key_reminders(session, is_demo=services.config.is_demo, key=key, now=now):
            enqueue(session, Letter(reminder.email, "key_reminder", reminder.language, {}), key=key, now=now)


def remind_editors(services: Services, now: datetime) -> None:
    """Mail the editors of cases that nobody has looked after in time, if they asked for it. The letter names nobody."""
    key = services.keyring.waiting
    with transaction() as session:
        due = take_due_reminders(session, now=now)
        for address, number in whom_to_remind(session, due, role="editor", key=key) if due else ():
            letter = Letter(address.email, "cases_to_check", address.language, {"number": str(number)})
            enqueue(session, letter, key=key, now=now)


def forget_old_batches(now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> None:
    """Erase what has run out of batches from paper, one after the other: a scan is large, and nobody is to wait."""
    found = True
    while found and go_on():
        with transaction() as session:
            found = forget_a_batch(session, now=now)


def begin_due_purges(now: datetime) -> None:
    """Begin to erase the signatures of campaigns whose time is over, and contacts nobody has decided on at once."""
    due = purges_to_begin(db.session(), now=now)
    # An open read would keep the checkpoint below waiting, and on SQLite those who sign.
    db.session.rollback()
    for each in due:
        with transaction() as session:
            begin_purge(session, each.campaign_id)
            forget_purged_contacts(session)


def purge_some(now: datetime) -> Step | None:
    """Do one step of what `begin_due_purges` has begun, if there is anything: mail goes on between two."""
    waiting = unfinished_purges(db.session())
    db.session.rollback()
    if not waiting:
        return None
    with transaction() as session:
        step = purge_step(session, waiting[0], now=now)
    if step.is_last:
        forget_deleted(db.engine)
    return step


def _work_goes_on(
    transport: Transport, services: Services, clock: Callable[[], datetime], stop: threading.Event
) -> bool:
    """Do what is due meanwhile; False if the worker is to end."""
    work_once(transport, services, clock=clock, stop=stop)
    return not stop.is_set()


def _send(transport: Transport, mail: ClaimedMail) -> Outcome:
    try:
        message = render_letter(mail)
        # Rendering reads the site's name. That read must not stay open while a relay takes its time: on SQLite it would
        # keep everybody from signing.
        db.session.rollback()
        return transport.send(message)
    except Exception as error:  # noqa: BLE001 - one letter that cannot be rendered must not stop the others
        log.error("letter %s failed with %s", mail.letter.template, type(error).__name__)
        return Outcome.LATER


def _put_off_until(mail: ClaimedMail, services: Services, now: datetime) -> datetime | None:
    """When a mail goes out whose mailbox has had enough today; None if it goes now. A second try was counted before."""
    if mail.letter.is_decoy or mail.attempts > 1:
        return None
    try:
        return put_off_until(services.rate_limits, mail.letter.to, now=now)
    except SQLAlchemyError:
        # Raised from here, the error would leave the whole batch waiting for its lease.
        return None


def _settle_all(mails: list[ClaimedMail], outcome: Outcome, clock: Callable[[], datetime], session: Session) -> None:
    for mail in mails:
        settle(session, mail, outcome, now=clock())
    if outcome is not Outcome.SENT:
        log.warning("%d mails %s, the first after %d tries", len(mails), outcome.value, mails[0].attempts)


def _give_back(mails: Sequence[ClaimedMail], clock: Callable[[], datetime], session: Session) -> None:
    give_back(session, mails, due_at=clock())


def _write_surely(write: Callable[[Session], None], stop: threading.Event) -> None:
    """Write what became of mails, if need be again until the database is back.

    Forgetting it would send a mail twice. After the lease that can happen anyway, so then the error is raised.
    """
    ends_at = time.monotonic() + LEASE_SECONDS
    while True:
        try:
            with transaction() as session:
                write(session)
            return
        except SQLAlchemyError as error:
            if stop.wait(AFTER_TROUBLE_SECONDS) or time.monotonic() > ends_at:
                raise
            log.error("database error %s; what became of mail is not written yet", type(error).__name__)
