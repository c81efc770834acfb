"""The words for values stored as keys: statuses, kinds of event, grades of source, actions in the audit log."""

from typing import Any, NamedTuple

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
        text_place=lambda key: str(TEXT_PLACES[key]),
        particular_label=lambda key: str(PARTICULARS[key]),
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
    "other": _l("Event"),
    "pardon": _l("Pardon"),
    "release": _l("Release"),
    "sentence": _l("Sentence"),
    "statement": _l("Statement"),
    "trial": _l("Trial"),
}


GRADES = {
    "primary": _l("rights body, court, news agency, broadcaster or newspaper"),
    "movement": _l("union, movement or campaign"),
    "state": _l("state or state-aligned medium"),
    "party": _l("party medium"),
    "encyclopedia": _l("encyclopedia"),
    "mirror": _l("copy on another site"),
}


# What is said of a person in a sentence or two, as questions a reader has.
PARTICULARS = {
    "who": _l("Who this is"),
    "charges": _l("Charges and convictions"),
    "place": _l("Place of detention"),
    "since": _l("Since when"),
}


ROLE_LABELS = {
    "owner": _l("Owner"),
    "editor": _l("Editor"),
    "moderator": _l("Moderator"),
    "viewer": _l("Viewer"),
}


AUDIT_ACTIONS = {
    "added_organizer": _l("Made an account"),
    "added_passkey": _l("Added a passkey"),
    "added_totp": _l("Set up an authenticator app"),
    "changed_campaign_role": _l("Changed a role in a campaign"),
    "changed_password": _l("Changed the password"),
    "changed_role": _l("Changed a role"),
    "invited": _l("Invited somebody"),
    "joined": _l("Joined by invitation"),
    "made_recovery_codes": _l("Made recovery codes"),
    "removed_organizer": _l("Removed somebody"),
    "removed_passkey": _l("Removed a passkey"),
    "removed_totp": _l("Removed an authenticator app"),
    "reset_factors": _l("Let somebody set up a new second factor"),
    "took_back_invitation": _l("Took an invitation back"),
    "added_holder": _l("Added a holder of the key"),
    "adopted_keys": _l("Accepted other key files as the site's own"),
    "approved_paper_batch": _l("Approved a paper batch"),
    "corrected_paper_batch": _l("Corrected a paper batch"),
    "counted_again": _l("Counted all signatures again"),
    "downloaded_audit_log": _l("Downloaded this log"),
    "downloaded_public_names": _l("Downloaded the public names"),
    "downloaded_sealed_list": _l("Downloaded the signature list"),
    "entered_paper_batch": _l("Entered a paper batch"),
    "imported_paper_rows": _l("Imported rows from paper"),
    "invalidated_signatures": _l("Took signatures out of the count"),
    "made_key": _l("Made the key"),
    "made_paper_copy": _l("Made a paper copy of the key"),
    "opened_paper_batch": _l("Fetched what is sealed of a paper batch"),
    "pinned_key": _l("Pinned the database's key"),
    "purged_signatures": _l("Erased signatures when their time was over"),
    "reinstated_signatures": _l("Put signatures back into the count"),
    "rejected_paper_batch": _l("Rejected a paper batch"),
    "removed_holder": _l("Removed a holder of the key"),
    "restored_backup": _l("Restored a backup"),
    "rotated_key": _l("Changed the key"),
    "scanned_paper_batch": _l("Added a scan to a paper batch"),
    "seeded_campaigns": _l("Changed campaigns from files"),
    "took_back_paper_batch": _l("Took back a paper batch"),
    "tried_key": _l("Tried a phrase"),
    "began_campaign": _l("Began a campaign"),
    "closed_campaign": _l("Closed a campaign"),
    "opened_campaign": _l("Opened a campaign"),
    "asked_for_review": _l("Asked for a review"),
    "declined_revision": _l("Declined a change"),
    "discarded_draft": _l("Let go of a draft"),
    "published_revision": _l("Published a change"),
    "saved_draft": _l("Wrote a draft"),
    "checked_case": _l("Looked for news of a case and found none"),
    "set_reminders": _l("Set where they are reminded"),
    "ended_reminders": _l("Ended their reminders"),
    "hid_letter": _l("Hid a letter"),
    "hid_update": _l("Hid news"),
    "showed_letter": _l("Showed a letter again"),
    "showed_update": _l("Showed news again"),
    # Of hiding and consent.
    "hid_campaign": _l("Hid a campaign everywhere"),
    "opened_consent": _l("Fetched a consent record"),
    "recorded_consent": _l("Added to a consent record"),
    "showed_campaign": _l("Showed a hidden campaign again"),
    "took_back_hiding": _l("Undid hiding at once"),
    "accepted_invitation": _l("Accepted an invitation with an account they had"),
    "ended_key_reminder": _l("Ended the reminders to a holder of the key"),
    "set_key_reminder": _l("Set where a holder of the key is reminded"),
}


