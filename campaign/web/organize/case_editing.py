"""Writing the record of a case and its timeline: forms that lead to a draft, which a second person publishes."""

import uuid
from importlib import import_module
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import campaign_events
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.core.errors import NotFound, Refused
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import parts_of
from campaign.seeding.rows import Content
from campaign.web.i18n import current_language
from campaign.web.organize.case_shapes import CASE_SHAPE, EVENT_SHAPE
from campaign.web.organize.content_forms import Shape, empty
from campaign.web.organize.content_words import REVISION_STATES
from campaign.web.organize.rules import allowed, this_campaign
from campaign.web.organize.shape_editing import (
    Page,
    PartForm,
    filled_page,
    part_page,
    saved_draft,
    sent_page,
    why_refused,
)


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
    nothing = {**empty(CASE_SHAPE), "names": [{}], "demands": [{}], "status_sources": [{}]}
    return _answer(filled_page("case", CASE_SHAPE, nothing))


@allowed("editor")
def new_event(slug: str) -> ResponseReturnValue:
    """Write an event that is not on the timeline yet."""
    if request.method == "POST":
        return _posted("event:", EVENT_SHAPE)
    nothing = {**empty(EVENT_SHAPE), "sources": [{"grade": "primary"}]}
    return _answer(Page("event:", EVENT_SHAPE, nothing, PartForm(None)))


@allowed("editor")
def edit_event(slug: str, key: str) -> ResponseReturnValue:
    """Write an event again."""
    part = f"event:{key}"
    if request.method == "POST":
        return _posted(part, EVENT_SHAPE)
    page = filled_page(part, EVENT_SHAPE, {})
    return _answer(page) if page.content else abort(404)


def _posted(part: str, shape: Shape) -> ResponseReturnValue:
    page, do = sent_page(part, shape)
    if do == "rows":
        return _answer(page)
    if do == "preview":
        return _previewed(page)
    name = part if part != "event:" else f"event:{_new_key(page.content)}"
    saved = saved_draft(page, name, is_ready=do == "review")
    return _answer(page, saved) if isinstance(saved, int) else saved


def _previewed(page: Page) -> ResponseReturnValue:
    kind, key = kind_of(page.part if page.part != "event:" else "event:new")
    try:
        kind.check(db.session(), this_campaign().id, key, page.content, today=utc_now().date())
    except Mistakes as mistakes:
        page.blame(mistakes.wrong)
        return _answer(page, 400)
    except Refused as refused:
        page.problem = why_refused(page, refused)
        return _answer(page, 400)
    return _answer(page, is_preview=True)


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


def _answer(page: Page, status: int = 200, *, is_preview: bool = False) -> ResponseReturnValue:
    return part_page(page, status, template="organize/edit_part.html", preview=_preview(page) if is_preview else None)


def _preview(page: Page) -> dict[str, Any]:
    # By name, when first needed: a server loads the models of contents when somebody edits.
    making = import_module("campaign.web.organize.case_preview")
    make = making.case_preview if page.part == "case" else making.event_preview
    found: dict[str, Any] = make(this_campaign().id, page.content)
    return found
