"""Who is at the desk: of the whole site and of one campaign. Inviting, changing roles, removing."""

import uuid

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import ValidationError

from campaign.audit.actions import record
from campaign.campaigns.queries import all_campaigns
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.defence.mailboxes import invitations_used_up
from campaign.defence.rate_limits import INVITE_BY_MAILBOX, INVITE_BY_ORGANIZER, Limit
from campaign.organizers.actions import change_site_role, give_role, remove_organizer, take_role
from campaign.organizers.invitations import invite, open_invitations, take_back
from campaign.organizers.queries import Person, people
from campaign.web.i18n import current_language, localized_number
from campaign.web.organize.forms import EmptyForm, InviteForm, RemoveForm, RoleForm, mistakes
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.forms import FormError, checked_email, typed_in
from campaign.web.services import services

_Errors = list[FormError]
_TOO_MANY = {
    INVITE_BY_ORGANIZER.name: _l(
        "You have sent %(number)s invitations today, and that is all for one day. Go on tomorrow."
    ),
    INVITE_BY_MAILBOX.name: _l(
        "%(number)s invitations went to this address today, and no more go there before tomorrow. "
        "Ask them to look among unwanted mail."
    ),
}


@allowed("owner", step_up=True)
def site_people() -> ResponseReturnValue:
    """Everybody with an account, and what they may do."""
    return _site_page(InviteForm(formdata=None), [])


@allowed("owner", step_up=True)
def invite_to_site() -> ResponseReturnValue:
    """Mail somebody a link to join, with a role on the whole site."""
    form = InviteForm(typed_in())
    errors, status = _invited(form, campaign_id=None, subject="site")
    return _site_page(form, errors, status) if errors else redirect(url_for("organize.site_people"), 303)


