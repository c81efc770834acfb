"""The demo's mailbox: mail that would have gone out, for whoever sits at this machine."""

import email
import email.policy
import ipaddress
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from campaign.web.i18n import preferred_language, use_language
from campaign.web.services import services

blueprint = Blueprint("demo", __name__, url_prefix="/demo")
_NAME = re.compile(r"^[0-9a-f]{32}$")
_LINK = re.compile(r"https?://\S+")
_NEWEST = 200
_PROXY_HEADERS = ("x-forwarded", "x-real-ip", "forwarded", "via", "cf-", "true-client-ip")


class MailLine(NamedTuple):
    name: str
    to: str
    subject: str
    at: datetime


@blueprint.before_request
def _loopback_only() -> None:
    """404 for anybody not on this machine, and for anything that came through a proxy."""
    forwarded = any(name.lower().startswith(_PROXY_HEADERS) for name, _ in request.headers)
    if forwarded or not ipaddress.ip_address(request.remote_addr or "::").is_loopback:
        abort(404)
    use_language(preferred_language())


@blueprint.get("/mailbox")
def mailbox() -> ResponseReturnValue:
    """The newest mails, newest first."""
    paths = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return render_template("demo/mailbox.html", mails=[_line(path) for path in paths[:_NEWEST]])


@blueprint.get("/mailbox/<name>")
def mail(name: str) -> ResponseReturnValue:
    """One mail, its links clickable."""
    path = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.exists():
        abort(404)
    line, message = _line(path), _message(path)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return render_template("demo/mail.html", **line._asdict(), text_html=_with_links(text))


def _folder() -> Path:
    return services().config.instance / "mailbox"


def _message(path: Path) -> EmailMessage:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def _line(path: Path) -> MailLine:
    message = _message(path)
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return MailLine(path.stem, str(message["To"]), str(message["Subject"]), at)


def _with_links(text: str) -> Markup:
    parts, end = [Markup()], 0
    for found in _LINK.finditer(text):
        parts += [escape(text[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(found[0])]
        end = found.end()
    return Markup().join([*parts, escape(text[end:])])
