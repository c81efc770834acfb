"""What signatories say in public, a page at a time; and one's own message, with the mailed link."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import CampaignView, campaign_by_id, campaign_by_slug
from campaign.conversation.messages import OwnMessage, leave_message, own_message, take_back_message
from campaign.conversation.queries import message_languages, shown_messages
from campaign.core.clock import utc_now
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import NotFound
from campaign.signing.queries import OwnSignature, signature_to_manage
from campaign.web.editions import published
from campaign.web.guards import require_own_origin
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language
from campaign.web.public.flood import count_message
from campaign.web.public.message_forms import MessageForm, message_form, message_sent, read_message_sent
from campaign.web.public.search import blueprint as blueprint
from campaign.web.public.views import bad_link
from campaign.web.services import services
from campaign.web.words import DECLINE_REASONS, HOLDS


@blueprint.get("/<language:lang>/<slug:slug>/messages")
@cacheable
def messages(slug: str) -> ResponseReturnValue:
    """Messages in the language of the page, the newest first."""
    view, language = published(campaign_by_slug, slug, current_language()), current_language()
    after = request.args.get("after")
    page = shown_messages(db.session(), view.id, language, after=after)
    numbers = published(message_languages, view.id)
    return render_template(
        "public/messages.html",
        campaign=view,
        messages=page.messages,
        next_cursor=page.next_cursor,
        is_first_page=after is None,
        elsewhere=[(code, number) for code, number in numbers if code != language],
    )


# Slashes in a row are no address of ours: to merge them would send on to whatever somebody put in place of the token.
@blueprint.route("/<language:lang>/manage/<token>/message", methods=["GET", "POST"], merge_slashes=False)
def own_words(token: str) -> ResponseReturnValue:
    """Write a message, change it, take it back."""
    now, key = utc_now(), services().keyring.waiting
    if request.method == "POST":
        require_own_origin()
    try:
        signature = signature_to_manage(db.session(), token=token, now=now)
        view = published(campaign_by_id, signature.campaign_id, current_language())
        if view.state == "draft":
            abort(410)
        form = message_form(view, is_needed=True)
        if request.method == "POST":
            return _change(token, signature, view, form)
        message = own_message(db.session(), token=token, key=key, now=now)
    except NotFound:
        return bad_link()
    if message is not None:
        form.process(data={"words": message.text, "reservation": message.has_reservation, "audience": message.audience})
    return _page(token, signature, view, form, message)


def _change(token: str, signature: OwnSignature, view: CampaignView, form: MessageForm) -> ResponseReturnValue:
    now, key = utc_now(), services().keyring.waiting
    if request.form.get("action") == "take_back":
        with transaction() as session:
            take_back_message(session, token=token, now=now)
        forget_deleted(db.engine)
        return redirect(url_for("public.own_words", lang=current_language(), token=token, saved="gone"), 303)
    if not form.is_offered or not form.validate():
        return _page(token, signature, view, form, own_message(db.session(), token=token, key=key, now=now))
    words = form.given(current_language())
    assert words is not None
    count_message(token)
    with transaction() as session:
        held_for = leave_message(session, token=token, link="manage", words=words, key=key, now=now)
    # What was there before is to be gone from the disk too.
    forget_deleted(db.engine)
    sent = message_sent(held_for)
    return redirect(url_for("public.own_words", lang=current_language(), token=token, **sent), 303)


def _page(
    token: str, signature: OwnSignature, view: CampaignView, form: MessageForm, message: OwnMessage | None
) -> ResponseReturnValue:
    status = 200 if request.method == "GET" else 400 if form.errors else 409
    page = render_template(
        "public/own_message.html",
        campaign=view,
        signature=signature,
        token=token,
        form=form,
        errors=form.error_list(),
        message=message,
        sent=read_message_sent(),
        is_gone=request.args.get("saved") == "gone",
        hold_words=HOLDS,
        reason_words=DECLINE_REASONS,
    )
    return page, status
