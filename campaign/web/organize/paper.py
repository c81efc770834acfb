"""Batches of sheets at the desk: entered by one organizer, approved by another."""

from typing import Any

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from campaign.campaigns.queries import campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.counting.queries import count_of
from campaign.organizers.queries import logins
from campaign.paper.actions import (
    Corrected,
    Deed,
    OwnBatch,
    Sheets,
    approve,
    correct_sheets,
    enter_sheets,
    reject,
    take_back,
)
from campaign.paper.queries import BatchView, batch, batches
from campaign.sealing.queries import OpenEpoch
from campaign.signing.purged import SignaturesErased, is_purged
from campaign.web.i18n import current_language
from campaign.web.organize.paper_forms import ApproveForm, PaperForm, WhyForm
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.public.contexts import open_epoch
from campaign.web.public.forms import FormError, typed_in
from campaign.web.words import PAPER_STATES

ERASED = _l(
    "Nothing can be entered here any more: the signatures of this campaign were erased for their age, and nothing "
    "about people is stored in it since."
)


@allowed("viewer")
def paper(slug: str) -> ResponseReturnValue:
    """All that was signed on paper, and what waits for a second person."""
    return _list_page()


@allowed("moderator")
def enter_paper(slug: str) -> ResponseReturnValue:
    """Enter a batch of sheets."""
    form = _form()
    if purged := refused_as_purged():
        return purged
    if request.method == "GET" or not form.validate_on_submit():
        return _sheets_page(form)
    epoch = open_epoch()
    if epoch is None:
        return _sheets_page(form, gettext("There is no key to seal to yet, so nothing can be entered."), 409)
    sheets = sheets_of(form)
    try:
        with transaction() as session:
            number = enter_sheets(session, deed(), sheets, epoch=epoch)
    except SignaturesErased:
        return _list_page(409)
    return _to_batch(slug, number)


@allowed("moderator")
def correct_paper(slug: str, number: int) -> ResponseReturnValue:
    """Correct a batch that waits; only who entered it can."""
    form = _form()
    is_sent = request.method == "POST"
    found = batch(db.session(), this_campaign().id, number)
    if not is_sent:
        form.process(data={"signed_on": found.signed_on, "lines": found.lines, "language": found.language})
    if not is_sent or not form.validate_on_submit():
        return _sheets_page(form, found=found)
    return _decided(slug, number, lambda session: _correct(session, number, sheets_of(form), open_epoch()))


@allowed("moderator")
def paper_batch(slug: str, number: int) -> ResponseReturnValue:
    """One batch, and what can be done with it."""
    return _batch_page(number)


@allowed("editor")
def approve_paper(slug: str, number: int) -> ResponseReturnValue:
    """Let it count. Never one's own."""
    form = ApproveForm(typed_in())
    if not form.validate_on_submit():
        abort(400)
    written = form.revision.data or ""
    revision = int(written) if written.isdecimal() and len(written) < 10 else 0
    return _decided(slug, number, lambda session: approve(session, deed(), number, revision=revision))


@allowed("moderator")
def reject_paper(slug: str, number: int) -> ResponseReturnValue:
    """It will not count. Editors reject what others entered; everybody their own."""
    form = WhyForm(typed_in())
    _require_token(form)
    found = batch(db.session(), this_campaign().id, number)
    if not may("editor") and found.entered_by != this_account().id:
        abort(403)
    if not form.validate_on_submit():
        return _batch_page(number, form=form, status=400)
    return _decided(slug, number, lambda session: reject(session, deed(), number, why=form.reason()))


@allowed("editor")
def take_back_paper(slug: str, number: int) -> ResponseReturnValue:
    """What counted counts no more."""
    form = WhyForm(typed_in())
    _require_token(form)
    if not form.validate_on_submit():
        return _batch_page(number, form=form, status=400)
    return _decided(slug, number, lambda session: take_back(session, deed(), number, why=form.reason()))


