"""One revision: what it changes, and what its author or a second person does with it."""

import uuid
from collections.abc import Callable

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.editing import actions
from campaign.editing.actions import Outdated, OwnRevision
from campaign.editing.differences import Change, differences
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import RevisionView, published_number, revision_numbered
from campaign.editing.queries import revision as revision_of
from campaign.organizers.queries import logins
from campaign.web.organize.checklist_form import ChecklistForm
from campaign.web.organize.content import edit_address, is_alone
from campaign.web.organize.content_words import REVISION_STATES, part_name, place_name, said
from campaign.web.organize.forms import EmptyForm
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.organize.settings import erased_by
from campaign.web.organize.text_forms import NoteForm
from campaign.web.public.forms import FormError, typed_in


@allowed("editor")
def revision(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """What a revision changes."""
    return _page(revision_id)


@allowed("editor")
def ask_for_review(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """Offer one's own draft to a second person."""
    _require_token()
    return _done(
        revision_id,
        lambda session: actions.ask_for_review(
            session, revision_id=revision_id, organizer_id=this_account().id, now=utc_now()
        ),
    )


@allowed("editor")
def publish_revision(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """Make it what the site shows. Never one's own."""
    form = ChecklistForm(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    if _is_asked(_found(revision_id)) and not form.validate():
        return _page(revision_id, checklist=form, status=400)
    return _done(
        revision_id,
        lambda session: actions.publish(
            session, revision_id=revision_id, reviewer_id=this_account().id, answers=form.answers(), now=utc_now()
        ),
    )


@allowed("editor")
def decline_revision(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """Give it back with a note. Never one's own."""
    form = NoteForm(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    return _done(
        revision_id,
        lambda session: actions.decline(
            session,
            revision_id=revision_id,
            reviewer_id=this_account().id,
            note=form.note.data or "",
            now=utc_now(),
        ),
        note=form,
    )


@allowed("editor")
def discard_revision(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """Let go of a draft."""
    _require_token()
    return _done(
        revision_id,
        lambda session: actions.discard(
            session, revision_id=revision_id, organizer_id=this_account().id, now=utc_now()
        ),
    )


@allowed("editor")
def revision_again(slug: str, revision_id: uuid.UUID) -> ResponseReturnValue:
    """Begin a draft that goes back to this revision."""
    _require_token()
    found = _found(revision_id)
    try:
        with transaction() as session:
            draft_id = actions.save_draft(
                session,
                campaign_id=found.campaign_id,
                part=found.part,
                content=found.content,
                author_id=this_account().id,
                reason=gettext("Back to revision %(number)s", number=found.number),
                now=utc_now(),
            ).id
    except (Invalid, Refused) as refused:
        return _page(revision_id, problem=_why(refused), status=409)
    return redirect(url_for("organize.revision", slug=slug, revision_id=draft_id), 303)


def _done(
    revision_id: uuid.UUID, change: Callable[[Session], None], *, note: NoteForm | None = None
) -> ResponseReturnValue:
    """Do it and show the revision; or show it unchanged, with what stood against it."""
    found = _found(revision_id)
    try:
        with transaction() as session:
            change(session)
    except Mistakes as mistakes:
        return _page(revision_id, problem=_why(mistakes), status=409)
    except Invalid:
        if note is not None:
            note.note.errors = [gettext("Say in a few plain words why, in at most 200 characters.")]
        return _page(revision_id, note=note, status=400)
    except Refused as refused:
        return _page(revision_id, problem=_why(refused), status=409)
    return redirect(url_for("organize.revision", slug=this_campaign().slug, revision_id=found.id), 303)


def _why(refused: Invalid | Refused) -> str:
    if isinstance(refused, Mistakes):
        return "; ".join(f"{place_name(wrong.place)}: {said(wrong)}" for wrong in refused.wrong)
    if isinstance(refused, OwnRevision):
        return str(gettext("You wrote this, so somebody else has to review it."))
    if isinstance(refused, Outdated):
        return str(
            gettext("Something else was published since this was begun. It has to be put together with that first.")
        )
    if isinstance(refused, actions.OtherDraft):
        return str(gettext("Somebody else has an open draft of this. Let go of it first, or write in it."))
    if isinstance(refused, Invalid):
        return str(gettext("Nothing was changed: this is what is published already."))
    return str(gettext("Nothing was changed: this revision is no longer what it was. Look at it as it is now."))


def _page(
    revision_id: uuid.UUID,
    *,
    problem: str = "",
    checklist: ChecklistForm | None = None,
    note: NoteForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    found = _found(revision_id)
    number = published_number(db.session(), found.campaign_id, found.part)
    is_own = found.author_id == this_account().id
    checklist, note = checklist or ChecklistForm(None), note or NoteForm(None)
    errors = [FormError(field.id, str(text)) for form in (checklist, note) for field in form for text in field.errors]
    page = render_template(
        "organize/revision.html",
        campaign=this_campaign(),
        revision=found,
        name=part_name(found.part),
        state=str(REVISION_STATES[found.state]),
        changes=[(place_name(change.place), change) for change in _changes(found)],
        is_outdated=found.state in actions.OPEN and number != found.seen_number,
        is_own=is_own,
        is_alone=is_own and is_alone(this_campaign()),
        is_current=found.state == "published" and found.number == number,
        is_asked=_is_asked(found),
        erased_on=erased_by(found),
        edit=edit_address(found.part),
        names=logins(db.session()),
        checklist_form=checklist,
        note=note,
        errors=errors,
        problem=problem,
    )
    return page, status


def _changes(found: RevisionView) -> list[Change]:
    """Against what was published when it was begun; against what is published now if nothing was kept then.

    Without keys: nobody types them, and each row is named by its own.
    """
    before = revision_numbered(db.session(), found.campaign_id, found.part, found.seen_number)
    kind, key = kind_of(found.part)
    old = before.content if before else None
    if before is None and found.state in actions.OPEN:
        old = kind.read(db.session(), found.campaign_id, key)
    return [change for change in differences(old, found.content) if change.place[-1] not in ("made_from", "key")]


def _is_asked(found: RevisionView) -> bool:
    return found.content is not None and this_campaign().kind == "solidarity"


def _found(revision_id: uuid.UUID) -> RevisionView:
    return revision_of(db.session(), this_campaign().id, revision_id)


def _require_token() -> None:
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
