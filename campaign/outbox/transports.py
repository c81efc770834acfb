"""Ways a mail leaves: an SMTP relay, or a folder of `.eml` files."""

import logging
import os
import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

_TIMEOUT_SECONDS = 30
_GOING_DOWN = 421
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
log = logging.getLogger("campaign.mail")


class Outcome(Enum):
    """What became of one mail: taken by the relay, refused for good, or to be tried again later.

    `AWAY` is later as well, and for all mail: the relay is not there or takes nothing from us now.
    """

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    AWAY = "away"


class Transport(Protocol):
    """One worker's way out; not for two threads at once."""

    def send(self, message: EmailMessage) -> Outcome:
        """Hand over one message. Never raises for what a relay can do; never logs an address."""

    def hang_up(self) -> None:
        """End the connection of the mails sent so far, if there is one. The next mail may make another."""


def transport_for(smtp_url: str, instance: Path) -> Transport:
    """The transport that `CAMPAIGN_SMTP_URL` names."""
    return FolderTransport(instance / "mailbox") if smtp_url == "file:" else SmtpTransport(smtp_url)


class FolderTransport:
    """Writes each message whole to `<folder>/<message id>.eml`; sending it again replaces it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> Outcome:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        draft = self._folder / f".{name}.part"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(message.as_bytes())
        draft.rename(self._folder / f"{name}.eml")
        return Outcome.SENT

    def hang_up(self) -> None:
        """Nothing is open."""


class SmtpTransport:
    """Speaks SMTP to one relay, many messages over one connection; STARTTLS unless the relay is on this machine."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._open: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> Outcome:
        is_new = self._open is None
        outcome = self._over_connection(message)
        if outcome is Outcome.AWAY and not is_new:
            # It has had enough of this connection, or of its age; the message was not begun.
            outcome = self._over_connection(message)
        return outcome

    def hang_up(self) -> None:
        if self._open is not None:
            # Whatever is said to QUIT, the mails before it were taken or were not.
            with suppress(smtplib.SMTPException, OSError):
                self._open.quit()
            self._open.close()
            self._open = None

    def _over_connection(self, message: EmailMessage) -> Outcome:
        """Send over the open connection, or a new one; a connection that has failed is not used again."""
        try:
            smtp = self._open or self._connect()
        except (smtplib.SMTPException, OSError) as error:
            _say("the relay cannot be used", error)
            return Outcome.AWAY
        self._open = smtp
        try:
            smtp.send_message(message)
            return Outcome.SENT
        except smtplib.SMTPRecipientsRefused as refused:
            # A message is to one person.
            code, answer = next(iter(refused.recipients.values()))
            return Outcome.REFUSED if _is_about_mailbox(code, answer) else self._later(refused, code)
        except smtplib.SMTPNotSupportedError:
            # The address needs SMTPUTF8 and the relay does not speak it; trying again changes nothing.
            return Outcome.REFUSED
        except smtplib.SMTPSenderRefused as error:
            # Said before anybody was named, so it is about us: too much, too fast, or not known to this relay.
            _say("the relay takes no mail from us", error, error.smtp_code)
            self.hang_up()
            return Outcome.AWAY
        except smtplib.SMTPResponseException as error:
            return self._later(error, error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            return self._later(error)

    def _later(self, error: Exception, code: int | None = None) -> Outcome:
        _say("the relay did not take a mail", error, code)
        # An answer leaves the connection usable; silence, an end of it, and 421 do not.
        if code is None or code == _GOING_DOWN:
            self.hang_up()
        return Outcome.LATER

    def _connect(self) -> smtplib.SMTP:
        """A connection on which mail may go, logged in. Raises SMTPException or OSError."""
        # Left to itself smtplib would tell the relay, and its logs, this machine's own name.
        name = "localhost"
        if self._is_tls:
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, name, timeout=_TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, name, timeout=_TIMEOUT_SECONDS)
        try:
            smtp.ehlo_or_helo_if_needed()
            # On this machine its certificate is rarely one that anybody else has signed, and there is no network to
            # listen on. Anywhere else a relay without STARTTLS raises: addresses do not go over a network in clear.
            if not self._is_tls and self._host not in _THIS_MACHINE:
                smtp.starttls(context=ssl.create_default_context())
            if self._user:
                smtp.login(self._user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _is_about_mailbox(code: int, answer: bytes | str) -> bool:
    """Whether a refused recipient will be refused for ever.

    Not if the relay speaks of itself or of us, with a 5xx all the same: a relay that has forgotten who may use it must
    not cost us mail. RFC 3463: X.3.X is about the mail system, X.7.X about policy; many say just "relaying denied".
    """
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    about_us = code in (530, 535, 538) or re.search(r"\b5\.[37]\.\d|relay", text, re.IGNORECASE)
    return 500 <= code < 600 and not about_us


def _say(what: str, error: Exception, code: int | None = None) -> None:
    """To the log: the kind of failure and its number. What else a relay says may hold an address."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        # The library's own words: no STARTTLS, so that addresses would go in clear, or no way to log in.
        log.error("%s: %s", what, error)
        return
    number = code if code is not None else getattr(error, "smtp_code", "")
    log.warning("%s: %s %s", what, type(error).__name__, number)
