"""The words for what is wrong with a letter or with news."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from campaign.editing.parts import Wrong
from campaign.web.i18n import current_site, language_name, localized_number

_RULES = {
    "missing": _l("Fill this in."),
    "string_too_short": _l("Fill this in."),
    "too_short": _l("At least one is needed."),
    "string_pattern_mismatch": _l("Write this on one line, without line breaks."),
    "url_parsing": _l("Give a whole address that begins with https:// or http://."),
    "url_scheme": _l("Give a whole address that begins with https:// or http://."),
    "literal_error": _l("Choose one from the list."),
    "in_the_future": _l("This day has not come yet."),
    "other_day": _l("News keeps the day in its address. Take this down and post it anew, if the day is wrong."),
    "date_from_datetime_parsing": _l("Write the day as year, month, day: 2026-11-30."),
    "date_parsing": _l("Write the day as year, month, day: 2026-11-30."),
    "value_error": _l("Write the date as precisely as it is known: 2019, 2019-06 or 2019-06-13."),
    "mailbox": _l("Write one e-mail address and nothing else."),
    "address_long": _l("An address has at most 8 lines."),
    "reads_without_text": _l("For each language that the office reads there is a letter in it."),
    "statuses_missing": _l("Tick the statuses under which the letter is right. It is shown under no other."),
    "statuses_of_nobody": _l("A petition has no status. Leave all boxes empty."),
    "text_control": _l("This holds characters that cannot be shown. Write it again without them."),
    "text_bidi": _l("This holds invisible characters that change the direction of text. Write it again without them."),
    "markdown_picture": _l(
        "A page shows no pictures, because they tell their server who reads it. Take out “![…](…)”, or link to it."
    ),
    "markdown_html": _l("A page shows no HTML. Take out what stands between < and >, or write Markdown."),
    "markdown_link": _l("A link leads to a whole address that begins with https://, http:// or mailto:."),
    "markdown_heading": _l("Begin headings with ## or ###. The title above is the page's own heading."),
}


def said(wrong: Wrong) -> str:
    """What is wrong, in words that say what to do."""
    if wrong.rule in ("string_too_long", "too_long") and wrong.limit is not None:
        return str(gettext("This is too long: at most %(limit)s characters.", limit=localized_number(wrong.limit)))
    if wrong.rule == "language_missing":
        first = language_name(current_site().languages[0])
        return str(gettext("Write it in the site's first language too: %(language)s.", language=first))
    known = _RULES.get(wrong.rule)
    return str(known) if known is not None else wrong.sentence
