"""Writing what a campaign says in one language, beside the original, with a preview."""

import uuid
from dataclasses import dataclass

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.campaigns.models import CampaignText
from campaign.campaigns.texts import newest_text, text_version
from campaign.core.db import db
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import OtherDraft
from campaign.editing.differences import Change, differences
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import RevisionView, draft_of, published_number, revision_numbered
from campaign.seeding.rows import Content, text_content
from campaign.web.headers import allow
from campaign.web.i18n import current_site
from campaign.web.organize.content_words import place_name
from campaign.web.organize.drafting import keep_draft, other_draft_words, reason_words
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.organize.text_forms import TextForm
from campaign.web.public.forms import typed_in

# A text of the greatest length, each of its letters sent as three bytes and written %D9%85.
MOST_SENT_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Original:
    """The text that is translated: its version and what it says; `changed` is what is new since the translation was
    made, and `is_newer` whether it was made from an older version."""

    language: str
    version: int
    content: Content
    is_newer: bool
    changed: list[Change]


@allowed("editor")
def edit_text(slug: str, language: str) -> ResponseReturnValue:
    """Write a draft of the text in one language."""
    _require_language(language)
    if request.method == "GET":
        return _page(_filled(language), language)
    request.max_content_length = MOST_SENT_BYTES
    typed = typed_in()
    form = TextForm(typed)
    if not form.csrf_token.validate(form):
        abort(400)
    if typed.get("do") == "preview":
        return _page(form, language, is_preview=True)
    return _saved(form, slug, language, is_ready=typed.get("do") == "review")


@allowed("editor")
def preview_text(slug: str, language: str) -> ResponseReturnValue:
    """What the page would show, for the script that shows it while somebody types."""
    _require_language(language)
    request.max_content_length = MOST_SENT_BYTES
    form = TextForm(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    return jsonify(html=render_template("organize/_text_preview.html", shown=form.content(), language=language))


def _require_language(language: str) -> None:
    if language not in current_site().languages:
        abort(404)


def _saved(form: TextForm, slug: str, language: str, *, is_ready: bool) -> ResponseReturnValue:
    """Keep the draft, and offer it for review if its author says that it is ready."""
    try:
        revision_id = keep_draft(f"text:{language}", form.content(), form, is_ready=is_ready)
        return redirect(url_for("organize.revision", slug=slug, revision_id=revision_id), 303)
    except Mistakes as mistakes:
        form.blame(list(mistakes.wrong))
    except OtherDraft:
        return _page(form, language, problem=other_draft_words(), status=409)
    except Invalid as wrong:
        _blame(form, wrong)
    except Refused as refused:
        return _page(form, language, problem=str(refused), status=409)
    return _page(form, language, status=400)


def _blame(form: TextForm, wrong: Invalid) -> None:
    if wrong.field == "reason":
        form.reason.errors = [reason_words()]
    else:
        form.body.errors = [gettext("Nothing was changed: this is what is published already.")]


def _filled(language: str) -> TextForm:
    """The form with the draft that is open, else with what is published, else empty."""
    form = TextForm(None)
    campaign_id, part = this_campaign().id, f"text:{language}"
    draft = draft_of(db.session(), campaign_id, part)
    kind, key = kind_of(part)
    form.fill((draft and draft.content) or kind.read(db.session(), campaign_id, key) or {})
    form.reason.data = draft.reason if draft else ""
    form.seen.data = str(published_number(db.session(), campaign_id, part))
    form.draft.data = draft.id.hex if draft else ""
    original = _original(language)
    form.made_from.data = str(original.version) if original else ""
    return form


def _page(
    form: TextForm, language: str, *, is_preview: bool = False, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    campaign_id, part = this_campaign().id, f"text:{language}"
    draft = draft_of(db.session(), campaign_id, part)
    if draft is not None and problem:
        # Shown now, so that the next save may go over it.
        form.draft.data = draft.id.hex
    number = published_number(db.session(), campaign_id, part)
    preview = url_for("organize.preview_text", slug=this_campaign().slug, language=language)
    allow(connect_src=request.host_url.rstrip("/") + preview)
    page = render_template(
        "organize/text.html",
        campaign=this_campaign(),
        form=form,
        errors=form.errors_shown(),
        problem=problem,
        language=language,
        original=_original(language),
        place_name=place_name,
        draft=draft,
        is_own=draft is not None and draft.author_id == this_account().id,
        missed=_missed(draft, campaign_id, part, number),
        is_published=kind_of(part)[0].read(db.session(), campaign_id, language) is not None,
        shown=form.content() if is_preview else None,
        preview=preview,
    )
    return page, status


def _missed(draft: RevisionView | None, campaign_id: uuid.UUID, part: str, number: int) -> list[Change]:
    """What was published since the open draft was begun."""
    if draft is None or draft.seen_number == number:
        return []
    seen = revision_numbered(db.session(), campaign_id, part, draft.seen_number)
    newest = revision_numbered(db.session(), campaign_id, part, number)
    return differences(seen.content if seen else None, newest.content if newest else None)


def _original(language: str) -> Original | None:
    """What the text is a translation of; None for the original itself."""
    first = current_site().languages[0]
    newest = newest_text(db.session(), this_campaign().id, first)
    if language == first or newest is None:
        return None
    translation = newest_text(db.session(), this_campaign().id, language)
    made_from = translation.made_from if translation else None
    is_newer = made_from is not None and made_from < newest.version
    older = text_version(db.session(), this_campaign().id, first, made_from) if made_from and is_newer else None
    return Original(first, newest.version, text_content(newest), is_newer, _changed(older, newest))


def _changed(older: CampaignText | None, newest: CampaignText) -> list[Change]:
    if older is None:
        return []
    changes = differences(text_content(older), text_content(newest))
    return [change for change in changes if change.place != ("made_from",)]
