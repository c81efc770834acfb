"""The pages that letters and news have in common at the desk: a list, a form, and hiding at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import OtherDraft, check_reason
from campaign.editing.hiding_parts import show_part
from campaign.editing.kinds import kind_of
from campaign.editing.parts import Mistakes
from campaign.editing.queries import RevisionView, draft_of, history, parts_of, published_number
from campaign.seeding.objections import KEY
from campaign.seeding.rows import Content
from campaign.web.organize.content_words import REVISION_STATES
from campaign.web.organize.drafting import keep_draft, other_draft_words, reason_words
from campaign.web.organize.letter_forms import LetterForm, UpdateForm
from campaign.web.organize.rules import may, this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import GRADES, STATUSES

# A letter in several scripts, each of whose characters takes six bytes in a form.
MOST_SENT_BYTES = 512 * 1024
MOST_SENT_PARTS = 400
F = TypeVar("F", LetterForm, UpdateForm)


@dataclass(frozen=True, slots=True)
class PartPages(Generic[F]):
    """The pages of one kind of part, `letter` or `update`; templates and endpoints are named by it.

    `rows` are those of the list. A new one begins with `first`; `name` reads from its form what it will be known by,
    typed in the field `name_field`. `bad_name` and `taken_name` are words for names that cannot be, `more` is what the
    template of the form needs beside the form.
    """

    kind: str
    form: type[F]
    rows: Callable[[], list[Any]]
    first: Callable[[], Content]
    name: Callable[[F], str]
    name_field: str
    bad_name: object
    taken_name: object
    more: Callable[[F], dict[str, Any]] = lambda form: {}

    def listed(self, wrong: str = "", problem: str = "") -> ResponseReturnValue:
        """All of them, and the drafts of new ones; `problem` is what was wrong with the reason for hiding `wrong`."""
        rows, drafts = self.rows(), self._drafts()
        known = {row.key for row in rows}
        page = render_template(
            f"organize/{self.kind}s.html",
            campaign=this_campaign(),
            rows=rows,
            drafts=drafts,
            new=[key for key in drafts if key not in known],
            statuses=STATUSES,
            errors=[FormError(f"why-{wrong}", problem)] if problem else [],
            states=REVISION_STATES,
            may_write=may("editor"),
        )
        return page, 400 if problem else 200

    def shown_at_once(self, key: str, *, is_shown: bool) -> ResponseReturnValue:
        """Hide one or show it again, without a second person, and say why in the audit log."""
        form, view, now = self.sent(), this_campaign(), utc_now()
        try:
            why = check_reason(form.reason.data or "", field="why")
        except Invalid:
            return self.listed(key, reason_words())
        action = f"{'showed' if is_shown else 'hid'}_{self.kind}"
        said = f"{self.kind}:{key}: {why}"[:300]
        with transaction() as session:
            show_part(session, kind=self.kind, campaign_id=view.id, key=key, is_shown=is_shown, now=now)
            record(session, organizer_id=this_account().id, action=action, subject=view.slug, why=said, now=now)
        return redirect(url_for(f"organize.{self.kind}s", slug=view.slug), 303)

    def edited(self, key: str | None) -> ResponseReturnValue:
        """The form, filled in or sent; `key` is None for a new one."""
        if request.method == "GET":
            return self._page(self._filled(key), key)
        form, do = self.sent(), typed_in().get("do")
        if do == "source":
            form.add_source()
        if do in ("source", "preview"):
            return self._page(form, key)
        name = key or self.name(form)
        if key is None and (unfit := self._unfit(name)):
            form[self.name_field].errors = [unfit]
            return self._page(form, key, status=400)
        return self._saved(form, key, name, is_ready=do == "review")

    def sent(self) -> F:
        """The form as it was sent. Ends the request (400) without our token."""
        request.max_content_length, request.max_form_parts = MOST_SENT_BYTES, MOST_SENT_PARTS
        form = self.form(typed_in())
        if not form.csrf_token.validate(form):
            abort(400)
        return form

    def _saved(self, form: F, key: str | None, name: str, *, is_ready: bool) -> ResponseReturnValue:
        try:
            revision_id = keep_draft(f"{self.kind}:{name}", form.content(), form, is_ready=is_ready)
            return redirect(url_for("organize.revision", slug=this_campaign().slug, revision_id=revision_id), 303)
        except Mistakes as mistakes:
            form.blame(mistakes.wrong)
        except Invalid as wrong:
            is_reason = wrong.field == "reason"
            form.reason.errors = [reason_words() if is_reason else gettext("This is what is published already.")]
        except OtherDraft:
            return self._page(form, key, problem=other_draft_words(), status=409)
        except Refused as refused:
            return self._page(form, key, problem=str(refused), status=409)
        return self._page(form, key, status=400)

    def _filled(self, key: str | None) -> F:
        """The open draft, else what is published, else what last was. Ends the request (404) if there is neither."""
        form = self.form(None)
        if key is None:
            form.fill(self.first())
            return form
        campaign_id, part = this_campaign().id, f"{self.kind}:{key}"
        draft = draft_of(db.session(), campaign_id, part)
        content = (draft and draft.content) or kind_of(part)[0].read(db.session(), campaign_id, key)
        if content is None:
            before = [revision.content for revision in history(db.session(), campaign_id, part) if revision.content]
            content = before[0] if before else abort(404)
        form.fill(content)
        form.reason.data = draft.reason if draft else ""
        form.seen.data = str(published_number(db.session(), campaign_id, part))
        form.draft.data = draft.id.hex if draft else ""
        return form

    def _page(self, form: F, key: str | None, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
        view = this_campaign()
        draft = draft_of(db.session(), view.id, f"{self.kind}:{key}") if key else None
        page = render_template(
            f"organize/{self.kind}.html",
            campaign=view,
            key=key,
            form=form,
            errors=form.errors_shown(),
            problem=problem,
            draft=draft,
            is_own=draft is not None and draft.author_id == this_account().id,
            statuses=STATUSES,
            grades=GRADES,
            **self.more(form),
        )
        return page, status

    def _unfit(self, name: str) -> str:
        """Why this cannot be the name of a new one, or nothing."""
        if not KEY.fullmatch(name):
            return str(self.bad_name)
        part, campaign_id = f"{self.kind}:{name}", this_campaign().id
        is_there = part in {state.part for state in parts_of(db.session(), campaign_id)}
        return str(self.taken_name) if is_there or history(db.session(), campaign_id, part) else ""

    def _drafts(self) -> dict[str, RevisionView]:
        """The open drafts of this kind in this campaign, by key."""
        found = {}
        for state in parts_of(db.session(), this_campaign().id):
            prefix, _, key = state.part.partition(":")
            if prefix == self.kind and state.draft is not None:
                found[key] = state.draft
        return found
