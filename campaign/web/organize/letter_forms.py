"""The forms in which letters and news are written. What may stand in a field is said by the model of the seed file."""

import re
from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, Form, FormField, HiddenField, SelectMultipleField, StringField, TextAreaField

from campaign.cases.statuses import CASE_STATUSES
from campaign.editing.parts import Wrong
from campaign.seeding.objections import MOST_SOURCES
from campaign.seeding.places import Location
from campaign.seeding.rows import Content
from campaign.web.i18n import current_site
from campaign.web.organize.letter_words import said
from campaign.web.public.forms import FormError

# Where a mistake belongs that is about two fields.
_PLACES: dict[str, Location] = {"reads_without_text": ("reads",)}
_SOURCE = ("publisher", "title", "url", "date", "grade")


class SourceRow(Form):
    """One source; a row in which nothing is written is none."""

    publisher = StringField(_l("Publisher"))
    title = StringField(_l("Title"))
    url = StringField(_l("Address on the web"))
    date = StringField(_l("Date on it"))
    grade = StringField(_l("Kind of source"))

    def content(self) -> Content | None:
        said = {name: (self[name].data or "").strip() for name in _SOURCE}
        return {**said, "date": said["date"] or None} if any(said[name] for name in _SOURCE[:4]) else None


class LetterRow(Form):
    """A letter in one language."""

    language = StringField(_l("Language"))
    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Letter"))


class UpdateRow(Form):
    """News in one language."""

    language = HiddenField()
    title = StringField(_l("Title"))
    body = TextAreaField(_l("Text"))


class OfficeRow(Form):
    """What an office is called in one language."""

    language = HiddenField()
    name = StringField(_l("Office"))


class PartForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What letters and news have in common.

    `seen` is the published revision that was shown, `draft` the id of the draft that was.
    """

    sources = FieldList(FormField(SourceRow), max_entries=MOST_SOURCES)
    reason = StringField(_l("Why this change?"))
    seen = HiddenField()
    draft = HiddenField()

    def blame(self, wrong: tuple[Wrong, ...]) -> None:
        """Put each mistake at its field."""
        for each in wrong:
            place = each.place or _PLACES.get(each.rule, ())
            field = self.field_at(list(place)) or self.reason
            field.errors = [*field.errors, said(each)]

    def field_at(self, place: list[Any]) -> Field | None:
        """The field in which what stands at that place of the content was typed."""
        found = self[place[0]] if place and place[0] in self else None
        if not isinstance(found, FieldList):
            return found
        is_named = place[0] != "sources"
        rows = [row.form for row in found if is_named or row.form.content() is not None] or [found[0].form]
        if is_named and len(place) > 1:
            rows = [row for row in rows if _line(row.language) == place[1]] or rows
        elif len(place) > 1:
            rows = rows[place[1] :] or rows
        row: Form = rows[0]
        return row[next(name for name in (*map(str, place[2:]), "name", "subject", "url", "title") if name in row)]

    def errors_shown(self) -> list[FormError]:
        return [FormError(_id_of(field), str(message)) for field in _fields(self) for message in field.errors]

    def fill_sources(self, sources: list[Content]) -> None:
        """Show sources, with room for two more."""
        for source in [*sources, {}, {}][:MOST_SOURCES]:
            self.sources.append_entry(source)

    def add_source(self) -> None:
        """Show a row more, if there may be one."""
        if len(self.sources) < MOST_SOURCES:
            self.sources.append_entry()

    def source_contents(self) -> list[Content]:
        return [content for row in self.sources if (content := row.form.content()) is not None]


class LetterForm(PartForm):
    key = StringField(_l("Name in the address"))
    office = FieldList(FormField(OfficeRow))
    address = TextAreaField(_l("Postal address"))
    email = StringField(_l("E-mail address of the office"))
    reads = StringField(_l("Languages the office reads"))
    valid_while = SelectMultipleField(
        _l("May be sent while the status is"),
        choices=list(CASE_STATUSES),  # type: ignore[arg-type]  # pairs are deprecated, plain words do
        validate_choice=False,
    )
    texts = FieldList(FormField(LetterRow))

    def content(self) -> Content:
        """What was typed, as a content to be checked."""
        return {
            "office": {row.form.language.data: name for row in self.office if (name := _line(row.form.name))},
            "address": _lines(self.address),
            "email": _line(self.email) or None,
            "reads": re.split(r"[\s,،]+", _line(self.reads)) if _line(self.reads) else [],
            "valid_while": [status for status in CASE_STATUSES if status in (self.valid_while.data or [])],
            "texts": {
                _line(row.form.language): {"subject": _line(row.form.subject), "body": _lines(row.form.body)}
                for row in self.texts
                if _line(row.form.subject) or _lines(row.form.body)
            },
            "sources": self.source_contents(),
        }

    def fill(self, content: Content) -> None:
        """Show a content, with a place for the letter in each language of the site and in one more."""
        office, texts = content.get("office", {}), content.get("texts", {})
        for language in current_site().languages:
            self.office.append_entry({"language": language, "name": office.get(language, "")})
        for language in [*dict.fromkeys((*current_site().languages, *texts)), ""]:
            self.texts.append_entry({"language": language, **texts.get(language, {})})
        self.address.data, self.email.data = content.get("address", ""), content.get("email") or ""
        self.reads.data = " ".join(content.get("reads", []))
        self.valid_while.data = content.get("valid_while", [])
        self.fill_sources(content.get("sources", []))


class UpdateForm(PartForm):
    date = StringField(_l("Day"))
    name = StringField(_l("Name in the address"))
    texts = FieldList(FormField(UpdateRow))

    def content(self) -> Content:
        """What was typed, as a content to be checked."""
        return {
            "date": _line(self.date),
            "texts": {
                row.form.language.data: {"title": _line(row.form.title), "body": _lines(row.form.body)}
                for row in self.texts
                if _line(row.form.title) or _lines(row.form.body)
            },
            "sources": self.source_contents(),
        }

    def fill(self, content: Content) -> None:
        """Show a content, with a place for the news in each language of the site."""
        texts = content.get("texts", {})
        for language in current_site().languages:
            self.texts.append_entry({"language": language, **texts.get(language, {})})
        self.date.data = content.get("date", "")
        self.fill_sources(content.get("sources", []))


def _fields(form: Any) -> Iterator[Field]:
    """All fields that hold something typed, those in rows too."""
    for field in form:
        if isinstance(field, FieldList):
            yield from (inner for row in field for inner in _fields(row.form))
        else:
            yield field


def _id_of(field: Field) -> str:
    # A list of boxes has an id for each of them.
    return f"{field.id}-0" if isinstance(field, SelectMultipleField) else field.id


def _line(field: Field) -> str:
    return (field.data or "").strip()


def _lines(field: Field) -> str:
    """As a browser sends lines, and as files have them."""
    return (field.data or "").replace("\r\n", "\n").replace("\r", "\n").strip()
