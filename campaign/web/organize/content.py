"""What a campaign says, part by part: what is published, what is being written, what waits for a second person."""

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.campaigns.texts import newest_texts
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import ask_for_review, save_draft
from campaign.editing.queries import PartState, RevisionView, draft_of, history, parts_of, waiting_for_review
from campaign.organizers.queries import logins, members
from campaign.organizers.roles import is_at_least
from campaign.web.i18n import current_language, current_site
from campaign.web.organize.content_words import REVISION_STATES, part_name
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.organize.text_forms import NoteForm
from campaign.web.public.forms import FormError, typed_in

# The page on which a kind of part is written, and what its key is called in the address.
EDITORS = {
    "text": ("organize.edit_text", "language"),
    "case": ("organize.edit_case", ""),
    "event": ("organize.edit_event", "key"),
    "letter": ("organize.edit_letter", "key"),
    "update": ("organize.edit_update", "key"),
    "about": ("organize.edit_settings", ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A part in the list. `edit` is the page on which it is written, None where there is none yet."""

    part: str
    name: str
    state: PartState
    is_stale: bool
    edit: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits for a second person."""

    campaign: CampaignView
    name: str
    revision: RevisionView
    author: str | None
    is_own: bool


@allowed("editor")
def content(slug: str) -> ResponseReturnValue:
    """All parts of a campaign, and the languages it does not speak yet."""
    view = this_campaign()
    stale = stale_languages(view)
    lines = [_line(state, stale) for state in parts_of(db.session(), view.id)]
    spoken = {line.part for line in lines}
    return render_template(
        "organize/content.html",
        campaign=view,
        groups={kind: [line for line in lines if line.part.partition(":")[0] == kind] for kind in _kinds(lines)},
        missing=[language for language in current_site().languages if f"text:{language}" not in spoken],
        waiting=waiting_here(),
        is_alone=is_alone(view),
        states=REVISION_STATES,
        names=logins(db.session()),
        is_owner=may("owner"),
    )


@allowed("editor")
def part_history(slug: str, part: str) -> ResponseReturnValue:
    """Every revision of a part."""
    return _history(part, NoteForm(None), [])


@allowed("editor")
def take_down_part(slug: str, part: str) -> ResponseReturnValue:
    """Ask a second person to take a part off the site."""
    form = NoteForm(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    view, now, open_draft = this_campaign(), utc_now(), draft_of(db.session(), this_campaign().id, part)
    try:
        with transaction() as session:
            draft = save_draft(
                session,
                campaign_id=view.id,
                part=part,
                content=None,
                author_id=this_account().id,
                reason=form.note.data or "",
                now=now,
                seen_draft=open_draft.id if open_draft else None,
            )
            ask_for_review(session, revision_id=draft.id, organizer_id=this_account().id, now=now)
            address = url_for("organize.revision", slug=slug, revision_id=draft.id)
    except (Invalid, Refused) as wrong:
        message = str(wrong)
        if isinstance(wrong, Invalid) and wrong.field == "reason":
            message = gettext("Say in a few plain words why, in at most 200 characters.")
        form.note.errors = [message]
        return _history(part, form, [FormError(form.note.id, message)])
    return redirect(address, 303)


def waiting_here() -> list[Waiting]:
    """What waits for review in this organizer's campaigns, those of others first."""
    views = {
        view.id: view
        for view in all_campaigns(db.session(), current_language())
        if is_at_least(this_account().role_in(view.id), "editor")
    }
    names = logins(db.session())
    found = [
        Waiting(
            views[revision.campaign_id],
            part_name(revision.part),
            revision,
            names.get(revision.author_id) if revision.author_id else None,
            revision.author_id == this_account().id,
        )
        for revision in waiting_for_review(db.session(), views.keys())
    ]
    return sorted(found, key=lambda each: each.is_own)


def stale_languages(view: CampaignView) -> set[str]:
    """The languages whose text was made from an older version of the original."""
    newest = newest_texts(db.session(), view.id)
    original = newest.get(current_site().languages[0])
    return {
        language
        for language, row in newest.items()
        if original is not None and row.made_from is not None and row.made_from < original.version
    }


def is_alone(view: CampaignView) -> bool:
    """Whether nobody else could review what this organizer writes."""
    editors = [member for member in members(db.session(), view.id) if is_at_least(member.role, "editor")]
    return len(editors) < 2


def edit_address(part: str) -> str | None:
    """Where a part is written, if there is a page for its kind."""
    kind, _, key = part.partition(":")
    endpoint = EDITORS.get(kind)
    if endpoint is None:
        return None
    values: dict[str, Any] = {endpoint[1]: key} if key else {}
    return url_for(endpoint[0], slug=this_campaign().slug, **values)


def _history(part: str, form: NoteForm, errors: list[FormError]) -> ResponseReturnValue:
    revisions = history(db.session(), this_campaign().id, part)
    published = {state.part for state in parts_of(db.session(), this_campaign().id) if state.is_published}
    if not revisions and part not in published:
        abort(404)
    page = render_template(
        "organize/part_history.html",
        campaign=this_campaign(),
        part=part,
        name=part_name(part),
        edit=edit_address(part),
        revisions=revisions,
        states=REVISION_STATES,
        names=logins(db.session()),
        form=form,
        errors=errors,
        may_take_down=part in published and part not in (f"text:{current_site().languages[0]}", "case", "about"),
    )
    return page, 400 if errors else 200


def _line(state: PartState, stale: set[str]) -> Line:
    kind, _, key = state.part.partition(":")
    return Line(state.part, part_name(state.part), state, kind == "text" and key in stale, edit_address(state.part))


def _kinds(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(line.part.partition(":")[0] for line in lines))
