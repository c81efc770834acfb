"""Ways a mail leaves: an SMTP relay, or a folder of `.eml` files."""

import logging
import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

_TIMEOUT_SECONDS = 30
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
log = logging.getLogger("campaign.mail")


class Outcome(Enum):
    """What became of one mail: taken by the relay, refused for good, or to be tried again later."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"


class Transport(Protocol):
    def send(self, message: EmailMessage) -> Outcome:
        """Hand over one message. Never raises for what a relay can do; never logs an address."""


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


class SmtpTransport:
    """Speaks SMTP to one relay, a connection per message; STARTTLS unless the relay is on this machine."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, message: EmailMessage) -> Outcome:
        try:
            smtp = self._connect()
        except (smtplib.SMTPException, OSError):
            return Outcome.LATER
        try:
            if not self._is_tls and not self._secured(smtp):
                log.error("the relay offers no STARTTLS; addresses do not go over a network in clear")
                return Outcome.LATER
            if not self._logged_in(smtp):
                log.error("the relay offers no way to log in, but CAMPAIGN_SMTP_URL names a user")
                return Outcome.LATER
            smtp.send_message(message)
            return Outcome.SENT
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return Outcome.REFUSED if all(500 <= code < 600 for code in codes) else Outcome.LATER
        except smtplib.SMTPNotSupportedError:
            # The address needs SMTPUTF8 and the relay does not speak it; trying again changes nothing.
            return Outcome.REFUSED
        except (smtplib.SMTPException, OSError):
            return Outcome.LATER
        finally:
            # Whatever is said to QUIT, the mail above was taken or was not.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _logged_in(self, smtp: smtplib.SMTP) -> bool:
        """Whether the relay knows us, where it has to. Raises SMTPException for a wrong password."""
        if self._user:
            try:
                smtp.login(self._user, self._password)
            except smtplib.SMTPNotSupportedError:
                return False
        return True

    def _secured(self, smtp: smtplib.SMTP) -> bool:
        """Whether it is safe to go on: encrypted from here, or a relay on this very machine."""
        if self._host in _THIS_MACHINE:
            # Its certificate is rarely one that anybody else has signed, and there is no network to listen on.
            return True
        smtp.ehlo_or_helo_if_needed()
        if not smtp.has_extn("starttls"):
            return False
        smtp.starttls(context=ssl.create_default_context())
        return True

    def _connect(self) -> smtplib.SMTP:
        # Left to itself smtplib would tell the relay, and its logs, this machine's own name.
        name = "localhost"
        if self._is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, name, timeout=_TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, name, timeout=_TIMEOUT_SECONDS)
