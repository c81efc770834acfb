"""The way of a new site from its first account to its first signature, as far as it has come.

Each step says what is to be done next, so that nobody has to read anything else to begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from campaign.campaigns.queries import CampaignView
from campaign.core.db import db
from campaign.counting.queries import signature_counts
from campaign.organizers.queries import logins
from campaign.sealing.queries import current_epoch
from campaign.web.i18n import current_language
from campaign.web.services import services


@dataclass(frozen=True, slots=True)
class Step:
    """`command` is to be run on the site's machine; `link` leads to where it is done with a browser."""

    title: str
    text: str
    is_done: bool
    command: str = ""
    link: str = ""
    link_text: str = ""


def first_steps(views: Sequence[CampaignView]) -> list[Step]:
    """All steps of a new site in their order; empty once everything is done."""
    is_demo = services().config.is_demo
    opened = [view for view in views if view.state == "open" and not view.is_hidden]
    counts = signature_counts(db.session())
    steps = [
        _account_step(),
        Step(
            gettext("Make the key"),
            gettext(
                "Signatures are sealed to a key; its phrase stays with you. Have paper and a second person at hand: "
                "without the phrase nobody can ever read who signed."
            ),
            current_epoch(db.session(), is_demo=is_demo) is not None,
            link=url_for("organize.new_key"),
            link_text=gettext("Make the key in this browser"),
        ),
        Step(
            gettext("Write a campaign"),
            gettext(
                "Campaigns are files that a translator can edit. The folder “seeds” holds three to learn from; this "
                "loads them, and names file and line of what is wrong."
            ),
            bool(views),
            command="campaign seed",
        ),
        _open_step(opened),
        Step(
            gettext("Bring a second person"),
            gettext("Somebody who can go on when you cannot: with an account of their own, never with yours."),
            len(logins(db.session())) > 1,
            link=url_for("organize.site_people"),
            link_text=gettext("Invite somebody"),
        ),
        _sign_step(opened, has_signature=any(count.total for count in counts.values())),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _account_step() -> Step:
    return Step(gettext("Make an account"), gettext("You are logged in with it."), is_done=True)


def _open_step(opened: Sequence[CampaignView]) -> Step:
    return Step(
        gettext("Open it"),
        gettext(
            'A campaign can be signed when its file says state = "open". Read its page once more in every language '
            "before you load it again."
        ),
        bool(opened),
        command="campaign seed",
    )


def _sign_step(opened: Sequence[CampaignView], *, has_signature: bool) -> Step:
    link = url_for("public.campaign", lang=current_language(), slug=opened[0].slug) if opened else ""
    return Step(
        gettext("Sign it yourself"),
        gettext("You see the whole way: the form, the mail, the button, the count. If no mail comes, look below."),
        has_signature,
        link=link,
        link_text=gettext("To the public page") if link else "",
    )
