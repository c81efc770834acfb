"""The words for values stored as keys: statuses, kinds of event, grades of source, actions in the audit log."""

from flask import Flask
from flask_babel import gettext as _


def init_words(app: Flask) -> None:
    """Give templates a filter for each kind of key."""
    app.jinja_env.filters.update(
        status_label=lambda key: statuses()[key],
        kind_label=lambda key: event_kinds()[key],
        grade_label=lambda key: grades()[key],
    )


def statuses() -> dict[str, str]:
    """Never a bare "free" or "in prison" for the statuses that are neither."""
    return {
        "unknown": _("Not known"),
        "detained": _("Detained"),
        "charged": _("Charged"),
        "on_trial": _("On trial"),
        "sentenced": _("Sentenced"),
        "imprisoned": _("In prison"),
        "furlough": _("On leave from prison"),
        "bail": _("Out on bail"),
        "released": _("Released"),
        "pardoned": _("Pardoned"),
        "rearrested": _("Arrested again"),
        "died": _("Died"),
    }


def event_kinds() -> dict[str, str]:
    return {
        "announcement": _("Announcement"),
        "appeal": _("Appeal"),
        "arrest": _("Arrest"),
        "award": _("Award"),
        "bail": _("Bail"),
        "charge": _("Charge"),
        "dismissal": _("Dismissal"),
        "furlough": _("Leave from prison"),
        "hunger_strike": _("Hunger strike"),
        "imprisonment": _("Imprisonment"),
        "incident": _("Incident"),
        "other": _("Other"),
        "pardon": _("Pardon"),
        "release": _("Release"),
        "sentence": _("Sentence"),
        "statement": _("Statement"),
        "trial": _("Trial"),
    }


def grades() -> dict[str, str]:
    return {
        "primary": _("rights body, court, news agency, broadcaster or newspaper"),
        "movement": _("union or movement channel"),
        "state": _("state or state-aligned medium"),
        "party": _("party medium"),
        "encyclopedia": _("encyclopedia"),
    }


def audit_actions() -> dict[str, str]:
    return {
        "downloaded_public_names": _("Downloaded the public names"),
        "downloaded_sealed_list": _("Downloaded the signature list"),
    }