TEXT_PLACES = {
    "title": _l("Title"),
    "summary": _l("Summary"),
    "ask": _l("What a signer agrees to"),
    "addressee": _l("Addressed to"),
    "notice": _l("Notice"),
    "body": _l("Text"),
}


# Conversation: what people send in.
AUDIT_ACTIONS |= {
    "approved_submissions": _l("Approved what people sent in"),
    "declined_submissions": _l("Declined what people sent in"),
    "put_back_submissions": _l("Put back what people sent in"),
    "passed_on_messages": _l("Passed messages on to the person"),
    "entered_endorsement": _l("Entered an endorsement"),
    "named_own_addresses": _l("Named the addresses they sign with"),
}


# Why a text is held, said to its author and to the moderator.
HOLDS = {
    "link": _l("what looks like a link"),
    "email": _l("what looks like an e-mail address"),
    "phone": _l("what looks like a telephone number"),
    "handle": _l("what looks like a name on a network"),
}


# Why a text was declined, said to its author.
DECLINE_REASONS = {
    "contact_data": _l("It holds contact data or a link."),
    "endangers": _l("It could endanger somebody."),
    "insult": _l("It insults or threatens somebody."),
    "off_topic": _l("It is not about this campaign."),
    "unverified": _l("We could not make sure that it comes from this organization."),
    "duplicate": _l("It is here already."),
    "organizers": _l("It is for the organizers to read, not for everybody."),
}


AUDIENCES = {
    "page": _l("for readers of the page"),
    "person": _l("for the person only"),
    "both": _l("for the person, and to be shown"),
}


PAPER_STATES = {
    "waiting": _l("waits for approval"),
    "approved": _l("counts"),
    "rejected": _l("rejected"),
    "taken_back": _l("taken back"),
    "expired": _l("nobody approved it in time"),
}


HIDING_REASONS = {
    "danger": _l("Somebody could be in danger through it"),
    "wishes": _l("It is in doubt whether the person wants it"),
    "mistake": _l("Something on it is wrong"),
    "other": _l("Something else"),
}


CONSENT_BASES = {
    "person": _l("The person has agreed"),
    "family": _l("The family has agreed"),
    "lawyer": _l("The lawyer has agreed"),
    "public": _l("Nobody was asked: only what they or theirs made public to be spoken of"),
    "none": _l("No consent, or it was taken back"),
}


class Question(NamedTuple):
    """A question of the publication checklist, and what to do after the answer that stops it."""

    question: Any
    next_step: Any


CHECKLIST = {
    "endangers": Question(
        _l("Could this put the person, their family or anybody else in danger?"),
        _l("Then it is not published. Take out what endangers, or ask the person, the family or the lawyer first."),
    ),
    "contact": Question(
        _l("Does it tell how or where to find somebody: an address, a telephone number, a place of work?"),
        _l("Take it out first. Only offices are named with their address."),
    ),
    "allegations": Question(
        _l("Is everything that is not proven said as somebody's word, with a date and a source?"),
        _l("Say who says it, when and where; put accounts that differ side by side. Then come back."),
    ),
    "consent": Question(
        _l("Does it keep within what the consent record says, and is that record still true?"),
        _l("Ask first and write the answer into the consent record. Until then, publish nothing new of this person."),
    ),
}
