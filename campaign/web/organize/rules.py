"""Who may open what at the desk: every view carries a rule, and a view without one is shut.

A campaign in which somebody has no role does not exist for them (404); what their role does not reach is refused (403).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import abort, current_app, g, request, url_for
from flask_babel import gettext
from flask_login import current_user

from campaign.campaigns.queries import CampaignView, campaign_by_slug
from campaign.core.db import db
from campaign.organizers.queries import Account
from campaign.organizers.roles import is_at_least
from campaign.organizers.sessions import OpenSession
from campaign.web.i18n import current_language
from campaign.web.late_views import LateView

View = TypeVar("View", bound=Callable[..., object])
_RULE = "desk_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """`role` is the least that is needed: in the campaign whose slug is part of the address, else on the whole site.

    `is_anywhere`: a role in one campaign is enough. `needs_factor`: the second factor must have been shown within the
    last ten minutes. A rule without a role is for everybody with an account, before they have shown their factor too if
    it `is_before_factor`; one that `is_before_login` for whoever comes.
    """

    role: str | None
    is_anywhere: bool = False
    needs_factor: bool = False
    is_before_factor: bool = False
    is_before_login: bool = False


def allowed(role: str, *, anywhere: bool = False, step_up: bool = False) -> Callable[[View], View]:
    """The rule of a view."""
    return _marked(Rule(role, anywhere, step_up))


def for_anybody(view: View) -> View:
    """The rule of a view that is there before login."""
    return _marked(Rule(None, is_before_login=True))(view)


def for_any_organizer(*, step_up: bool = False, before_factor: bool = False) -> Callable[[View], View]:
    """The rule of a view about one's own account."""
    return _marked(Rule(None, needs_factor=step_up, is_before_factor=before_factor))


def rule_of(endpoint: str | None) -> Rule | None:
    """The rule of an endpoint, if it has one."""
    late = current_app.view_functions.get(endpoint or "")
    return getattr(late.view, _RULE, None) if isinstance(late, LateView) else None


def require_role(rule: Rule) -> None:
    """Refuse the request unless the organizer's role reaches."""
    if rule.role is None:
        return
    account = this_account()
    slug = (request.view_args or {}).get("slug")
    if slug is not None:
        found = campaign_by_slug(db.session(), slug, current_language(), drafts=True)
        role = account.role_in(found.id)
        if role is None:
            abort(404)
        g.desk_campaign = found
    else:
        role = account.strongest_role if rule.is_anywhere else account.role
    if not is_at_least(role, rule.role):
        abort(403)


def this_account() -> Account:
    """The organizer who is logged in."""
    found: Account = current_user.account
    return found


def this_session() -> OpenSession:
    """The session that this request belongs to."""
    found: OpenSession = current_user.session
    return found


def this_campaign() -> CampaignView:
    """The campaign whose slug is part of the address, which this organizer may see."""
    found: CampaignView = g.desk_campaign
    return found


def may(role: str) -> bool:
    """Whether this organizer has at least that role: in this campaign, or on the site where there is none."""
    campaign, account = g.get("desk_campaign"), this_account()
    return is_at_least(account.role if campaign is None else account.role_in(campaign.id), role)


def _marked(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _RULE, rule)
        return view

    return mark


@dataclass(frozen=True, slots=True)
class Place:
    """A link at the head of every page of the desk."""

    label: str
    address: str
    is_current: bool


def desk_places() -> list[Place]:
    """Where this organizer may go, beside the campaigns; nowhere before they have shown their second factor."""
    if not current_user.is_authenticated or this_session().factor_at is None:
        return []
    is_owner = is_at_least(this_account().role, "owner")
    of_owners = [
        ("organize.site_people", gettext("People")),
        ("organize.keys", gettext("Keys")),
        ("organize.audit", gettext("What was done")),
    ]
    places = of_owners if is_owner else []
    if is_at_least(this_account().strongest_role, "moderator"):
        places = [("organize.moderation", gettext("What people sent in")), *places]
    return [
        Place(label, url_for(endpoint), request.endpoint == endpoint)
        for endpoint, label in [*places, ("organize.account", gettext("Your account"))]
    ]
