"""Joining by the link of an invitation: with a new account, or with the one that somebody is logged in to."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from campaign.audit.actions import record
from campaign.campaigns.queries import CampaignView, campaign_by_id
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.organizers.actions import password_hash
from campaign.organizers.invitations import OpenInvitation, accept, accept_with_account, invitation, may_already
from campaign.web.i18n import current_language
from campaign.web.organize.forms import EmptyForm, JoinForm, mistakes
from campaign.web.organize.login import begin_session
from campaign.web.organize.rules import for_anybody, this_account, this_session
from campaign.web.public.flood import count_bad_link
from campaign.web.public.forms import FormError, typed_in


@for_anybody
def join(token: str) -> ResponseReturnValue:
    """Choose a login and a password, and the second factor comes next; or add the role to the account there is."""
    try:
        found = invitation(db.session(), token, now=utc_now())
        return _with_account(found, token) if current_user.is_authenticated else _with_new_account(found, token)
    except NotFound:
        count_bad_link()
        return render_template("organize/no_invitation.html"), 404


def _with_new_account(found: OpenInvitation, token: str) -> ResponseReturnValue:
    form = JoinForm(typed_in())
    if request.method == "GET" or not form.validate_on_submit():
        return _page(form, found, mistakes(form))
    db.session.rollback()
    hashed, login = password_hash(form.password.data or ""), form.login.data or ""
    try:
        with transaction() as session:
            made = accept(session, token, login=login, stored_password=hashed, now=utc_now())
            record(session, organizer_id=made, action="joined", subject=login, now=utc_now())
    except Refused:
        return _page(form, found, [FormError(form.login.id, gettext("Somebody has this login. Choose another one."))])
    begin_session(made)
    return redirect(url_for("organize.home"), 303)


def _with_account(found: OpenInvitation, token: str) -> ResponseReturnValue:
    if this_session().factor_at is None:
        return redirect(url_for("organize.factor", next=request.path), 303)
    form, mine, view = EmptyForm(typed_in()), this_account(), _campaign(found)
    can_already = may_already(mine, found)
    if can_already or not form.validate_on_submit():
        said = {"role": found.role, "campaign": view, "login": mine.login, "can_already": can_already}
        page = render_template("organize/join_with_account.html", form=form, **said)
        return page, 200 if request.method == "GET" else 400
    with transaction() as session:
        taken = accept_with_account(session, token, mine.id, now=utc_now())
        where, why = view.slug if view else "site", f"{mine.login}: {taken.role}"
        record(session, organizer_id=mine.id, action="accepted_invitation", subject=where, why=why, now=utc_now())
    return redirect(url_for("organize.campaign", slug=view.slug) if view else url_for("organize.home"), 303)


def _page(form: JoinForm, found: OpenInvitation, errors: list[FormError]) -> ResponseReturnValue:
    page = render_template(
        "organize/join.html", form=form, errors=errors, role=found.role, campaign=_campaign(found), here=request.path
    )
    return page, 400 if errors else 200


def _campaign(found: OpenInvitation) -> CampaignView | None:
    return campaign_by_id(db.session(), found.campaign_id, current_language()) if found.campaign_id else None
