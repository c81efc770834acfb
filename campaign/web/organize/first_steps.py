"""The way of a new site from its first account to its first signature, as far as it has come.

Each step says what is to be done next, so that nobody has to read anything else to begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from campaign.campaigns.queries import CampaignView, is_named
from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.counting.queries import signature_counts
from campaign.organizers.invitations import open_invitations
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
    opened = [view for view in views if view.state == "open" and not view.is_hidden]
    counts = signature_counts(db.session())
    steps = [
        Step(gettext("Make an account"), gettext("You are logged in with it."), is_done=True),
        _key_step(),
        _name_step(),
        _second_step(),
        _campaign_step(is_done=bool(views)),
        _open_step(views, is_done=bool(opened)),
        _sign_step(opened, has_signature=any(count.total for count in counts.values())),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _key_step() -> Step:
    return Step(
        gettext("Make the key"),
        gettext(
            "Signatures are sealed to a key; its phrase stays with you. Have paper and a second person at hand: "
            "without the phrase nobody can ever read who signed."
        ),
        current_epoch(db.session(), is_demo=services().config.is_demo) is not None,
        link=url_for("organize.new_key"),
        link_text=gettext("Make the key in this browser"),
    )


def _name_step() -> Step:
    return Step(
        gettext("Name the site"),
        gettext(
            "Its name and languages stand in the file “site.toml”; the folder “seeds” has one to copy into a folder of "
            "your own. Every campaign is written first in the language named first. This loads it:"
        ),
        is_named(db.session()),
        command="campaign seed FOLDER",
    )


def _second_step() -> Step:
    is_invited = bool(open_invitations(db.session(), campaign_id=None, now=utc_now()))
    return Step(
        gettext("Bring a second person"),
        gettext("An invitation is out. Its link is good for seven days.")
        if is_invited
        else gettext(
            "Nobody publishes what they wrote, and nobody opens a campaign they began: somebody else does, with an "
            "account of their own."
        ),
        len(logins(db.session())) > 1,
        link=url_for("organize.site_people"),
        link_text=gettext("To the people") if is_invited else gettext("Invite somebody"),
    )


def _campaign_step(*, is_done: bool) -> Step:
    return Step(
        gettext("Write a campaign"),
        gettext(
            "Here, as a draft; or as files that a translator can edit: the folder “seeds” holds three to learn from, "
            "and the command names file and line of what is wrong."
        ),
        is_done,
        command="campaign seed FOLDER",
        link=url_for("organize.new_campaign"),
        link_text=gettext("Begin a campaign"),
    )


def _open_step(views: Sequence[CampaignView], *, is_done: bool) -> Step:
    drafts = [view for view in views if view.state == "draft"]
    return Step(
        gettext("Open it"),
        gettext(
            "Only organizers see a draft. The second person reviews and publishes its text in every language, and then "
            "opens it."
        ),
        is_done,
        link=url_for("organize.campaign_state", slug=drafts[0].slug) if drafts else "",
        link_text=gettext("To the draft") if drafts else "",
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
