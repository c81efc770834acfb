"""Forms made from a shape that lead to a draft, which a second person publishes: the person, events, settings."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField

from campaign.core.db import db
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import OtherDraft
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes, Wrong
from campaign.editing.queries import RevisionView, draft_of, published_number
from campaign.seeding.places import Location
from campaign.seeding.rows import Content
from campaign.web.i18n import current_site
from campaign.web.organize.content_forms import Group, Input, Shape, changed_rows, read_content, shown
from campaign.web.organize.content_words import said
from campaign.web.organize.drafting import keep_draft, other_draft_words, reason_words
from campaign.web.organize.rules import this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in

# A record with all its rows full, each letter of it sent as three bytes and written %D9%85.
MOST_SENT_BYTES = 1024 * 1024
MOST_FIELDS = 5000


class PartForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What goes with every part: why it is changed, which revision and draft were shown, and whether somebody has
    read what it will do where that is asked."""

    reason = StringField()
    seen = HiddenField()
    draft = HiddenField()
    agreed = BooleanField()


@dataclass
class Page:
    """A form as it is shown. `errors` by place in the content; `problem` is one that belongs to no field."""

    part: str
    shape: Shape
    content: Content
    form: PartForm
    errors: dict[Location, list[str]] = field(default_factory=dict)
    problem: str = ""

    def blame(self, wrong: tuple[Wrong, ...]) -> None:
        for each in wrong:
            self.errors.setdefault(each.place, []).append(said(each))


def sent_page(part: str, shape: Shape, *, taken: Collection[str] = ()) -> tuple[Page, str]:
    """The form as it was sent, and its button: `rows` if it only changed the rows. Ends the request (400) without our
    token. `taken` are keys that no new row may get."""
    request.max_content_length, request.max_form_parts = MOST_SENT_BYTES, MOST_FIELDS
    typed = typed_in()
    form = PartForm(typed)
    if not form.csrf_token.validate(form):
        abort(400)
    do, languages = typed.get("do", ""), current_site().languages
    is_about_rows = do.startswith(("add:", "remove:"))
    content = read_content(shape, typed, languages, keep=is_about_rows, taken=taken)
    if is_about_rows:
        return Page(part, shape, changed_rows(shape, content, do), form), "rows"
    return Page(part, shape, content, form), do


def filled_page(part: str, shape: Shape, otherwise: Content) -> Page:
    """The form with the draft that is open, else with what is published, else with what is given."""
    form = PartForm(None)
    kind, key = kind_of(part)
    draft = draft_of(db.session(), this_campaign().id, part)
    content = (draft and draft.content) or kind.read(db.session(), this_campaign().id, key) or otherwise
    form.reason.data = draft.reason if draft else ""
    form.seen.data = str(published_number(db.session(), this_campaign().id, part))
    form.draft.data = draft.id.hex if draft else ""
    return Page(part, shape, content, form)


def saved_draft(page: Page, part: str, *, is_ready: bool) -> ResponseReturnValue | int:
    """Keep the draft and go to it, and offer it for review if its author says that it is ready.

    The status of the page to show again where something stood against it, which the page then says.
    """
    try:
        revision_id = keep_draft(part, page.content, page.form, is_ready=is_ready)
        return redirect(url_for("organize.revision", slug=this_campaign().slug, revision_id=revision_id), 303)
    except Mistakes as mistakes:
        page.blame(mistakes.wrong)
    except Invalid as wrong:
        if wrong.field != "reason":
            page.problem = gettext("Nothing was changed: this is what is published already.")
        else:
            page.form.reason.errors = [reason_words()]
    except Refused as refused:
        page.problem = why_refused(page, refused)
        return 409
    return 400


def why_refused(page: Page, refused: Refused) -> str:
    """What stood against a form that was right in itself."""
    if isinstance(refused, OtherDraft):
        return other_draft_words()
    if page.part == "case":
        return str(gettext("This campaign is a petition: it is about no person, and has no case."))
    return str(gettext("Nothing was changed: the campaign is not as it was when you opened this page."))


def part_page(page: Page, status: int = 200, *, template: str, **context: Any) -> ResponseReturnValue:
    """The page of a form."""
    view, languages = this_campaign(), current_site().languages
    # The name of what is new is not known yet.
    draft = None if page.part.endswith(":") else draft_of(db.session(), view.id, page.part)
    if draft is not None and page.problem:
        # Shown now, so that the next save may go over it.
        page.form.draft.data = draft.id.hex
    fields = shown(page.shape, page.content, languages, page.errors)
    rendered = render_template(
        template,
        campaign=view,
        part=page.part,
        fields=fields,
        form=page.form,
        errors=_summary(page, fields),
        problem=page.problem,
        draft=draft,
        is_own=draft is not None and draft.author_id == this_account().id,
        is_outdated=_is_outdated(page, draft),
        **context,
    )
    return rendered, status


def _is_outdated(page: Page, draft: RevisionView | None) -> bool:
    """Whether something was published since the draft was begun."""
    return draft is not None and draft.seen_number != published_number(db.session(), this_campaign().id, page.part)


def _summary(page: Page, fields: tuple[Input | Group, ...]) -> list[FormError]:
    of_form = [(name, str(text)) for name in ("agreed", "reason") for text in page.form[name].errors]
    return [*_errors_in(fields), *(FormError(f"field-{name}", text) for name, text in of_form)]


def _errors_in(fields: tuple[Input | Group, ...]) -> list[FormError]:
    found: list[FormError] = []
    for each in fields:
        found += [FormError(each.id, text) for text in each.errors]
        if isinstance(each, Group):
            found += [error for item in each.items for error in _errors_in(item)]
    return found
