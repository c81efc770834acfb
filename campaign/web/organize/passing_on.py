"""Messages for the person of a case, to be passed on; and endorsements that reached the organizers on another way."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.conversation.endorsements import enter_endorsement
from campaign.conversation.moderation import Changed, OwnWords, pass_on
from campaign.conversation.own_addresses import own_addresses
from campaign.conversation.queue import to_pass_on
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.signing.purged import SignaturesErased, is_purged
from campaign.web.i18n import current_language, current_site
from campaign.web.organize.moderation import moderator, shown_items
from campaign.web.organize.moderation_forms import DeedForm, EnteredEndorsementForm
from campaign.web.organize.paper import ERASED
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.countries import country_options
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services


@allowed("moderator")
def messages_to_pass_on(slug: str) -> ResponseReturnValue:
    """Approved messages for the person, to print or to copy."""
    return _page()


@allowed("moderator")
def note_passed_on(slug: str) -> ResponseReturnValue:
    """Note which were passed on; their authors are told."""
    form = DeedForm(typed_in())
    form.deed.data, form.reason.data = "put_back", ""
    is_valid = form.validate_on_submit()
    if form.csrf_token.errors:
        abort(400)
    if not is_valid:
        return _page(form.item.errors[0] if form.item.errors else "", status=400)
    if not own_addresses(db.session(), this_account().id, keyring=services().keyring):
        return redirect(url_for("organize.name_own_addresses"), 303)
    try:
        with transaction() as session:
            pass_on(session, moderator(), form.clean_items, now=utc_now())
    except Changed:
        return _page(gettext("Some of these are not here any more. Nothing was noted; look again."), status=409)
    except OwnWords:
        return _page(gettext("You wrote one of these, so somebody else passes it on. Nothing was noted."), status=409)
    return redirect(url_for("organize.messages_to_pass_on", slug=slug), 303)


@allowed("moderator")
def type_endorsement(slug: str) -> ResponseReturnValue:
    """Enter an endorsement; somebody else has to approve it."""
    form = EnteredEndorsementForm(typed_in())
    is_valid = request.method == "POST" and form.validate_on_submit()
    if request.method == "POST" and form.csrf_token.errors:
        abort(400)
    if not is_valid:
        return _form_page(form)
    try:
        with transaction() as session:
            _enter(session, form)
    except SignaturesErased:
        return _form_page(form, is_refused=True)
    return redirect(url_for("organize.moderation", campaign=slug), 303)


def _enter(session: Session, form: EnteredEndorsementForm) -> None:
    view, organizer_id, now = this_campaign(), this_account().id, utc_now()
    enter_endorsement(
        session,
        campaign_id=view.id,
        statement=form.given(form.language.data or ""),
        organizer_id=organizer_id,
        keyring=services().keyring,
        now=now,
    )
    why = form.clean_source
    record(session, organizer_id=organizer_id, action="entered_endorsement", subject=view.slug, why=why, now=now)


def _form_page(form: EnteredEndorsementForm, *, is_refused: bool = False) -> ResponseReturnValue:
    page = render_template(
        "organize/enter_endorsement.html",
        campaign=this_campaign(),
        form=form,
        errors=[FormError(field.id, str(message)) for field in form for message in field.errors],
        country_options=country_options(current_language(), form.country.data or ""),
        languages=current_site().languages,
        erased=ERASED if is_refused or is_purged(db.session(), this_campaign().id) else "",
    )
    return page, 409 if is_refused else 400 if form.errors else 200


def _page(problem: str = "", *, status: int = 200) -> ResponseReturnValue:
    view, is_done = this_campaign(), request.args.get("done") == "yes"
    page = to_pass_on(
        db.session(),
        moderator(),
        view.id,
        is_done=is_done,
        key=services().keyring.waiting,
        after=request.args.get("after"),
    )
    done = "yes" if is_done else None
    content = render_template(
        "organize/messages_to_pass_on.html",
        campaign=view,
        items=shown_items(page.items),
        is_done=is_done,
        next_page=url_for("organize.messages_to_pass_on", slug=view.slug, done=done, after=page.next_cursor)
        if page.next_cursor
        else None,
        problem=problem,
    )
    return content, status
