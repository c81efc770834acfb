"""The queue: what people sent in over all campaigns that somebody may moderate, and what is decided about it."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.audit.actions import record
from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.conversation.moderation import REASONS, Changed, Held, Moderator, OwnWords, decide, undo
from campaign.conversation.own_addresses import own_addresses, own_tags, set_own_addresses
from campaign.conversation.queue import LISTED_STATES, Item, decided_together, queue_page, waiting_counts
from campaign.core.clock import utc_now
from campaign.core.db import db, forget_deleted, transaction
from campaign.core.errors import SealingError
from campaign.organizers.queries import logins
from campaign.organizers.reminders import address_of
from campaign.organizers.roles import is_at_least
from campaign.signing.canonical_email import read_email
from campaign.web.i18n import current_language
from campaign.web.organize.forms import EmptyForm
from campaign.web.organize.moderation_forms import DeedForm, OwnAddressesForm
from campaign.web.organize.rules import allowed, this_account
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services
from campaign.web.words import AUDIENCES, DECLINE_REASONS, HOLDS


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item with the words for it. `is_same_host`: the contact's address belongs to the website's host, or None."""

    item: Item
    campaign: CampaignView
    decided_by: str | None
    is_ticked: bool
    is_looked: bool
    is_same_host: bool | None


@allowed("moderator", anywhere=True)
def moderation() -> ResponseReturnValue:
    """What waits, or what was approved or declined."""
    return _page(DeedForm(formdata=None))


@allowed("moderator", anywhere=True)
def decide_submissions() -> ResponseReturnValue:
    """Do one thing to all that is ticked, or to nothing."""
    form, now, key = DeedForm(typed_in()), utc_now(), services().keyring.waiting
    is_valid = form.validate_on_submit()
    if form.csrf_token.errors:
        abort(400)
    if not own_addresses(db.session(), this_account().id, keyring=services().keyring):
        return redirect(url_for("organize.name_own_addresses"), 303)
    if not is_valid:
        return _page(form, status=400)
    who = moderator()
    try:
        with transaction() as session:
            decision = decide(session, who, form.clean_items, form.given(), key=key, now=now)
    except (Changed, OwnWords, Held, SealingError) as refused:
        return _page(form, _why_not(refused), status=409)
    # What was taken down is to be gone from the disk too.
    forget_deleted(db.engine)
    return redirect(url_for("organize.moderation", **_filters(), decided=decision), 303)


@allowed("moderator", anywhere=True)
def undo_decision() -> ResponseReturnValue:
    """Put back what was decided together."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    try:
        decision_id = uuid.UUID(request.form.get("decision", ""))
        with transaction() as session:
            undo(session, moderator(), decision_id, key=services().keyring.waiting, now=utc_now())
    except (ValueError, Changed, OwnWords):
        return _page(
            DeedForm(formdata=None),
            gettext("This cannot be undone as a whole any more. Look under “approved” and “declined”."),
            status=409,
        )
    forget_deleted(db.engine)
    return redirect(url_for("organize.moderation"), 303)


@allowed("moderator", anywhere=True)
def name_own_addresses() -> ResponseReturnValue:
    """Name the addresses one signs with, so that the desk knows one's own words."""
    form = OwnAddressesForm(typed_in())
    known = len(own_addresses(db.session(), this_account().id, keyring=services().keyring))
    is_valid = request.method == "POST" and form.validate_on_submit()
    if request.method == "POST" and form.csrf_token.errors:
        abort(400)
    if not is_valid:
        errors = [FormError(field.id, str(message)) for field in form for message in field.errors]
        page = render_template("organize/own_addresses.html", form=form, errors=errors, known=known)
        return page, 400 if errors else 200
    account, now = this_account(), utc_now()
    with transaction() as session:
        set_own_addresses(session, account.id, form.clean_addresses, keyring=services().keyring)
        record(session, organizer_id=account.id, action="named_own_addresses", subject=account.login, now=now)
    return redirect(url_for("organize.moderation"), 303)


