"""What happens beside the web: mail goes out, numbers are added up, what has run out is erased.

Any number of workers may run. A worker keeps nothing in memory that matters: it can be killed at any moment.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from campaign.core.clock import utc_now
from campaign.core.db import db, forget_deleted, transaction
from campaign.counting.actions import count_ballots, roll_up
from campaign.defence.rate_limits import forget_old_hits
from campaign.outbox.actions import ClaimedMail, claim_due, settle
from campaign.outbox.transports import Outcome, Transport, transport_for
from campaign.signing.self_service import erase_unconfirmed
from campaign.web.letters import render_letter
from campaign.web.services import Services

log = logging.getLogger("campaign.worker")
IDLE_SECONDS = 1.0
AFTER_TROUBLE_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3600


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set. Trouble with the database is logged and waited out."""
    services: Services = app.extensions["campaign"]
    transport = transport_for(services.config.smtp_url, services.config.instance)
    housekeeping_due = utc_now()
    while not stop.is_set():
        pause = IDLE_SECONDS
        with app.app_context():
            try:
                busy = work_once(transport, services)
                if utc_now() >= housekeeping_due:
                    keep_house(utc_now())
                    housekeeping_due = utc_now() + timedelta(seconds=HOUSEKEEPING_SECONDS)
                pause = 0.0 if busy else IDLE_SECONDS
            except SQLAlchemyError as error:
                log.error("database error %s; trying again", type(error).__name__)
                pause = AFTER_TROUBLE_SECONDS
        stop.wait(pause)


def work_once(transport: Transport, services: Services) -> bool:
    """Do everything that is due now; whether there was anything. Needs an application context."""
    sent = deliver_due(transport, services)
    with transaction() as session:
        counted = roll_up(session)
    with transaction() as session:
        count_ballots(session, key=services.keyring.waiting)
    return bool(sent or counted)


def deliver_due(transport: Transport, services: Services, *, clock: Callable[[], datetime] = utc_now) -> int:
    """Send the mails that are due; how many were tried. A mail that fails waits, the others go on."""
    with transaction() as session:
        claimed = claim_due(session, key=services.keyring.waiting, now=clock())
    for mail in claimed:
        outcome = Outcome.SENT if mail.letter.is_decoy else _send(transport, mail)
        with transaction() as session:
            settle(session, mail, outcome, now=clock())
        if outcome is not Outcome.SENT:
            log.warning("mail %s after %d tries", outcome.value, mail.attempts)
    return len(claimed)


def keep_house(now: datetime) -> None:
    """Erase what has run out, and what the database still remembers of it."""
    with transaction() as session:
        erase_unconfirmed(session, now=now)
    with transaction() as session:
        forget_old_hits(session, now=now)
    forget_deleted(db.engine)


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
