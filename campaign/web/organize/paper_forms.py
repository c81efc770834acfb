"""Forms about what was signed on paper."""

from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from campaign.core.errors import Invalid
from campaign.core.text_rules import check_name
from campaign.paper.actions import MOST_LINES, Sheets
from campaign.web.i18n import current_site


class PaperForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What is typed about a batch of sheets. `today` is the last day it may be of."""

    signed_on = StringField(_l("Day of collection"))
    lines = StringField(_l("Number of valid lines"))
    language = StringField(_l("Language of the sheets"))
    place = StringField(_l("Place"))
    collector = StringField(_l("Collected by"))

    today: date
    clean_day: date
    clean_lines = 0
    clean_place = ""
    clean_collector = ""

    def validate_signed_on(self, field: Field) -> None:
        try:
            self.clean_day = date.fromisoformat((field.data or "").strip())
        except ValueError:
            raise ValidationError(gettext("Write the day as year, month, day: 2026-11-30.")) from None
        if self.clean_day > self.today:
            raise ValidationError(gettext("This day has not come yet. Enter the day of collection."))

    def validate_lines(self, field: Field) -> None:
        written = (field.data or "").strip()
        # `isdecimal` and `int` know the digits of all languages.
        self.clean_lines = int(written) if written.isdecimal() and len(written) < 10 else 0
        if not 1 <= self.clean_lines <= MOST_LINES:
            raise ValidationError(gettext("Enter how many lines are valid, from 1 to %(most)s.", most=MOST_LINES))

    def validate_language(self, field: Field) -> None:
        if field.data not in current_site().languages:
            raise ValidationError(gettext("Choose a language from the list."))

    def validate_place(self, field: Field) -> None:
        self.clean_place = _line(field)

    def validate_collector(self, field: Field) -> None:
        self.clean_collector = _line(field)

    def sheets(self, *, text_version: int) -> Sheets:
        """What was typed, checked. Call after `validate_on_submit` said yes."""
        return Sheets(
            self.clean_day,
            self.clean_lines,
            self.language.data or "",
            text_version,
            self.clean_place,
            self.clean_collector,
        )


class WhyForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """Why something is rejected or taken back."""

    why = StringField(
        _l("Why"), [DataRequired(_l("Say why, in a few words.")), Length(max=200, message=_l("Use fewer words."))]
    )

    def reason(self) -> str:
        """What was typed, on one line."""
        return " ".join((self.why.data or "").split())


class ApproveForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A button, and which revision was looked at."""

    revision = HiddenField()


def _line(field: Field) -> str:
    """What is optional: a line of text as a name may be."""
    if not (field.data or "").strip():
        return ""
    try:
        return check_name(field.data)
    except Invalid:
        raise ValidationError(gettext("Use at most 100 plain letters, digits and signs.")) from None