def moderator() -> Moderator:
    """This organizer, with the campaigns they may moderate and what their own addresses look like there."""
    account, keyring = this_account(), services().keyring
    mine = {view.id: view.slug for view in _campaigns()}
    own = own_addresses(db.session(), account.id, keyring=keyring)
    # Where they get reminders is theirs too, whether they have named it or not.
    reminded = address_of(db.session(), account.id, key=keyring.waiting)
    if reminded is not None:
        own = (*own, read_email(reminded).canonical)
    return Moderator(account.id, mine, own_tags(own, mine, keyring=keyring))


def shown_items(items: tuple[Item, ...], form: DeedForm | None = None) -> list[ShownItem]:
    """Items with the words for them, ticked as they were sent."""
    views, names = {view.id: view for view in _campaigns()}, logins(db.session())
    ticked = set(form.item.data or []) if form else set()
    looked = set(form.looked.data or []) if form else set()
    return [
        ShownItem(
            item,
            views[item.campaign_id],
            names.get(item.decided_by) if item.decided_by else None,
            item.id.hex in ticked,
            item.id.hex in looked,
            _is_same_host(item),
        )
        for item in items
    ]


def _page(form: DeedForm, problem: str = "", *, status: int = 200) -> ResponseReturnValue:
    session, who, chosen = db.session(), moderator(), _filters()
    mine = [view for view in _campaigns() if chosen["campaign"] in ("", view.slug)]
    page = queue_page(
        session,
        who,
        state=chosen["state"],
        campaign_ids=[view.id for view in mine],
        key=services().keyring.waiting,
        after=request.args.get("after"),
    )
    decision = _decision()
    content = render_template(
        "organize/moderation.html",
        items=shown_items(page.items, form),
        next_page=url_for("organize.moderation", **chosen, after=page.next_cursor) if page.next_cursor else None,
        is_first_page="after" not in request.args,
        campaigns=_campaigns(),
        chosen=chosen,
        waiting=sum(waiting_counts(session, who.campaigns).values()),
        has_named=bool(own_addresses(session, this_account().id, keyring=services().keyring)),
        decision=decision,
        decided=decided_together(session, who, decision) if decision else 0,
        form=form,
        # On a page without items there is nothing to mend.
        errors=[FormError(field.id, str(message)) for field in form for message in field.errors if page.items],
        problem=problem,
        reasons=[(name, DECLINE_REASONS[name]) for name in REASONS],
        reason_words=DECLINE_REASONS,
        hold_words=HOLDS,
        audience_words=AUDIENCES,
    )
    return content, status


def _why_not(refused: Exception) -> str:
    """Why nothing was decided."""
    if isinstance(refused, OwnWords):
        said = gettext("You wrote one of these, so somebody else has to decide. Nothing was done.")
    elif isinstance(refused, Held):
        said = gettext("One of these is held back. Tick below its text that you have looked at it. Nothing was done.")
    elif isinstance(refused, SealingError):
        said = gettext("One of these cannot be opened, so nobody has read it: decline it. Nothing was done.")
    else:
        said = gettext(
            "Some of these are not here any more, or somebody decided meanwhile. Nothing was done; look again."
        )
    return str(said)


def _campaigns() -> list[CampaignView]:
    return [
        view
        for view in all_campaigns(db.session(), current_language())
        if is_at_least(this_account().role_in(view.id), "moderator")
    ]


def _filters() -> dict[str, Any]:
    """What the page shows, from its address; a form is sent to the address it stands at."""
    state, slug = request.args.get("state"), request.args.get("campaign", "")
    is_mine = any(view.slug == slug for view in _campaigns())
    return {"state": state if state in LISTED_STATES else "waiting", "campaign": slug if is_mine else ""}


def _decision() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get("decided", ""))
    except ValueError:
        return None


def _is_same_host(item: Item) -> bool | None:
    if item.opened is None or not item.opened.email or not item.opened.url:
        return None
    host, domain = urlsplit(item.opened.url).hostname or "", item.opened.email.rpartition("@")[2].lower()
    return host == domain or host.endswith(f".{domain}") or domain.endswith(f".{host.removeprefix('www.')}")
