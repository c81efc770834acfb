"""Keeping what somebody wrote in a form as a draft, and offering it for review, whatever the form looks like."""

import uuid
from typing import Any

from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.editing.actions import ask_for_review, save_draft
from campaign.seeding.rows import Content
from campaign.web.organize.rules import this_account, this_campaign
from campaign.web.organize.text_forms import id_in, number_in


def keep_draft(part: str, content: Content, form: Any, *, is_ready: bool) -> uuid.UUID:
    """The revision that holds it. `form` has the fields `reason`, `seen` and `draft`.

    Raises what `save_draft` does: Mistakes, Invalid (field `reason`, or nothing was changed), OtherDraft, Refused.
    """
    now, mine = utc_now(), this_account().id
    with transaction() as session:
        draft = save_draft(
            session,
            campaign_id=this_campaign().id,
            part=part,
            content=content,
            author_id=mine,
            reason=form.reason.data or "",
            now=now,
            seen_number=number_in(form.seen),
            seen_draft=id_in(form.draft),
        )
        if is_ready:
            ask_for_review(session, revision_id=draft.id, organizer_id=mine, now=now)
        return draft.id


def other_draft_words() -> str:
    """What to do where somebody else has begun a draft that this form has not seen."""
    return str(
        gettext(
            "Somebody else has begun a draft of this meanwhile. Yours is kept in the fields below, and is not saved. "
            "Open theirs in another tab, put both together, and save here again."
        )
    )


def reason_words() -> str:
    """What is wrong with a reason."""
    return str(gettext("Say in a few plain words why, in at most 200 characters."))
