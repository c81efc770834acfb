"""Writing the record of a case and its timeline: forms that lead to a draft, which a second person publishes."""

import uuid
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from campaign.campaigns.queries import campaign_events
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.editing.actions import OtherDraft, ask_for_review, save_draft
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes, Wrong
from campaign.editing.queries import RevisionView, draft_of, parts_of, published_number
from campaign.seeding.places import Location
from campaign.seeding.rows import Content
from campaign.web.i18n import current_language, current_site
from campaign.web.organize.case_shapes import CASE_SHAPE, EVENT_SHAPE
from campaign.web.organize.content_forms import Group, Input, Shape, changed_rows, empty, read_content, shown
from campaign.web.organize.content_words import REVISION_STATES, said
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.organize.text_forms import id_in, number_in
from campaign.web.public.forms import FormError, typed_in

# A record with all its rows full, each letter of it sent as three bytes and written %D9%85.
MOST_SENT_BYTES = 1024 * 1024
MOST_FIELDS = 5000


class PartForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What goes with every part: why it is changed, and which revision and draft were shown."""

    reason = StringField()
    seen = HiddenField()
    draft = HiddenField()


@dataclass
class Page:
    """A form as it is shown. `errors` by place in the content; `problem` is one that belongs to no field."""

    part: str
    shape: Shape
    content: Content
    form: PartForm
    errors: dict[Location, list[str]] = field(default_factory=dict)
    problem: str = ""
    is_preview: bool = False

    def blame(self, wrong: tuple[Wrong, ...]) -> None:
        for each in wrong:
            self.errors.setdefault(each.place, []).append(said(each))


@allowed("editor")
def timeline(slug: str) -> ResponseReturnValue:
    """Every event, oldest first, and the drafts of new ones."""
    view = this_campaign()
    states = {state.part: state for state in parts_of(db.session(), view.id)}
    events = campaign_events(db.session(), view.id, current_language())
    published = {f"event:{event.key}" for event in events}
    return render_template(
        "organize/timeline.html",
        campaign=view,
        events=[(event, states.get(f"event:{event.key}")) for event in events],
        new=[state for part, state in states.items() if part.startswith("event:") and part not in published],
        states=REVISION_STATES,
    )


@allowed("editor")
def edit_case(slug: str) -> ResponseReturnValue:
    """Write what is known of the person."""
    if request.method == "POST":
        return _posted("case", CASE_SHAPE)
    if this_campaign().kind != "solidarity":
        return render_template("organize/no_case.html", campaign=this_campaign())
    return _answer(_filled("case", CASE_SHAPE))


@allowed("editor")
def new_event(slug: str) -> ResponseReturnValue:
    """Write an event that is not on the timeline yet."""
    return _posted("event:", EVENT_SHAPE) if request.method == "POST" else _answer(_filled("event:", EVENT_SHAPE))


@allowed("editor")
def edit_event(slug: str, key: str) -> ResponseReturnValue:
    """Write an event again."""
    part = f"event:{key}"
    if request.method == "POST":
        return _posted(part, EVENT_SHAPE)
    page = _filled(part, EVENT_SHAPE)
    return _answer(page) if page.content else abort(404)


def _posted(part: str, shape: Shape) -> ResponseReturnValue:
    request.max_content_length, request.max_form_parts = MOST_SENT_BYTES, MOST_FIELDS
    typed = typed_in()
    form = PartForm(typed)
    if not form.csrf_token.validate(form):
        abort(400)
    do, languages = typed.get("do", ""), current_site().languages
    is_about_rows = do.startswith(("add:", "remove:"))
    content = read_content(shape, typed, languages, keep=is_about_rows)
    page = Page(part, shape, content, form)
    if is_about_rows:
        page.content = changed_rows(shape, content, do)
        return _answer(page)
    if do == "preview":
        return _previewed(page)
    return _saved(page, is_ready=do == "review")


def _previewed(page: Page) -> ResponseReturnValue:
    kind, key = kind_of(page.part if page.part != "event:" else "event:new")
    try:
        kind.check(db.session(), this_campaign().id, key, page.content, today=utc_now().date())
        page.is_preview = True
    except Mistakes as mistakes:
        page.blame(mistakes.wrong)
        return _answer(page, 400)
    except Refused as refused:
        page.problem = _why(refused)
        return _answer(page, 400)
    return _answer(page)


def _saved(page: Page, *, is_ready: bool) -> ResponseReturnValue:
    """Keep the draft, and offer it for review if its author says that it is ready."""
    view, now, mine = this_campaign(), utc_now(), this_account().id
    try:
        with transaction() as session:
            part = page.part if page.part != "event:" else f"event:{_new_key(page.content)}"
            draft = save_draft(
                session,
                campaign_id=view.id,
                part=part,
                content=page.content,
                author_id=mine,
                reason=page.form.reason.data or "",
                now=now,
                seen_number=number_in(page.form.seen),
                seen_draft=id_in(page.form.draft),
            )
            if is_ready:
                ask_for_review(session, revision_id=draft.id, organizer_id=mine, now=now)
            address = url_for("organize.revision", slug=view.slug, revision_id=draft.id)
    except Mistakes as mistakes:
        page.blame(mistakes.wrong)
        return _answer(page, 400)
    except Invalid as wrong:
        if wrong.field != "reason":
            page.problem = gettext("Nothing was changed: this is what is published already.")
        else:
            page.form.reason.errors = [gettext("Say in a few plain words why, in at most 200 characters.")]
        return _answer(page, 400)
    except Refused as refused:
        page.problem = _why(refused)
        return _answer(page, 409)
    return redirect(address, 303)


def _why(refused: Refused) -> str:
    if isinstance(refused, OtherDraft):
        return str(
            gettext(
                "Somebody else has begun a draft of this meanwhile. Yours is kept in the fields below, and is not "
                "saved. Open theirs in another tab, put both together, and save here again."
            )
        )
    return str(gettext("This campaign is a petition: it is about no person, and has no case."))


def _new_key(content: Content) -> str:
    """A key that no event of this campaign has: its date and kind, as the names of seed files begin."""
    kind = str(content["kind"]).replace("_", "-")
    stem = f"{content['date']}-{kind}"
    if not _may_be_key(stem):
        # Its date or kind is a mistake that the check is about to name.
        return uuid.uuid4().hex
    taken = {state.part for state in parts_of(db.session(), this_campaign().id)}
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 1000))
    return next(name for name in names if f"event:{name}" not in taken)


def _may_be_key(key: str) -> bool:
    try:
        kind_of(f"event:{key}")
    except NotFound:
        return False
    return True


def _filled(part: str, shape: Shape) -> Page:
    """The form with the draft that is open, else with what is published, else empty."""
    form = PartForm(None)
    if part == "event:":
        return Page(part, shape, {**empty(shape), "sources": [{"grade": "primary"}]}, form)
    kind, key = kind_of(part)
    draft = draft_of(db.session(), this_campaign().id, part)
    content = (draft and draft.content) or kind.read(db.session(), this_campaign().id, key)
    if content is None and part == "case":
        content = {**empty(shape), "names": [{}], "demands": [{}], "status_sources": [{}]}
    form.reason.data = draft.reason if draft else ""
    form.seen.data = str(published_number(db.session(), this_campaign().id, part))
    form.draft.data = draft.id.hex if draft else ""
    return Page(part, shape, content or {}, form)


def _answer(page: Page, status: int = 200) -> ResponseReturnValue:
    view, languages = this_campaign(), current_site().languages
    draft = draft_of(db.session(), view.id, page.part) if page.part != "event:" else None
    if draft is not None and page.problem:
        # Shown now, so that the next save may go over it.
        page.form.draft.data = draft.id.hex
    fields = shown(page.shape, page.content, languages, page.errors)
    rendered = render_template(
        "organize/edit_part.html",
        campaign=view,
        part=page.part,
        fields=fields,
        form=page.form,
        errors=_summary(page, fields),
        problem=page.problem,
        draft=draft,
        is_own=draft is not None and draft.author_id == this_account().id,
        preview=_preview(page) if page.is_preview else None,
        **_missed(page, draft),
    )
    return rendered, status


def _missed(page: Page, draft: RevisionView | None) -> dict[str, Any]:
    """Whether something was published since the draft was begun."""
    if draft is None:
        return {"is_outdated": False}
    return {"is_outdated": draft.seen_number != published_number(db.session(), this_campaign().id, page.part)}


def _preview(page: Page) -> dict[str, Any]:
    # By name, when first needed: a server loads the models of contents when somebody edits.
    making = import_module("campaign.web.organize.case_preview")
    make = making.case_preview if page.part == "case" else making.event_preview
    found: dict[str, Any] = make(this_campaign().id, page.content)
    return found


def _summary(page: Page, fields: tuple[Input | Group, ...]) -> list[FormError]:
    found = list(_errors_in(fields))
    return found + [FormError("field-reason", str(text)) for text in page.form.reason.errors]


def _errors_in(fields: tuple[Input | Group, ...]) -> list[FormError]:
    found: list[FormError] = []
    for each in fields:
        found += [FormError(each.id, text) for text in each.errors]
        if isinstance(each, Group):
            found += [error for item in each.items for error in _errors_in(item)]
    return found
