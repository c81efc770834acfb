"""Joining by the link of an invitation."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.audit.actions import record
from campaign.campaigns.queries import campaign_by_id
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.organizers.actions import password_hash
from campaign.organizers.invitations import OpenInvitation, accept, invitation
from campaign.web.i18n import current_language
from campaign.web.organize.blueprint import blueprint
from campaign.web.organize.forms import JoinForm, mistakes
from campaign.web.organize.login import begin_session
from campaign.web.organize.rules import for_anybody
from campaign.web.public.flood import count_bad_link
from campaign.web.public.forms import FormError, typed_in


@blueprint.route("/join/<token>", methods=["GET", "POST"])
@for_anybody
def join(token: str) -> ResponseReturnValue:
    """Choose a login and a password; the second factor comes next."""
    form = JoinForm(typed_in())
    try:
        found = invitation(db.session(), token, now=utc_now())
        if request.method == "GET" or not form.validate_on_submit():
            return _page(form, found, mistakes(form))
        return _joined(form, found, token)
    except NotFound:
        count_bad_link()
        return render_template("organize/no_invitation.html"), 404


def _joined(form: JoinForm, found: OpenInvitation, token: str) -> ResponseReturnValue:
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


def _page(form: JoinForm, found: OpenInvitation, errors: list[FormError]) -> ResponseReturnValue:
    view = campaign_by_id(db.session(), found.campaign_id, current_language()) if found.campaign_id else None
    page = render_template("organize/join.html", form=form, errors=errors, role=found.role, campaign=view)
    return page, 400 if errors else 200