def refused_as_purged() -> ResponseReturnValue | None:
    """The list of batches, which says why, instead of a page to enter something on where nothing can be entered."""
    return _list_page(409) if is_purged(db.session(), this_campaign().id) else None


def deed() -> Deed:
    """This organizer, now, in this campaign."""
    return Deed(this_campaign(), this_account().id, utc_now())


def sheets_of(form: PaperForm) -> Sheets:
    """What the form says, with the version that the campaign's text has in the language of the sheets."""
    view = campaign_by_slug(db.session(), this_campaign().slug, form.language.data or "", drafts=True)
    return form.sheets(text_version=view.version)


def _correct(session: Any, number: int, sheets: Sheets, epoch: OpenEpoch | None) -> None:
    correct_sheets(session, deed(), number, sheets, epoch=epoch)


def _decided(slug: str, number: int, change: Any) -> ResponseReturnValue:
    """Change a batch and show it; or show it unchanged, with what stood against it."""
    try:
        with transaction() as session:
            change(session)
    except OwnBatch:
        return _batch_page(number, gettext("You entered this batch, so somebody else has to approve it."), status=409)
    except Corrected:
        return _batch_page(
            number, gettext("The batch was corrected meanwhile. Look again before you approve it."), status=409
        )
    except SignaturesErased:
        return _batch_page(number, str(ERASED), status=409)
    except Refused:
        return _batch_page(number, gettext("Nothing was changed: the batch has been decided meanwhile."), status=409)
    return _to_batch(slug, number)


def _list_page(status: int = 200) -> ResponseReturnValue:
    view = this_campaign()
    page = render_template(
        "organize/paper.html",
        campaign=view,
        count=count_of(db.session(), view.id),
        rows=[_shown(found) for found in batches(db.session(), view.id)],
        may_enter=may("moderator"),
        erased=ERASED if is_purged(db.session(), view.id) else "",
        is_refused=status == 409,
    )
    return page, status


def _require_token(form: FlaskForm) -> None:
    if not form.csrf_token.validate(form):
        abort(400)


def _to_batch(slug: str, number: int) -> ResponseReturnValue:
    return redirect(url_for("organize.paper_batch", slug=slug, number=number), 303)


def _form() -> PaperForm:
    is_sent = request.method == "POST"
    form = PaperForm(typed_in() if is_sent else None)
    form.today = utc_now().date()
    if is_sent:
        _require_token(form)
    else:
        form.language.data = current_language()
    return form


def _sheets_page(
    form: PaperForm, problem: str = "", status: int = 200, found: BatchView | None = None
) -> ResponseReturnValue:
    errors = [FormError(field.id, str(message)) for field in form for message in field.errors]
    page = render_template(
        "organize/paper_sheets.html", campaign=this_campaign(), form=form, errors=errors, problem=problem, batch=found
    )
    return page, 400 if errors else status


def _batch_page(number: int, problem: str = "", *, form: WhyForm | None = None, status: int = 200) -> Response:
    found = batch(db.session(), this_campaign().id, number)
    form = form or WhyForm(None)
    is_own = found.entered_by == this_account().id
    page = render_template(
        "organize/paper_batch.html",
        campaign=this_campaign(),
        batch=_shown(found),
        problem=problem,
        form=form,
        errors=[FormError(field.id, str(message)) for field in form for message in field.errors],
        is_own=is_own,
        may_approve=may("editor") and not is_own,
        may_reject=may("editor") or is_own,
        may_take_back=may("editor"),
    )
    return make_response(page, status)


def _shown(found: BatchView) -> dict[str, Any]:
    names = logins(db.session())
    return {
        "view": found,
        "state": str(PAPER_STATES[found.state]),
        "entered_by": names.get(found.entered_by),
        "approved_by": names.get(found.approved_by) if found.approved_by else None,
        "ended_by": names.get(found.ended_by) if found.ended_by else None,
    }
