"""Forms anybody may fill in. They check and clean; they know the words for what is wrong."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from flask import abort, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from campaign.core.errors import Invalid
from campaign.core.text_rules import BadText, check_message, check_name
from campaign.signing.actions import Entry
from campaign.signing.canonical_email import EmailAddress, read_email
from campaign.web.i18n import current_site
from campaign.web.public.countries import country_codes

MANAGE_ACTIONS = frozenset({"name", "updates_off", "withdraw"})


@dataclass(frozen=True, slots=True)
class FormError:
    """A mistake, and the id of the field to mend it in."""

    field_id: str
    message: str


def typed_in() -> MultiDict[str, str]:
    """What was typed into a form, at most `MAX_FORM_BYTES` of it. Files are refused (400).

    Bytes that are not UTF-8 become U+FFFD, which no field takes; Werkzeug would keep them as `%FF`, as if somebody had
    typed that.
    """
    # First, and kept: parsing the form consumes what was sent.
    body = request.get_data(cache=True)
    if request.content_length is not None and len(body) != request.content_length:
        # Broken off: the rest of an address would be somebody else's.
        abort(400)
    if request.mimetype != "application/x-www-form-urlencoded":
        if request.files:
            abort(400)
        # Werkzeug keeps a part without a name under None, over which WTForms stumbles.
        return MultiDict((name, text) for name, text in request.form.items(multi=True) if name is not None)
    try:
        text, most = body.decode("utf-8", "replace"), request.max_form_parts
        typed = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=most)
    except ValueError:
        abort(413)
    return MultiDict(typed)


@dataclass(frozen=True, slots=True)
class Question:
    """What a form asks when too many come at once (see `flood.py`): `task`, as JSON, is for ALTCHA's worker.

    Unless it `is_line_full`, the form may come back without a solution, and its mail goes out within `hours_held`.
    """

    task: str
    hours_held: int
    is_line_full: bool
    seconds_to_wait: int


class AnonymousForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A form without a cookie: `guards.require_own_origin` stands in for the token."""

    question: Question | None = None

    class Meta:
        csrf = False

        def get_translations(self, form: FlaskForm) -> None:
            """Every message is ours; flask_wtf would read the catalogue of WTForms' own from disk at each request."""

    def error_list(self) -> list[FormError]:
        """All mistakes in the order of the fields."""
        return [FormError(field.id, str(message)) for field in self for message in field.errors]


def text_problem(rule: str) -> str:
    """What to do about a text that breaks this rule of `text_rules`."""
    messages: dict[str, str] = {
        "empty": gettext("Type at least one letter or digit."),
        "long": gettext("This is too long. Shorten it and send it again."),
        "control": gettext("This holds characters that cannot be shown. Type it again instead of pasting it."),
        "bidi": gettext("This holds invisible characters that change the direction of text. Type it again."),
        "marks": gettext("This has too many accents on one letter. Take some away."),
    }
    return messages[rule]


class SignForm(AnonymousForm):
    """What a signatory fills in. After `validate`, `entry` is the clean result."""

    name = StringField(_l("Your name"))
    email = StringField(_l("E-mail address"))
    public_name = StringField(_l("Name to show publicly (optional)"))
    country = StringField(_l("Country (optional)"))
    message = TextAreaField(_l("Message to the organizers (optional)"))
    updates = BooleanField(_l("Send me news about this campaign"))
    source = HiddenField()

    clean_name: str = ""
    clean_email: EmailAddress
    clean_public_name: str | None = None
    clean_message: str = ""

    def validate_name(self, field: Field) -> None:
        if not (field.data or "").strip():
            raise ValidationError(gettext("Enter your name."))
        self.clean_name = checked_name(field.data)

    def validate_email(self, field: Field) -> None:
        self.clean_email = checked_email(field.data)

    def validate_public_name(self, field: Field) -> None:
        self.clean_public_name = checked_name(field.data) if (field.data or "").strip() else None

    def validate_country(self, field: Field) -> None:
        if field.data and field.data not in country_codes():
            raise ValidationError(gettext("Choose a country from the list, or leave it empty."))

    def validate_message(self, field: Field) -> None:
        try:
            self.clean_message = check_message(field.data or "")
        except BadText as bad:
            raise ValidationError(text_problem(bad.rule)) from None

    def entry(self, language: str) -> Entry:
        """The checked entry. Call after `validate` said yes."""
        return Entry(
            name=self.clean_name,
            email=self.clean_email,
            public_name=self.clean_public_name,
            country=self.country.data or "",
            message=self.clean_message,
            wants_updates=bool(self.updates.data),
            language=language,
            source=_known_source(self.source.data or ""),
        )


@cache
def blank_sign_form() -> SignForm:
    """The form before anything is typed, the same for all. Its labels are in the language of whoever is shown it."""
    return SignForm(formdata=None)


class EmailForm(AnonymousForm):
    """Asks for an address, to mail a link to."""

    email = StringField(_l("E-mail address"))
    clean_email: EmailAddress

    def validate_email(self, field: Field) -> None:
        self.clean_email = checked_email(field.data)


class ManageForm(AnonymousForm):
    """The forms of the manage page; `action` says which one was sent."""

    action = HiddenField()
    public_name = StringField(_l("Name to show publicly"))
    sure = BooleanField(_l("Yes, erase it"))
    clean_public_name: str | None = None

    def validate_public_name(self, field: Field) -> None:
        self.clean_public_name = checked_name(field.data) if (field.data or "").strip() else None

    def validate_sure(self, field: Field) -> None:
        if self.action.data == "withdraw" and not field.data:
            raise ValidationError(gettext("Tick the box to say that you are sure. This cannot be undone."))


def _known_source(said: str) -> str:
    """Where the form stood: `site`, `embed:` and the host of an ally, or `embed`.

    Any other word would let whoever makes a link mark the one person it is for.
    """
    kind, _, host = said.partition(":")
    if kind != "embed":
        return "site"
    return said if host in current_site().allies else "embed"


def checked_email(text: str | None) -> EmailAddress:
    """The address, or a ValidationError that says what to do."""
    if not (text or "").strip():
        raise ValidationError(gettext("Enter your e-mail address. A link to confirm is sent there."))
    try:
        return read_email(text or "")
    except Invalid:
        raise ValidationError(
            gettext("This does not look like an e-mail address. It needs the form name@example.org.")
        ) from None


def checked_name(text: str | None) -> str:
    """The name, or a ValidationError that says what to do."""
    try:
        return check_name(text or "")
    except BadText as bad:
        raise ValidationError(text_problem(bad.rule)) from None
