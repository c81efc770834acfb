"""`campaign doctor` on mail that waits, workers that do not run and relays that do not want us."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from campaign.core.clock import utc_now
from campaign.core.clock_mark import ClockMark
from campaign.core.db import transaction
from campaign.core.keyring import Keyring
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.outbox.models import OutboxMail
from tests.integration.installation import Installation, only
from tests.serving import DEADLINE_SECONDS, free_port


def queue(site: Installation, *, minutes: int, attempts: int = 0, due_in: int = 0) -> None:
    queued = utc_now() - timedelta(minutes=minutes)
    with site.database(), transaction() as session:
        enqueue(
            session, Letter("a@b.example", "confirm", "en", {}), key=Keyring.load(site.instance).waiting, now=queued
        )
        session.execute(update(OutboxMail).values(attempts=attempts, due_at=queued + timedelta(minutes=due_in)))


def test_a_worker_that_does_not_run(well: Installation) -> None:
    queue(well, minutes=30)
    problems = well.problems()
    worker = next(what for what in problems if what.startswith("no worker seems to run"))
    assert "start `campaign worker`" in problems[worker]
    assert "mails waiting: 1, the oldest for 0:30" in str(problems)


def test_a_worker_that_stopped_before_there_was_anything_to_do(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(ClockMark).values(seen_at=utc_now() - timedelta(hours=5)))
    what, _ = only(well.problems())
    assert what.startswith("no worker seems to run: the last sign of one is 5:00")


def test_mail_that_the_relay_does_not_take(well: Installation) -> None:
    queue(well, minutes=300, attempts=5, due_in=310)
    what, next_step = only(well.problems())
    assert what.startswith("mails waiting: 1, the oldest for 5:00")
    assert "relay" in next_step


def test_mail_that_is_held_is_no_problem(well: Installation) -> None:
    queue(well, minutes=300, due_in=360)
    with well.database(), transaction() as session:
        enqueue(session, Letter.decoy(), key=Keyring.load(well.instance).waiting, now=utc_now())
    assert well.problems() == {}
    assert "mails waiting: 2, 1 of them held" in well.run("doctor").stdout


def test_a_relay_that_is_not_there(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    what, next_step = only(well.problems())
    assert what == "the mail relay 127.0.0.1 refuses the connection"
    assert "CAMPAIGN_SMTP_URL" in next_step


def test_a_relay_without_an_address(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = "smtp://nowhere.invalid"
    assert "the mail relay nowhere.invalid has no address" in well.problems()


@contextmanager
def saying(*answers: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says these lines, one for each it is told, and then hangs up; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listener.accept()
        try:
            stream = context.wrap_socket(connection, server_side=True) if context else connection
            for answer in answers:
                stream.sendall(answer)
                stream.recv(1000)
        except OSError:
            pass
        connection.close()

    thread = threading.Thread(target=talk)
    thread.start()
    yield listener.getsockname()[1]
    # Whoever never came lets it go on.
    with socket.socket() as last:
        last.settimeout(1)
        last.connect_ex(listener.getsockname())
    thread.join(timeout=DEADLINE_SECONDS)
    listener.close()


HELLO = (b"220 hello\r\n", b"250-hello\r\n250 AUTH PLAIN\r\n")
RELAYS = {
    "a wrong password": ("smtp://u:p@127.0.0.1", (*HELLO, b"535 no zanubia\r\n"), "refuses user or password (535)"),
    "no way to log in": ("smtp://u:p@127.0.0.1", (HELLO[0], b"250 hello\r\n"), "offers no encryption, or no way"),
    "no welcome": ("smtp://127.0.0.1", (b"554 not you, zanubia\r\n",), "does not want to talk (554)"),
    "no mail server": ("smtp://127.0.0.1", (b"HTTP/1.1 400 Bad Request\r\n\r\n",), "does not want to talk"),
    "nothing": ("smtp://127.0.0.1", (), "hangs up"),
    "no TLS": ("smtps://127.0.0.1", HELLO, "does not encrypt as asked"),
}


@pytest.mark.parametrize("why", RELAYS)
def test_a_relay_that_does_not_want_us(well: Installation, why: str) -> None:
    url, answers, said = RELAYS[why]
    with saying(*answers) as port:
        well.settings["CAMPAIGN_SMTP_URL"] = f"{url}:{port}"
        result = well.run("doctor")
    assert f"PROBLEM the mail relay 127.0.0.1 {said}" in result.stdout
    assert "zanubia" not in result.stdout


def test_a_relay_whose_certificate_nobody_has_signed(well: Installation, tmp_path: Path) -> None:
    made = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other.example -days 2 -keyout key.pem -out cert.pem"
    subprocess.run(made.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with saying(*HELLO, context=context) as port:
        well.settings["CAMPAIGN_SMTP_URL"] = f"smtps://127.0.0.1:{port}"
        what, next_step = only(well.problems())
    assert what.startswith("the mail relay 127.0.0.1 shows a certificate that does not hold")
    assert "certificate" in next_step


def test_mail_that_goes_into_files(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = "file:"
    assert well.problems() == {
        "mail is written into files, and reaches nobody": "set CAMPAIGN_SMTP_URL to your mail relay"
    }
