"""Organizations that endorse a campaign: the list, the form, and the link mailed to whoever wrote for one."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import campaign_by_id, campaign_by_slug
from campaign.conversation.endorsements import (
    ask_to_endorse,
    confirm_endorsement,
    endorsement_of,
    take_back_endorsement,
)
from campaign.conversation.queries import number_of_endorsements, shown_endorsements
from campaign.core.clock import utc_now
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import NotFound, Refused
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from campaign.web.editions import published
from campaign.web.guards import require_own_origin
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language
from campaign.web.public.countries import country_options
from campaign.web.public.flood import let_endorse, shown_again
from campaign.web.public.forms import typed_in
from campaign.web.public.message_forms import EndorsementForm
from campaign.web.public.messages import blueprint as blueprint
from campaign.web.public.views import bad_link
from campaign.web.services import services
from campaign.web.words import DECLINE_REASONS, HOLDS


@blueprint.get("/<language:lang>/<slug:slug>/endorsements")
@cacheable
def endorsements(slug: str) -> ResponseReturnValue:
    """Organizations that were verified, the newest first."""
    view, after = published(campaign_by_slug, slug, current_language()), request.args.get("after")
    page = shown_endorsements(db.session(), view.id, after=after)
    return render_template(
        "public/endorsements.html",
        campaign=view,
        endorsements=page.endorsements,
        number=published(number_of_endorsements, view.id),
        next_cursor=page.next_cursor,
        is_first_page=after is None,
    )


@blueprint.get("/<language:lang>/<slug:slug>/endorse")
@cacheable
def endorse(slug: str) -> ResponseReturnValue:
    """The form for an organization."""
    return _form_page(slug, EndorsementForm(formdata=None))


@blueprint.post("/<language:lang>/<slug:slug>/endorse")
def send_endorsement(slug: str) -> ResponseReturnValue:
    """Take it, and mail a link. The answer is the same whoever has written before."""
    require_own_origin()
    view, now = published(campaign_by_slug, slug, current_language()), utc_now()
    form = EndorsementForm(typed_in())
    if view.state != "open" or not form.validate():
        return shown_again(_form_page(slug, form), form)
    passage = let_endorse(form, view.id, now=now)
    if passage is None:
        return shown_again(_form_page(slug, form), form)
    try:
        with transaction() as session:
            ask_to_endorse(
                session,
                campaign=view,
                statement=form.given(current_language()),
                email=form.clean_email,
                keyring=services().keyring,
                now=now,
                mail_at=passage.mail_at,
            )
    except Refused:
        return shown_again(_form_page(slug, form), form)
    next_page = "public.endorsement_sent_later" if passage.is_held else "public.endorsement_sent"
    return redirect(url_for(next_page, lang=current_language(), slug=slug), 303)


@blueprint.get("/<language:lang>/<slug:slug>/endorse/sent")
@cacheable
def endorsement_sent(slug: str) -> ResponseReturnValue:
    """A link is on its way."""
    view = published(campaign_by_slug, slug, current_language())
    return render_template("public/endorsement_sent.html", campaign=view, hours_held=None)


@blueprint.get("/<language:lang>/<slug:slug>/endorse/sent-later")
@cacheable
def endorsement_sent_later(slug: str) -> ResponseReturnValue:
    """The same, where the mail waits because too many came at once."""
    view = published(campaign_by_slug, slug, current_language())
    return render_template("public/endorsement_sent.html", campaign=view, hours_held=LONGEST_HOLD_HOURS)


@blueprint.get("/<language:lang>/endorsement/taken-back")
@cacheable
def endorsement_gone() -> ResponseReturnValue:
    """It is erased."""
    return render_template("public/endorsement_gone.html")


@blueprint.route("/<language:lang>/endorsement/<token>", methods=["GET", "POST"])
def own_endorsement(token: str) -> ResponseReturnValue:
    """What was sent in an organization's name: confirm that it is theirs, see what became of it, take it back."""
    now, action = utc_now(), request.form.get("action") if request.method == "POST" else None
    if request.method == "POST":
        require_own_origin()
    try:
        found = endorsement_of(db.session(), token=token, key=services().keyring.waiting, now=now)
        view = published(campaign_by_id, found.campaign_id, current_language())
        if view.state == "draft":
            abort(410)
        if action == "confirm" and view.is_hidden:
            abort(410)
        if action is not None:
            return _change(token, action)
    except NotFound:
        return bad_link()
    return render_template(
        "public/own_endorsement.html",
        campaign=view,
        endorsement=found,
        hold_words=HOLDS,
        reason_words=DECLINE_REASONS,
    )


def _change(token: str, action: str) -> ResponseReturnValue:
    if action not in ("confirm", "take_back"):
        abort(400)
    with transaction() as session:
        (confirm_endorsement if action == "confirm" else take_back_endorsement)(session, token=token, now=utc_now())
    if action == "confirm":
        return redirect(url_for("public.own_endorsement", lang=current_language(), token=token), 303)
    forget_deleted(db.engine)
    return redirect(url_for("public.endorsement_gone", lang=current_language()), 303)


def _form_page(slug: str, form: EndorsementForm) -> str:
    view = published(campaign_by_slug, slug, current_language())
    return render_template(
        "public/endorse.html",
        campaign=view,
        form=form,
        errors=form.error_list(),
        country_options=country_options(current_language(), form.country.data or ""),
    )
