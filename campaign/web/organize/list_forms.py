"""The forms that ask which signatures somebody takes off the site, in what form, and what for."""

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import ValidationError

from campaign.core.text_rules import BadText, check_message
from campaign.exports.selection import Selection

MOST_PURPOSE = 200


class ListForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What both lists ask. After `validate`, `selection` and `clean_purpose` hold it; a day is written 2026-11-22."""

    form = SelectField(_l("Format"))
    purpose = StringField(_l("What is it for?"))
    since = StringField(_l("Confirmed from (day, UTC)"))
    until = StringField(_l("Confirmed until (day, UTC)"))
    language = SelectField(_l("Language"), default="")
    source = SelectField(_l("Where they signed"), default="")
    updates = BooleanField(_l("Only those who want news"))
    standing = SelectField(_l("Which signatures"), default="")

    clean_purpose = ""
    _days: dict[str, date]

    def offer(self, forms: list[Any], languages: list[Any], sources: list[Any]) -> None:
        """Fill the choices: pairs of value and words."""
        self._days = {}
        self.form.choices = forms
        self.language.choices = [("", gettext("All languages")), *languages]
        self.source.choices = [("", gettext("Everywhere")), *sources]
        self.standing.choices = [
            ("", gettext("Those that count")),
            ("invalidated", gettext("Those taken from the count as not genuine")),
        ]

    @property
    def selection(self) -> Selection:
        return Selection(
            since=self._days.get("since"),
            until=self._days.get("until"),
            language=self.language.data or "",
            source=self.source.data or "",
            wants_updates=bool(self.updates.data),
            is_invalidated=self.standing.data == "invalidated",
        )

    def validate_purpose(self, field: Field) -> None:
        try:
            self.clean_purpose = " ".join(check_message(field.data or "").split())
        except BadText:
            raise ValidationError(gettext("Write the purpose in plain words.")) from None
        if not self.clean_purpose:
            raise ValidationError(gettext("Write in a few words what the list is for."))
        if len(self.clean_purpose) > MOST_PURPOSE:
            raise ValidationError(gettext("This is too long. Two hundred characters are enough."))

    def validate_since(self, field: Field) -> None:
        self._read_day(field)

    def validate_until(self, field: Field) -> None:
        self._read_day(field)
        since, until = self._days.get("since"), self._days.get("until")
        if since and until and until < since:
            raise ValidationError(gettext("The last day is before the first."))

    def _read_day(self, field: Field) -> None:
        typed = (field.data or "").strip()
        if not typed:
            return
        try:
            self._days[field.name] = date.fromisoformat(typed)
        except ValueError:
            raise ValidationError(gettext("Write the day as year, month, day: 2026-11-30.")) from None
