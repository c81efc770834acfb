"""What becomes of a form when too many come at once: its browser is asked to work, or its mail waits in line.

Nothing is dropped unsaid, and what is said depends on the network and the campaign, never on the address in the form:
whoever asks learns nothing about it. A form that is shown again is shown as it was filled in.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from flask import request
from werkzeug.exceptions import TooManyRequests

from campaign.core.clock import utc_now
from campaign.core.db import unseen_transaction
from campaign.core.tokens import token_digest
from campaign.defence.networks import is_this_machine, network_of
from campaign.defence.proof_of_work import use_up
from campaign.defence.rate_limits import (
    BAD_LINK_BY_NETWORK,
    ENDORSE_BY_CAMPAIGN,
    ENDORSE_BY_NETWORK,
    LETTER_BY_CAMPAIGN,
    LETTER_BY_NETWORK,
    MANAGE_BY_NETWORK,
    MESSAGE_BY_SIGNATURE,
    SIGN_BY_CAMPAIGN,
    SIGN_BY_NETWORK,
    Limit,
)
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS, join_line
from campaign.web.headers import allow
from campaign.web.public.forms import AnonymousForm, Question, typed_in
from campaign.web.services import services

log = logging.getLogger("campaign.web")
Counted = tuple[Limit, bytes]


@dataclass(frozen=True, slots=True)
class Passage:
    """A form that gets through. Its mail goes out at `mail_at`: at once, or later if it `is_held`."""

    mail_at: datetime
    is_held: bool = False


def let_sign(form: AnonymousForm, campaign_id: uuid.UUID, *, now: datetime) -> Passage | None:
    """Count a signature; None if the form must be shown again, with the question that is now on it."""
    counted = [*_by_network(SIGN_BY_NETWORK), (SIGN_BY_CAMPAIGN, campaign_id.bytes)]
    return _let(form, f"sign {campaign_id.hex}", counted, now)


def let_ask_for_links(form: AnonymousForm, *, now: datetime) -> Passage | None:
    """The same for somebody who wants to manage their signatures."""
    return _let(form, "manage", _by_network(MANAGE_BY_NETWORK), now)


def let_endorse(form: AnonymousForm, campaign_id: uuid.UUID, *, now: datetime) -> Passage | None:
    """The same for an organization."""
    counted = [*_by_network(ENDORSE_BY_NETWORK), (ENDORSE_BY_CAMPAIGN, campaign_id.bytes)]
    return _let(form, f"endorse {campaign_id.hex}", counted, now)


def count_message(token: str) -> None:
    """Raise TooManyRequests if whoever has this link sends message after message. Taking one back is not counted."""
    _refuse_too_many([(MESSAGE_BY_SIGNATURE, token_digest(token))])


def count_bad_link() -> None:
    """Raise TooManyRequests if a network tries link after link. Links that work are not counted, and go on working."""
    _refuse_too_many(_by_network(BAD_LINK_BY_NETWORK))


def count_letter_sent(campaign_id: uuid.UUID) -> None:
    """Raise TooManyRequests if a network, or all of them for one campaign, say too often that a letter was sent."""
    _refuse_too_many([*_by_network(LETTER_BY_NETWORK), (LETTER_BY_CAMPAIGN, campaign_id.bytes)])


def _refuse_too_many(counted: list[Counted]) -> None:
    now, limits = utc_now(), services().rate_limits
    for limit, what in counted:
        if not limits.allows(limit, what, now=now):
            raise TooManyRequests(retry_after=limits.seconds_to_wait(limit, now=now))


def shown_again(page: str, form: AnonymousForm) -> tuple[str, int, dict[str, str]]:
    """The page of a form that was not taken, with the status that says why."""
    if form.question:
        return page, 429, {"Retry-After": str(form.question.seconds_to_wait)}
    # Neither a question nor a mistake: things have changed since the form was opened.
    return page, 400 if form.errors else 409, {}


def _let(form: AnonymousForm, purpose: str, counted: list[Counted], now: datetime) -> Passage | None:
    limits = services().rate_limits
    over = [(limit, what) for limit, what in counted if not limits.allows(limit, what, now=now)]
    if not over:
        return Passage(now)
    sent = typed_in()
    if _has_worked(sent.get("altcha", ""), purpose):
        return Passage(now)
    # The form has been shown with its question, and comes back without a solution.
    was_asked = "asked" in sent
    if was_asked and (mail_at := _place_in_line(over, now)):
        return Passage(mail_at, is_held=True)
    wait = max(limits.seconds_to_wait(limit, now=now) for limit, _ in over)
    task = services().proof_of_work.task(purpose, now=now)
    form.question = Question(task, LONGEST_HOLD_HOURS, is_line_full=was_asked, seconds_to_wait=wait)
    # The browser works in a thread of its own, from a file of ours.
    allow(worker_src="'self'")
    return None


def _has_worked(solution: str, purpose: str) -> bool:
    solved = services().proof_of_work.check(solution, purpose) if solution else None
    if solved is None:
        return False
    with unseen_transaction() as session:
        return use_up(session, solved)


def _place_in_line(over: list[Counted], now: datetime) -> datetime | None:
    """When the mail may leave by each line that it has to wait in; None if one of them is full."""
    limits = services().rate_limits
    lines = [(limits.tag("line", limit.name, what, now=now), limit.held_a_minute) for limit, what in over]
    with unseen_transaction() as session:
        places = [join_line(session, tag, a_minute=pace, now=now) for tag, pace in lines]
    return max(place for place in places if place) if all(places) else None


def _by_network(limit: Limit) -> list[Counted]:
    """The limit for the network this request came from; none if it came from this machine.

    That is a tool of whoever runs the site, or an onion service: everybody who comes through it would be one network.
    """
    address = request.remote_addr or ""
    if not is_this_machine(address):
        return [(limit, network_of(address))]
    if "X-Forwarded-For" in request.headers and not services().config.trusted_proxies:
        _warn_of_proxy()
    return []


@cache
def _warn_of_proxy() -> None:
    log.warning("a proxy on this machine is in front, but CAMPAIGN_TRUSTED_PROXIES is 0: networks are not told apart")
