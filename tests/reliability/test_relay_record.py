"""What the relay of these tests writes down of clients that stop waiting for its answer."""

import smtplib
import threading
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.reliability.stack import PATIENCE_SECONDS, wait_until
from tests.smtp import Relay

GIVING_UP_SECONDS = 0.2


def test_a_client_that_left_before_it_was_answered_is_in_the_record_with_the_time_it_waited() -> None:
    has_left = threading.Event()

    def stand_still(stage: str) -> None:
        if stage == "DATA":
            has_left.wait(PATIENCE_SECONDS)

    with Relay() as relay:
        relay.misbehave = stand_still
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _send(relay, GIVING_UP_SECONDS)
        has_left.set()
        wait_until(lambda: relay.talking == 0, "the relay has seen it leave")
    assert len(relay.messages) == 1
    assert len(relay.unheard) == 1
    assert relay.unheard[0] >= GIVING_UP_SECONDS


def test_a_client_that_says_what_it_wants_next_has_heard_the_answer() -> None:
    with Relay() as relay:
        smtp = _send(relay)
        smtp.send_message(_message())
        smtp.quit()
        wait_until(lambda: relay.talking == 0, "the relay has seen it leave")
    assert len(relay.messages) == 2
    assert relay.unheard == []


def test_a_client_that_left_without_a_word_although_it_was_answered_is_in_the_record() -> None:
    with Relay() as relay:
        _send(relay).close()
        wait_until(lambda: relay.talking == 0, "the relay has seen it leave")
    assert len(relay.messages) == 1
    assert len(relay.unheard) == 1


def _send(relay: Relay, timeout: float = PATIENCE_SECONDS) -> smtplib.SMTP:
    """Send one message, and stay connected."""
    parts = urlsplit(relay.url)
    smtp = smtplib.SMTP(str(parts.hostname), int(parts.port or 0), "localhost", timeout=timeout)
    smtp.send_message(_message())
    return smtp


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "petition@example.org", "alice@example.org"
    return message
