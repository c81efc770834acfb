"""Forms of the desk about what people send in."""

import uuid

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from campaign.conversation.moderation import DEEDS, REASONS, Deed
from campaign.conversation.own_addresses import MOST_ADDRESSES
from campaign.conversation.queue import ITEMS_A_PAGE
from campaign.core.errors import Invalid
from campaign.core.text_rules import BadText, check_message
from campaign.signing.canonical_email import EmailAddress, read_email
from campaign.web.i18n import current_site
from campaign.web.public.forms import AnonymousForm, text_problem
from campaign.web.public.message_forms import StatementForm

_LONGEST_NOTE = 200


class DeedForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What is to be done with what is ticked; `item` and `looked` are ids."""

    item = SelectMultipleField(_l("What people sent in"), validate_choice=False, id="items")
    looked = SelectMultipleField(validate_choice=False)
    deed = StringField(_l("What is to be done"))
    reason = StringField(_l("Reason for declining, said to the author"))
    note = StringField(_l("Note for the log (optional)"))

    clean_items: tuple[uuid.UUID, ...] = ()
    clean_looked: tuple[uuid.UUID, ...] = ()
    clean_note = ""

    def validate_item(self, field: Field) -> None:
        self.clean_items = _ids(field.data)
        if not self.clean_items:
            raise ValidationError(gettext("Tick at least one."))

    def validate_looked(self, field: Field) -> None:
        self.clean_looked = _ids(field.data)

    def validate_deed(self, field: Field) -> None:
        if field.data not in DEEDS:
            raise ValidationError(gettext("Choose what is to be done."))

    def validate_reason(self, field: Field) -> None:
        if self.deed.data == "decline" and field.data not in REASONS:
            raise ValidationError(gettext("Choose a reason. The author reads it."))

    def validate_note(self, field: Field) -> None:
        self.clean_note = _note(field.data)

    def given(self) -> Deed:
        """The checked deed. Call after `validate` said yes."""
        reason = (self.reason.data or "") if self.deed.data == "decline" else ""
        return Deed(self.deed.data or "", reason, self.clean_note, self.clean_looked)


class OwnAddressesForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """The addresses an organizer signs with, one on a line."""

    addresses = TextAreaField(_l("Your addresses"))
    clean_addresses: tuple[EmailAddress, ...] = ()

    def validate_addresses(self, field: Field) -> None:
        lines = [line for line in (field.data or "").split("\n") if line.strip()]
        if not lines:
            raise ValidationError(gettext("Enter at least one address."))
        if len(lines) > MOST_ADDRESSES:
            raise ValidationError(gettext("Enter at most five addresses."))
        try:
            self.clean_addresses = tuple(read_email(line) for line in lines)
        except Invalid:
            raise ValidationError(
                gettext("One line does not look like an e-mail address. It needs the form name@example.org.")
            ) from None


class EnteredEndorsementForm(StatementForm):
    """An endorsement that reached the organizers on another way."""

    language = StringField(_l("Language of the statement"))
    source = StringField(_l("How did it reach you?"))
    clean_source = ""

    class Meta(AnonymousForm.Meta):
        csrf = True

    def validate_language(self, field: Field) -> None:
        if field.data not in current_site().languages:
            raise ValidationError(gettext("Choose a language from the list."))

    def validate_source(self, field: Field) -> None:
        self.clean_source = _note(field.data)
        if not self.clean_source:
            raise ValidationError(gettext("Say how it reached you, such as “letter of 3 November”."))


def _ids(written: list[str] | None) -> tuple[uuid.UUID, ...]:
    """At most a page of ids; what is no id is left out, for it names nothing."""
    found = []
    for text in (written or [])[: 2 * ITEMS_A_PAGE]:
        try:
            found.append(uuid.UUID(hex=text))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def _note(text: str | None) -> str:
    try:
        return " ".join(check_message(text or "", longest=_LONGEST_NOTE).split())
    except BadText as bad:
        raise ValidationError(text_problem(bad.rule)) from None
