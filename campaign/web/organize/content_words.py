"""The words for parts of a campaign's content, for the places in them, and for what is wrong there."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from campaign.editing.parts import Wrong
from campaign.seeding.places import Location
from campaign.web.i18n import current_language, current_site, direction, language_name, localized_number
from campaign.web.words import TEXT_PLACES

REVISION_STATES = {
    "draft": _l("draft"),
    "in_review": _l("waits for review"),
    "published": _l("published"),
    "declined": _l("declined"),
    "discarded": _l("let go of"),
}

PLACES = {
    **TEXT_PLACES,
    "date": _l("Date"),
    "kind": _l("Kind"),
    "sources": _l("Sources"),
    "status_sources": _l("Sources of the status"),
    "accounts": _l("Accounts"),
    "disagreement": _l("What accounts differ about"),
    "uncertain": _l("Uncertain"),
    "status": _l("Status"),
    "status_as_of": _l("Status as of"),
    "status_line": _l("Status in a sentence"),
    "names": _l("Names"),
    "demands": _l("Demands"),
    "related": _l("Others"),
    "checked_on": _l("Last checked"),
    "recheck_days": _l("Days until it is to be checked again"),
    "particulars": _l("What is known"),
    "targets": _l("Offices that decide"),
    "valid_while": _l("True to say while the status is"),
    "archived": _l("Address of an archived copy"),
    "publisher": _l("Publisher"),
    "url": _l("Address (URL)"),
    "grade": _l("Kind of source"),
    "claim": _l("What is claimed"),
    "by": _l("Who says so"),
    "about": _l("About what"),
    "as_of": _l("As of"),
    "born": _l("Born"),
    "office": _l("Office"),
    "address": _l("Postal address"),
    "shown": _l("As it is shown"),
    "also": _l("Other spellings"),
    "name": _l("Name"),
    "note": _l("What is known of them"),
    "email": _l("E-mail address of the office"),
    "reads": _l("Languages the office reads"),
    "texts": _l("Text"),
    "subject": _l("Subject"),
    "communities": _l("Communities a signer may name"),
    "label": _l("What it is called"),
    "position": _l("Place among the campaigns"),
    "retention_months": _l("Months that signatures are kept"),
    "original_sources": _l("Where the text was published first"),
}

# What pydantic calls a mistake, and what our own rules do.
RULES = {
    "missing": _l("Fill this in."),
    "string_too_short": _l("Fill this in."),
    "too_short": _l("At least one is needed."),
    "string_pattern_mismatch": _l("Write this on one line, without line breaks."),
    "url_parsing": _l("Give a whole address that begins with https:// or http://."),
    "url_scheme": _l("Give a whole address that begins with https:// or http://."),
    "literal_error": _l("Choose one from the list."),
    "in_the_future": _l("This day has not come yet."),
    "text_control": _l("This holds characters that cannot be shown. Write it again without them."),
    "text_bidi": _l("This holds invisible characters that change the direction of text. Write it again without them."),
    "markdown_picture": _l(
        "A page shows no pictures, because they tell their server who reads it. Take out “![…](…)”, or link to it."
    ),
    "markdown_html": _l("A page shows no HTML. Take out what stands between < and >, or write Markdown."),
    "markdown_link": _l("A link leads to a whole address that begins with https://, http:// or mailto:."),
    "markdown_heading": _l("Begin headings with ## or ###. The title above is the page's own heading."),
    "url_type": _l("Give a whole address that begins with https:// or http://."),
    "url_too_long": _l("This address is too long."),
    "value_error": _l("Write a date as 2026, 2026-02 or 2026-02-13."),
    "string_type": _l("Fill this in."),
    "int_parsing": _l("Write a number of days, from 1 to 365."),
    "greater_than_equal": _l("Write a number of days, from 1 to 365."),
    "less_than_equal": _l("Write a number of days, from 1 to 365."),
    "language_missing": _l("Write this in the first language of the site at least."),
    "before_birth": _l("This lies before the birth of the person."),
    "no_home": _l(
        "A place is one of detention, never a home. Leave only statuses under which somebody may be held: detained, "
        "charged, on trial, sentenced, in prison, arrested again."
    ),
    "given_twice": _l("This is given twice. Say it once."),
    "own_campaign": _l("This is the campaign that this case belongs to."),
    "no_campaign": _l("There is no campaign with this address here."),
    "label_answered": _l("People have answered to this, so it stays as it is. Take it out, and add another."),
    "no_archive": _l("This is the page itself and no copy in an archive."),
}


_NUMBERS = {
    "position": _l("Write a number, from 1 to 1000."),
    "retention_months": _l("Write a number of months, from 1 to 120."),
}


def part_name(part: str) -> str:
    """What a part is called at the desk."""
    kind, _, key = part.partition(":")
    if kind == "text":
        return str(gettext("Text: %(language)s", language=language_name(key)))
    if kind == "case":
        return str(gettext("The person"))
    if kind == "about":
        return str(gettext("Settings"))
    if direction(current_language()) == "rtl":
        # Numbers and hyphens of a key would be put in another order: an isolate of its own keeps it as it is.
        key = f"\u2066{key}\u2069"
    if kind == "event":
        return str(gettext("Event: %(key)s", key=key))
    if kind == "letter":
        return str(gettext("Letter: %(key)s", key=key))
    if kind == "update":
        return str(gettext("News: %(key)s", key=key))
    return f"{kind}: {key}"


def place_name(place: Location) -> str:
    """What a place in a content is called."""
    return " · ".join(_step(step) for step in place)


def said(wrong: Wrong) -> str:
    """What is wrong, in words that say what to do."""
    if wrong.rule in ("int_parsing", "greater_than_equal", "less_than_equal") and (
        words := _NUMBERS.get(str(wrong.place[-1]))
    ):
        return str(words)
    if wrong.rule == "too_long" and wrong.limit is not None:
        return str(
            gettext(
                "At most %(limit)s are possible here. Take out what is too much.", limit=localized_number(wrong.limit)
            )
        )
    if wrong.rule == "string_too_long" and wrong.limit is not None:
        return str(gettext("This is too long: at most %(limit)s characters.", limit=localized_number(wrong.limit)))
    known = RULES.get(wrong.rule)
    return str(known) if known is not None else wrong.sentence


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return localized_number(step + 1)
    if step in current_site().languages:
        return language_name(step)
    return str(PLACES.get(step, step))