@allowed("owner", step_up=True)
def take_back_invitation(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """End an invitation to the site."""
    _taken_back(invitation_id, campaign_id=None, subject="site")
    return redirect(url_for("organize.site_people"), 303)


@allowed("owner", step_up=True)
def change_role(organizer_id: uuid.UUID) -> ResponseReturnValue:
    """Change what somebody may do on the whole site."""
    form = RoleForm(typed_in())
    if not form.validate_on_submit():
        abort(400)
    person = _person(organizer_id)
    try:
        with transaction() as session:
            change_site_role(session, organizer_id, form.role.data or None)
            _record(session, "changed_role", person.login, form.role.data or "-")
    except Refused:
        return _site_page(InviteForm(formdata=None), [_last_owner()])
    gave_it_up = organizer_id == this_account().id and form.role.data != "owner"
    return redirect(url_for("organize.home" if gave_it_up else "organize.site_people"), 303)


@allowed("owner", step_up=True)
def remove_person(organizer_id: uuid.UUID) -> ResponseReturnValue:
    """Take an account away; an open tab of theirs is logged out with its next click."""
    form = RemoveForm(typed_in())
    is_sure, wrong_boxes = form.validate_on_submit(), mistakes(form)
    person = _person(organizer_id)
    if not is_sure:
        errors = [FormError(f"sure-{person.id.hex}", wrong.message) for wrong in wrong_boxes]
        return _site_page(InviteForm(formdata=None), errors)
    try:
        with transaction() as session:
            remove_organizer(session, organizer_id)
            _record(session, "removed_organizer", person.login)
    except Refused:
        return _site_page(InviteForm(formdata=None), [_last_owner()])
    return redirect(url_for("organize.site_people"), 303)


@allowed("owner", step_up=True)
def campaign_people(slug: str) -> ResponseReturnValue:
    """Who has a role in this campaign."""
    return _campaign_page(InviteForm(formdata=None), [])


@allowed("owner", step_up=True)
def invite_to_campaign(slug: str) -> ResponseReturnValue:
    """Mail somebody a link to join, with a role in this campaign only."""
    form = InviteForm(typed_in())
    errors, status = _invited(form, campaign_id=this_campaign().id, subject=slug)
    if errors:
        return _campaign_page(form, errors, status)
    return redirect(url_for("organize.campaign_people", slug=slug), 303)


@allowed("owner", step_up=True)
def take_back_campaign_invitation(slug: str, invitation_id: uuid.UUID) -> ResponseReturnValue:
    """End an invitation to this campaign."""
    _taken_back(invitation_id, campaign_id=this_campaign().id, subject=slug)
    return redirect(url_for("organize.campaign_people", slug=slug), 303)


@allowed("owner", step_up=True)
def change_campaign_role(slug: str, organizer_id: uuid.UUID) -> ResponseReturnValue:
    """Change what somebody may do in this campaign, beside their role on the whole site."""
    form, view = RoleForm(typed_in()), this_campaign()
    if not form.validate_on_submit():
        abort(400)
    person = _person(organizer_id)
    # Whoever owns one campaign does not see who else has an account.
    if person.role is None and view.id not in person.campaign_roles and this_account().role != "owner":
        abort(404)
    with transaction() as session:
        if form.role.data:
            give_role(session, organizer_id, campaign_id=view.id, role=form.role.data)
        else:
            take_role(session, organizer_id, campaign_id=view.id)
        _record(session, "changed_campaign_role", slug, f"{person.login}: {form.role.data or '-'}")
    mine = this_account()
    if organizer_id == mine.id and "owner" not in (mine.role, form.role.data):
        return redirect(url_for("organize.home"), 303)
    return redirect(url_for("organize.campaign_people", slug=slug), 303)


def _invited(form: InviteForm, *, campaign_id: uuid.UUID | None, subject: str) -> tuple[_Errors, int]:
    """What keeps the invitation from going out, and the status to say so with; nothing if it goes."""
    if not form.validate_on_submit():
        return mistakes(form), 400
    try:
        email = checked_email(form.email.data)
    except ValidationError as wrong:
        return _on_email(form, str(wrong)), 400
    used_up = invitations_used_up(services().rate_limits, this_account().id, email.typed, now=utc_now())
    if used_up:
        return _on_email(form, _said_of(used_up)), 429
    with transaction() as session:
        invite(
            session,
            email=email.typed,
            role=form.role.data or "",
            campaign_id=campaign_id,
            invited_by=this_account().id,
            inviter=this_account().login,
            language=current_language(),
            key=services().keyring.waiting,
            now=utc_now(),
        )
        _record(session, "invited", subject, form.role.data or "")
    return [], 200


def _on_email(form: InviteForm, wrong: str) -> _Errors:
    form.email.errors = [wrong]
    return [FormError(form.email.id, wrong)]


def _said_of(used_up: Limit) -> str:
    number, said = localized_number(used_up.hits), _TOO_MANY[used_up.name]
    return str(said) % {"number": number}


def _taken_back(invitation_id: uuid.UUID, *, campaign_id: uuid.UUID | None, subject: str) -> None:
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    with transaction() as session:
        if not take_back(session, invitation_id, campaign_id=campaign_id):
            abort(404)
        _record(session, "took_back_invitation", subject)


def _site_page(form: InviteForm, errors: _Errors, status: int = 400) -> ResponseReturnValue:
    titles = {view.id: view.title for view in all_campaigns(db.session(), current_language())}
    found = people(db.session())
    page = render_template(
        "organize/people.html",
        form=form,
        errors=errors,
        people=found,
        titles=titles,
        mine=this_account().id,
        invitations=open_invitations(db.session(), campaign_id=None, now=utc_now()),
        logins={person.id: person.login for person in found},
    )
    return page, status if errors else 200


def _campaign_page(form: InviteForm, errors: _Errors, status: int = 400) -> ResponseReturnValue:
    view, found = this_campaign(), people(db.session())
    is_site_owner = this_account().role == "owner"
    page = render_template(
        "organize/campaign_people.html",
        form=form,
        errors=errors,
        campaign=view,
        people=[person for person in found if is_site_owner or person.role or view.id in person.campaign_roles],
        invitations=open_invitations(db.session(), campaign_id=view.id, now=utc_now()),
        logins={person.id: person.login for person in found},
    )
    return page, status if errors else 200


def _person(organizer_id: uuid.UUID) -> Person:
    found = next((person for person in people(db.session()) if person.id == organizer_id), None)
    if found is None:
        abort(404)
    return found


def _last_owner() -> FormError:
    return FormError("people", gettext("Somebody has to own the site. Make somebody else an owner first."))


def _record(session: Session, action: str, subject: str, why: str = "") -> None:
    record(session, organizer_id=this_account().id, action=action, subject=subject, why=why, now=utc_now())
