"""Pages for somebody who has signed: ask for a link, see what is stored, change or erase it."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import all_campaigns, campaign_by_id
from campaign.conversation.messages import own_message
from campaign.core.clock import utc_now
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import NotFound
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from campaign.signing.actions import ask_for_links
from campaign.signing.queries import signature_to_manage
from campaign.signing.self_service import leave_updates, set_public_name, withdraw
from campaign.web.editions import published
from campaign.web.guards import require_own_origin
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language
from campaign.web.public.changes import signed_text
from campaign.web.public.flood import let_ask_for_links, shown_again
from campaign.web.public.forms import MANAGE_ACTIONS, EmailForm, ManageForm, typed_in
from campaign.web.public.views import bad_link
from campaign.web.public.views import blueprint as blueprint
from campaign.web.services import services


@blueprint.get("/<language:lang>/manage")
@cacheable
def manage_ask() -> ResponseReturnValue:
    """Ask for a link to one's own signatures."""
    return render_template("public/manage_ask.html", form=EmailForm(formdata=None), errors=[])


@blueprint.post("/<language:lang>/manage")
def send_manage_links() -> ResponseReturnValue:
    """The same answer whether the address has signed or not."""
    require_own_origin()
    form = EmailForm(typed_in())
    if not form.validate():
        return render_template("public/manage_ask.html", form=form, errors=form.error_list()), 400
    now = utc_now()
    passage = let_ask_for_links(form, now=now)
    if passage is None:
        return shown_again(render_template("public/manage_ask.html", form=form, errors=[]), form)
    # Also those taken down: whoever signed one may still see and withdraw.
    campaigns = published(all_campaigns, current_language())
    with transaction() as session:
        ask_for_links(
            session,
            campaigns=campaigns,
            email=form.clean_email,
            language=current_language(),
            keyring=services().keyring,
            now=now,
            mail_at=passage.mail_at,
        )
    next_page = "public.manage_sent_later" if passage.is_held else "public.manage_sent"
    return redirect(url_for(next_page, lang=current_language()), 303)


@blueprint.get("/<language:lang>/manage/sent")
@cacheable
def manage_sent() -> ResponseReturnValue:
    """A link is on its way, if there is anything to manage."""
    return render_template("public/manage_sent.html", hours_held=None)


@blueprint.get("/<language:lang>/manage/sent-later")
@cacheable
def manage_sent_later() -> ResponseReturnValue:
    """The same, where the mail waits because too many asked at once."""
    return render_template("public/manage_sent.html", hours_held=LONGEST_HOLD_HOURS)


@blueprint.get("/<language:lang>/manage/withdrawn")
@cacheable
def withdrawn() -> ResponseReturnValue:
    """The signature is erased."""
    return render_template("public/withdrawn.html")


@blueprint.get("/<language:lang>/manage/<token>")
def manage(token: str) -> ResponseReturnValue:
    """What is stored about one signature, and what its owner may do."""
    return _manage_page(token, ManageForm(formdata=None))


@blueprint.post("/<language:lang>/manage/<token>")
def change(token: str) -> ResponseReturnValue:
    """Change the public name, leave updates, or withdraw."""
    require_own_origin()
    form = ManageForm(typed_in())
    if form.action.data not in MANAGE_ACTIONS:
        abort(400)
    if not form.validate():
        return _manage_page(token, form, status=400)
    now, action = utc_now(), form.action.data
    try:
        with transaction() as session:
            if action == "withdraw":
                withdraw(session, token=token, now=now)
            elif action == "updates_off":
                leave_updates(session, token=token, now=now)
            else:
                set_public_name(session, token=token, public_name=form.clean_public_name, now=now)
    except NotFound:
        return bad_link()
    # A name that was hidden or changed must be gone from the disk too, not only from the page.
    forget_deleted(db.engine)
    if action == "withdraw":
        return redirect(url_for("public.withdrawn", lang=current_language()), 303)
    saved = "updates" if action == "updates_off" else "name"
    return redirect(url_for("public.manage", lang=current_language(), token=token, saved=saved), 303)


def _manage_page(token: str, form: ManageForm, *, status: int = 200) -> ResponseReturnValue:
    try:
        signature = signature_to_manage(db.session(), token=token, now=utc_now())
    except NotFound:
        return bad_link()
    view = published(campaign_by_id, signature.campaign_id, current_language())
    saved = request.args.get("saved")
    page = render_template(
        "public/manage.html",
        campaign=view,
        signature=signature,
        signed_text=signed_text(signature, view),
        message=own_message(db.session(), token=token, key=services().keyring.waiting, now=utc_now()),
        token=token,
        form=form,
        errors=form.error_list(),
        saved=saved if saved in ("name", "updates") else None,
    )
    return page, status
