"""The form of a text, and those with which a change is reviewed."""

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField

from campaign.editing.parts import Wrong
from campaign.seeding.rows import TEXT_FIELDS, Content
from campaign.web.organize.content_words import PLACES, said
from campaign.web.public.forms import FormError


class TextForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What a campaign says in one language. What may stand in a field is checked by the model of the seed file.

    `seen`: the published revision that was shown; `draft`: the id of the draft that was; `made_from`: the version of
    the original that stood beside the fields.
    """

    title = StringField(PLACES["title"])
    summary = StringField(PLACES["summary"])
    ask = StringField(PLACES["ask"])
    addressee = StringField(PLACES["addressee"])
    notice = TextAreaField(PLACES["notice"])
    body = TextAreaField(PLACES["body"])
    reason = StringField(_l("Why this change?"))
    seen = HiddenField()
    draft = HiddenField()
    made_from = HiddenField()

    def content(self) -> Content:
        """What was typed, as a content to be checked."""
        typed = {name: _lines(self[name].data) for name in TEXT_FIELDS}
        return {**typed, "notice": typed["notice"] or None, "made_from": number_in(self.made_from) or None}

    def fill(self, content: Content) -> None:
        """Show a content."""
        for name in TEXT_FIELDS:
            self[name].data = content.get(name) or ""

    def blame(self, wrong: list[Wrong]) -> None:
        """Put each mistake at its field."""
        for each in wrong:
            field = self[str(each.place[0])] if each.place and str(each.place[0]) in self else self.body
            field.errors = [*field.errors, said(each)]

    def errors_shown(self) -> list[FormError]:
        return [FormError(field.id, str(message)) for field in self for message in field.errors]


class NoteForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """Why something is declined, or taken down."""

    note = StringField(_l("Why"))


def number_in(field: Any) -> int:
    """The number a hidden field carries; 0 if it carries none."""
    written = field.data or ""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 8 else 0


def id_in(field: Any) -> uuid.UUID | None:
    """The id a hidden field carries, if it carries one."""
    try:
        return uuid.UUID(field.data or "")
    except ValueError:
        return None


def _lines(typed: str | None) -> str:
    """As a browser sends lines, and as files have them."""
    return (typed or "").replace("\r\n", "\n").replace("\r", "\n").strip()
