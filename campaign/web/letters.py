"""Turns a queued letter into a message: its template, in its language, with whole addresses for its links."""

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template, url_for
from flask_babel import gettext

from campaign.campaigns.queries import hidden_campaigns, in_language
from campaign.campaigns.queries import site as read_site
from campaign.core.db import db
from campaign.outbox.actions import ClaimedMail
from campaign.web.i18n import direction, speaking
from campaign.web.services import services


def render_letter(mail: ClaimedMail) -> EmailMessage:
    """The message of a claimed mail. Its Message-ID stays the same however often it is sent."""
    letter, config = mail.letter, services().config
    site_name = in_language(read_site(db.session()).name, letter.language)
    # A worker answers no request: links are built as if one had come to the site's own address.
    with current_app.test_request_context(base_url=config.base_url), speaking(letter.language):
        values = {**_named(letter.values), "lang": letter.language, "site_name": site_name, "link": _link}
        subject = render_template(f"email/{letter.template}.subject", **values)
        text = render_template(f"email/{letter.template}.txt", **values)
    message = EmailMessage()
    message["Message-ID"] = f"<{mail.id.hex}@{urlsplit(config.base_url).hostname}>"
    message["Date"] = format_datetime(mail.queued_at)
    message["From"] = config.mail_from
    message["To"] = letter.to
    message["Subject"] = " ".join(subject.split())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_marked(text, letter.language), cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """The values without the name of a campaign that was hidden while the letter waited."""
    hidden = {campaign_id.hex for campaign_id in hidden_campaigns(db.session())}

    def without(named: dict[str, Any]) -> dict[str, Any]:
        is_hidden = named.get("campaign") in hidden
        return {**named, "title": gettext("a campaign that has been taken down")} if is_hidden else named

    links = {"links": [without(link) for link in values["links"]]} if "links" in values else {}
    return {**without(values), **links}


def _link(endpoint: str, language: str, **values: str) -> str:
    return url_for(endpoint, lang=language, _external=True, **values)


def _marked(text: str, language: str) -> str:
    """Plain text has no `dir`: a mark at the start of each line tells a mail program which way it runs."""
    if direction(language) == "ltr":
        return text
    return "\n".join(f"\u200f{line}" if line and not line.startswith("http") else line for line in text.split("\n"))
