"""What pages of letters and news share: a form filled in, a draft kept, a row hidden or shown again at once."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import abort, request
from flask_babel import gettext
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import OtherDraft, ask_for_review, check_reason, save_draft
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import RevisionView, draft_of, history, parts_of, published_number
from campaign.web.organize.letter_forms import LetterForm, UpdateForm
from campaign.web.organize.rules import this_account, this_campaign
from campaign.web.organize.text_forms import id_in, number_in
from campaign.web.public.forms import typed_in

# A letter in several scripts, each of whose characters takes six bytes in a form.
MOST_SENT_BYTES = 512 * 1024
MOST_SENT_PARTS = 400


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a form: the draft that was kept, or what stood against it. `status` is that of the page."""

    revision_id: uuid.UUID | None = None
    problem: str = ""
    status: int = 303


F = TypeVar("F", LetterForm, UpdateForm)


def sent_form(model: type[F]) -> F:
    """The form as it was sent. Ends the request (400) without our token."""
    request.max_content_length, request.max_form_parts = MOST_SENT_BYTES, MOST_SENT_PARTS
    form = model(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    return form


def fill(form: LetterForm | UpdateForm, part: str) -> RevisionView | None:
    """Show the open draft of a part, else what is published; the draft. 404 if there is neither, nor ever was."""
    campaign_id = this_campaign().id
    kind, key = kind_of(part)
    draft = draft_of(db.session(), campaign_id, part)
    content = (draft and draft.content) or kind.read(db.session(), campaign_id, key)
    if content is None:
        before = [revision.content for revision in history(db.session(), campaign_id, part) if revision.content]
        content = before[0] if before else abort(404)
    form.fill(content)
    form.reason.data = draft.reason if draft else ""
    form.seen.data = str(published_number(db.session(), campaign_id, part))
    form.draft.data = draft.id.hex if draft else ""
    return draft


def drafts_of(kind: str) -> dict[str, RevisionView]:
    """The open drafts of this kind of part in this campaign, by key."""
    found = {}
    for state in parts_of(db.session(), this_campaign().id):
        prefix, _, key = state.part.partition(":")
        if prefix == kind and state.draft is not None:
            found[key] = state.draft
    return found


def is_taken(part: str) -> bool:
    """Whether there is such a part already, or was."""
    campaign_id = this_campaign().id
    return part in {state.part for state in parts_of(db.session(), campaign_id)} or bool(
        history(db.session(), campaign_id, part)
    )


def save(form: LetterForm | UpdateForm, part: str, *, is_ready: bool) -> Saved:
    """Keep the draft, and offer it for review if its author says that it is ready. Mistakes go to their fields."""
    now = utc_now()
    try:
        with transaction() as session:
            draft = save_draft(
                session,
                campaign_id=this_campaign().id,
                part=part,
                content=form.content(),
                author_id=this_account().id,
                reason=form.reason.data or "",
                now=now,
                seen_number=number_in(form.seen),
                seen_draft=id_in(form.draft),
            )
            if is_ready:
                ask_for_review(session, revision_id=draft.id, organizer_id=this_account().id, now=now)
            return Saved(draft.id)
    except Mistakes as mistakes:
        form.blame(mistakes.wrong)
    except OtherDraft:
        return Saved(problem=_other_draft(), status=409)
    except Invalid as wrong:
        form.reason.errors = [_why() if wrong.field == "reason" else gettext("This is what is published already.")]
    except Refused as refused:
        return Saved(problem=str(refused), status=409)
    return Saved(status=400)


def do_at_once(change: Callable[[Session], None], *, action: str, what: str, typed: str) -> str:
    """Change something without a second person, and say why in the audit log. What is wrong with the reason, or ""."""
    now = utc_now()
    try:
        why = check_reason(typed, field="why")
    except Invalid:
        return _why()
    with transaction() as session:
        change(session)
        account, slug = this_account(), this_campaign().slug
        said = f"{what}: {why}"[:300]
        record(session, organizer_id=account.id, action=action, subject=slug, why=said, now=now)
    return ""


def _why() -> str:
    return str(gettext("Say in a few plain words why, in at most 200 characters."))


def _other_draft() -> str:
    return str(
        gettext(
            "Somebody else has begun a draft of this meanwhile. Yours is kept in the fields below, and is not saved. "
            "Open theirs in another tab, put both together, and save here again."
        )
    )
