"""Beginning a campaign at the desk, opening and closing it."""

from collections.abc import Callable

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.campaigns.retention import months_after
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Invalid, Refused
from campaign.editing.actions import OwnRevision, ask_for_review
from campaign.editing.campaigns import (
    Unreviewed,
    WithoutCase,
    begin_campaign,
    begun_by,
    close_campaign,
    is_reviewed,
    open_campaign,
)
from campaign.editing.checklist import Unfit
from campaign.editing.parts import Mistakes
from campaign.signing.purging import Retention, retention_of
from campaign.web.i18n import current_language, current_site
from campaign.web.organize.campaign_forms import NewCampaignForm, StateForm
from campaign.web.organize.content import is_alone
from campaign.web.organize.rules import allowed, may, this_account, this_campaign
from campaign.web.organize.texts import MOST_SENT_BYTES
from campaign.web.public.forms import FormError, typed_in


@allowed("editor", step_up=True)
def new_campaign() -> ResponseReturnValue:
    """The form to begin one."""
    return _new_page(NewCampaignForm(None))


@allowed("editor", step_up=True)
def begin() -> ResponseReturnValue:
    """Begin one, as a draft. Its first text waits for a second person, as every other."""
    request.max_content_length = MOST_SENT_BYTES
    typed = typed_in()
    form = NewCampaignForm(typed)
    if not form.csrf_token.validate(form):
        abort(400)
    new, mine, now = form.new_campaign(), this_account().id, utc_now()
    try:
        with transaction() as session:
            revision_id = begin_campaign(session, new, organizer_id=mine, now=now)
            if typed.get("do") == "review":
                ask_for_review(session, revision_id=revision_id, organizer_id=mine, now=now)
    except Mistakes as mistakes:
        form.blame(list(mistakes.wrong))
    except Invalid as wrong:
        field = form.kind if wrong.field == "kind" else form.slug
        field.errors = [_slug_words(str(wrong)) if field is form.slug else gettext("Choose one from the list.")]
    else:
        return redirect(url_for("organize.revision", slug=new.slug, revision_id=revision_id), 303)
    return _new_page(form, status=400)


@allowed("editor", step_up=True)
def campaign_state(slug: str) -> ResponseReturnValue:
    """Whether it can be signed, and the way to change that."""
    return _state_page(StateForm(None))


@allowed("editor", step_up=True)
def open_state(slug: str) -> ResponseReturnValue:
    """Let it be signed."""
    form = _sent()
    if this_campaign().kind == "solidarity" and not form.validate():
        return _state_page(form, status=400)
    return _changed(
        form,
        lambda session: open_campaign(
            session,
            this_campaign().id,
            organizer_id=this_account().id,
            why=form.why.data or "",
            answers=form.answers(),
            now=utc_now(),
        ),
    )


@allowed("editor", step_up=True)
def close_state(slug: str) -> ResponseReturnValue:
    """Take no more signatures."""
    form = _sent()
    return _changed(
        form,
        lambda session: close_campaign(
            session, this_campaign().id, organizer_id=this_account().id, why=form.why.data or "", now=utc_now()
        ),
    )


def _sent() -> StateForm:
    form = StateForm(typed_in())
    if not form.csrf_token.validate(form):
        abort(400)
    return form


def _changed(form: StateForm, change: Callable[[Session], None]) -> ResponseReturnValue:
    try:
        with transaction() as session:
            change(session)
    except Invalid:
        form.why.errors = [gettext("Say in a few plain words why, in at most 200 characters.")]
        return _state_page(form, status=400)
    except Refused as refused:
        return _state_page(form, problem=_why_not(refused), status=409)
    return redirect(url_for("organize.campaign", slug=this_campaign().slug), 303)


def _why_not(refused: Refused) -> str:
    if isinstance(refused, OwnRevision):
        return str(gettext("You began this campaign, so somebody else has to open it."))
    if isinstance(refused, Unreviewed):
        return str(
            gettext("Nobody but its author has read its text. A second person reviews and publishes that first.")
        )
    if isinstance(refused, WithoutCase):
        return str(gettext("It does not say yet whom it is about. Write what is known of the person first."))
    if isinstance(refused, Unfit):
        return str(gettext("Answer every question of the list first."))
    if _kept().purged is not None:
        return str(
            gettext(
                "It cannot be opened again: its signatures were erased, so nobody can tell who has signed already. "
                "Begin a new campaign with an address of its own."
            )
        )
    return str(gettext("Nothing was changed: the campaign is not as it was when you opened this page."))


def _state_page(form: StateForm, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    view, kept = this_campaign(), _kept()
    page = render_template(
        "organize/campaign_state.html",
        campaign=view,
        form=form,
        errors=[FormError(field.id, str(message)) for field in form for message in field.errors],
        problem=problem,
        months=kept.months,
        until=kept.until,
        until_if_closed=months_after(utc_now(), kept.months),
        is_purged=kept.purged is not None,
        is_unreviewed=view.state == "draft" and not is_reviewed(db.session(), view.id),
        is_own=view.state == "draft" and begun_by(db.session(), view.slug) == this_account().id,
        is_alone=is_alone(view),
        is_owner=may("owner"),
    )
    return page, status


def _kept() -> Retention:
    return retention_of(db.session(), this_campaign().id)


def _new_page(form: NewCampaignForm, *, status: int = 200) -> ResponseReturnValue:
    views: list[CampaignView] = all_campaigns(db.session(), current_language())
    form.offer(views)
    page = render_template(
        "organize/new_campaign.html",
        form=form,
        errors=form.errors_shown(),
        language=current_site().languages[0],
        original=None,
    )
    return page, status


def _slug_words(sentence: str) -> str:
    known = {
        "there is a campaign with this slug": gettext("There is a campaign with this address already. Choose another."),
        "this slug is the address of another page": gettext("Another page has this address. Choose another."),
    }
    fallback = gettext("Use small latin letters, digits and single hyphens, at most 80: women-life-freedom.")
    return str(known.get(sentence, fallback))
