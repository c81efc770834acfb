"""The words for values stored as keys: statuses, kinds of event, grades of source, actions in the audit log."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from campaign.web.i18n import current_language
from campaign.web.public.countries import country_name


def init_words(app: Flask) -> None:
    """Give templates a filter for each kind of key."""
    app.jinja_env.filters.update(
        status_label=lambda key: str(STATUSES[key]),
        kind_label=lambda key: str(EVENT_KINDS[key]),
        grade_label=lambda key: str(GRADES[key]),
        role_label=lambda key: str(ROLE_LABELS[key]),
        country_name=lambda code: country_name(code, current_language()),
    )


# Never a bare "free" or "in prison" for the statuses that are neither.
STATUSES = {
    "unknown": _l("Not known"),
    "detained": _l("Detained"),
    "charged": _l("Charged"),
    "on_trial": _l("On trial"),
    "sentenced": _l("Sentenced"),
    "imprisoned": _l("In prison"),
    "furlough": _l("On leave from prison"),
    "bail": _l("Out on bail"),
    "released": _l("Released"),
    "pardoned": _l("Pardoned"),
    "rearrested": _l("Arrested again"),
    "died": _l("Died"),
}


EVENT_KINDS = {
    "announcement": _l("Announcement"),
    "appeal": _l("Appeal"),
    "arrest": _l("Arrest"),
    "award": _l("Award"),
    "bail": _l("Bail"),
    "charge": _l("Charge"),
    "dismissal": _l("Dismissal"),
    "furlough": _l("Leave from prison"),
    "hunger_strike": _l("Hunger strike"),
    "imprisonment": _l("Imprisonment"),
    "incident": _l("Incident"),
    "other": _l("Other"),
    "pardon": _l("Pardon"),
    "release": _l("Release"),
    "sentence": _l("Sentence"),
    "statement": _l("Statement"),
    "trial": _l("Trial"),
}


GRADES = {
    "primary": _l("rights body, court, news agency, broadcaster or newspaper"),
    "movement": _l("union or movement channel"),
    "state": _l("state or state-aligned medium"),
    "party": _l("party medium"),
    "encyclopedia": _l("encyclopedia"),
}


ROLE_LABELS = {
    "owner": _l("Owner"),
    "editor": _l("Editor"),
    "moderator": _l("Moderator"),
    "viewer": _l("Viewer"),
}


AUDIT_ACTIONS = {
    "added_holder": _l("Added a holder of the key"),
    "downloaded_public_names": _l("Downloaded the public names"),
    "downloaded_sealed_list": _l("Downloaded the signature list"),
    "made_key": _l("Made the key"),
    "made_paper_copy": _l("Made a paper copy of the key"),
    "pinned_key": _l("Pinned the database's key"),
    "removed_holder": _l("Removed a holder of the key"),
    "rotated_key": _l("Changed the key"),
    "tried_key": _l("Tried a phrase"),
}
