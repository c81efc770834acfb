"""What the desk's first page says about the key: to owners what is due, to editors that their phrase wants trying."""

from flask import request
from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.organizers.roles import is_at_least
from campaign.sealing.care import ROTATE_AFTER_DAYS, TRY_AFTER_DAYS, key_care
from campaign.web.i18n import localized_number
from campaign.web.key_changes import is_pinned
from campaign.web.organize.rules import may, this_account
from campaign.web.services import services


def key_reminders() -> dict[str, object]:
    """`key_is_other`: it is not the pinned one, so nobody can sign. `key_due`: sentences; `may_keep_keys`: who reads
    them may also do something about it."""
    care = key_care(db.session(), is_demo=services().config.is_demo, now=utc_now())
    is_other = care.key is not None and not is_pinned(care.key.public_key)
    due = []
    if may("owner"):
        if care.is_alone:
            due.append(gettext("The key has one holder and no paper copy: if that phrase is lost, so are all lists."))
        if care.has_lost_holder:
            due.append(gettext("A holder of the key was removed. They may have kept it, so change the key."))
        elif care.is_old:
            due.append(
                gettext("The key is more than %(days)s days old. Change it.", days=localized_number(ROTATE_AFTER_DAYS))
            )
    if care.untried and is_at_least(this_account().strongest_role, "editor"):
        names = ", ".join(f"\u2068{holder.name}\u2069" for holder in care.untried)
        due.append(
            gettext(
                "Not tried for %(days)s days: the phrase of %(names)s.",
                days=localized_number(TRY_AFTER_DAYS),
                names=names,
            )
        )
    return {
        "key_is_other": is_other,
        "key_due": due,
        "may_keep_keys": may("owner"),
        "may_try": bool(care.untried),
        "has_tried": request.args.get("done") == "tried",
    }
