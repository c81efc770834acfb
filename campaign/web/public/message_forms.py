"""The form of a message and the form of an endorsement; and how the page after them learns what became of a message."""

from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from campaign.campaigns.queries import CampaignView
from campaign.cases.queries import may_be_written_to
from campaign.conversation.contact_data import HOLDS
from campaign.conversation.contents import LONGEST_MESSAGE, LONGEST_STATEMENT, Statement, Words, checked_url
from campaign.conversation.models import AUDIENCES
from campaign.core.errors import Invalid
from campaign.core.text_rules import BadText, check_message
from campaign.signing.canonical_email import EmailAddress
from campaign.web.editions import published
from campaign.web.public.countries import country_codes
from campaign.web.public.forms import AnonymousForm, checked_email, checked_name, text_problem, typed_in


class MessageForm(AnonymousForm):
    """A message that may become public. `has_person`: it says for whom of `audiences`; `is_needed`: it has a text."""

    words = TextAreaField(_l("Your message"))
    reservation = BooleanField(_l("I sign with a reservation, and say above what I do not share"))
    audience = StringField(_l("Who is it for?"))

    longest = LONGEST_MESSAGE
    is_offered = True
    has_person = False
    audiences: tuple[str, ...] = AUDIENCES
    is_needed = False
    clean_text: str = ""

    def validate_words(self, field: Field) -> None:
        self.clean_text = _checked(field.data, LONGEST_MESSAGE)
        if not self.clean_text and self.reservation.data:
            raise ValidationError(gettext("Say what you do not share, or take the tick of the reservation away."))
        if not self.clean_text and self.is_needed:
            raise ValidationError(gettext("Write your message."))

    def validate_audience(self, field: Field) -> None:
        if self.has_person and self.clean_text and field.data not in self.audiences:
            raise ValidationError(gettext("Choose who your message is for."))

    def given(self, language: str) -> Words | None:
        """The checked message, if there is one. Call after `validate` said yes."""
        if not self.clean_text:
            return None
        audience = (self.audience.data or "") if self.has_person else "page"
        return Words(self.clean_text, bool(self.reservation.data), audience, language)


class StatementForm(AnonymousForm):
    """What an organization says about itself. `clean_statement` is made by `given`."""

    name = StringField(_l("Name of the organization"))
    country = StringField(_l("Country (optional)"))
    url = StringField(_l("Address of its own website (optional)"))
    statement = TextAreaField(_l("Statement (optional)"))

    longest = LONGEST_STATEMENT
    clean_name: str = ""
    clean_url: str = ""
    clean_text: str = ""

    def validate_name(self, field: Field) -> None:
        if not (field.data or "").strip():
            raise ValidationError(gettext("Enter the name of the organization."))
        self.clean_name = checked_name(field.data)

    def validate_country(self, field: Field) -> None:
        if field.data and field.data not in country_codes():
            raise ValidationError(gettext("Choose a country from the list, or leave it empty."))

    def validate_url(self, field: Field) -> None:
        try:
            self.clean_url = checked_url(field.data or "")
        except Invalid:
            raise ValidationError(
                gettext("Enter the whole address of a website, such as https://example.org, or leave it empty.")
            ) from None

    def validate_statement(self, field: Field) -> None:
        self.clean_text = _checked(field.data, LONGEST_STATEMENT)

    def given(self, language: str) -> Statement:
        """The checked statement. Call after `validate` said yes."""
        return Statement(self.clean_name, self.country.data or "", self.clean_url, self.clean_text, language)


class EndorsementForm(StatementForm):
    """The same from somebody who writes for it, with the address a link goes to."""

    email = StringField(_l("Your e-mail address at the organization"))
    clean_email: EmailAddress

    def validate_email(self, field: Field) -> None:
        self.clean_email = checked_email(field.data)


def message_form(view: CampaignView, *, is_needed: bool = False) -> MessageForm:
    """The form as it was sent, or blank. A campaign that is closed or hidden takes no messages: it stays blank."""
    is_offered = view.state == "open" and not view.is_hidden
    form = MessageForm(typed_in() if is_offered and request.method == "POST" else None)
    form.is_offered, form.has_person, form.is_needed = is_offered, view.kind == "solidarity", is_needed
    # Chosen all the same, so that nobody's words for a person who has died since are shown to everybody unasked.
    form.audiences = AUDIENCES if published(may_be_written_to, view.id) else ("page",)
    return form


def message_sent(held_for: tuple[str, ...] | None) -> dict[str, Any]:
    """What to put into the address of the next page: nothing, that a message waits, or what it is held for."""
    if held_for is None:
        return {}
    return {"message": "held", "held": list(held_for)} if held_for else {"message": "waiting"}


def read_message_sent() -> tuple[str, ...] | None:
    """The same, read from there: what the message is held for, None if there was none. Only our own words pass."""
    if request.args.get("message") not in ("waiting", "held"):
        return None
    said = request.args.getlist("held")
    return tuple(name for name in HOLDS if name in said)


def _checked(text: str | None, longest: int) -> str:
    try:
        return check_message(text or "", longest=longest)
    except BadText as bad:
        raise ValidationError(text_problem(bad.rule)) from None
