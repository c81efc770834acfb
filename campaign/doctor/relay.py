"""The mail relay: says hello, encrypts and logs in as a worker would, and hangs up. Never sends anything."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from campaign.config import Config
from campaign.doctor.findings import Finding

_TIMEOUT_SECONDS = 10
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_WHY = "no mail goes out; it waits, for seven days at most"
_LOGIN = "check user and password in CAMPAIGN_SMTP_URL (signs such as @ or / are written %40, %2F)"


def examine_relay(config: Config) -> Iterator[Finding]:
    """One finding."""
    if config.smtp_url == "file:":
        if config.is_demo:
            yield Finding("mail is written into the demo's mailbox")
            return
        yield Finding(
            "mail is written into files, and reaches nobody",
            "whoever signs gets no link to confirm with",
            "set CAMPAIGN_SMTP_URL to your mail relay",
        )
        return
    yield _talk(config.smtp_url)


def _talk(url: str) -> Finding:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    try:
        smtp = _connected(parts.scheme == "smtps", host, parts.port)
        try:
            smtp.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and host not in _THIS_MACHINE:
                smtp.starttls(context=ssl.create_default_context())
            if parts.username:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.noop()
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()
    except (smtplib.SMTPException, OSError) as error:
        what, next_step = _meaning(error)
        return Finding(f"the mail relay {host} {what}", _WHY, next_step)
    return Finding(f"the mail relay {host} answers")


def _connected(is_tls: bool, host: str, port: int | None) -> smtplib.SMTP:
    if is_tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port or 465, "localhost", timeout=_TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, port or 25, "localhost", timeout=_TIMEOUT_SECONDS)


def _meaning(error: Exception) -> tuple[str, str]:
    """What is the matter and what to do. What the relay itself says may name somebody, and is left out."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that does not hold: {error.verify_message}", (
                "name the relay in CAMPAIGN_SMTP_URL as its certificate does, or have the certificate renewed"
            )
        case ssl.SSLError():
            return "does not encrypt as asked", "use smtps:// for port 465 and smtp:// for port 587 or 25"
        case smtplib.SMTPAuthenticationError():
            return f"refuses user or password ({error.smtp_code})", _LOGIN
        case smtplib.SMTPNotSupportedError():
            return "offers no encryption, or no way to log in", (
                "use smtps:// if it listens on port 465; addresses do not go over a network in clear"
            )
        case smtplib.SMTPResponseException():
            return f"does not want to talk ({error.smtp_code})", "ask whoever runs it whether this machine may use it"
        case ConnectionRefusedError():
            return "refuses the connection", "start it, or mend host and port in CAMPAIGN_SMTP_URL"
        case socket.gaierror():
            return "has no address", "check the host in CAMPAIGN_SMTP_URL, and this machine's name server"
        case TimeoutError():
            return "does not answer in time", "check the port; is it open from here, does a provider block port 25?"
        case _:
            return f"hangs up ({type(error).__name__})", "check host and port: does a mail relay listen there?"
