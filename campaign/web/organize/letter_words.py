"""What is wrong with a letter or with news, in words that say what to do."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from campaign.editing.parts import Wrong
from campaign.web.i18n import current_site, language_name
from campaign.web.organize import content_words

_RULES = {
    "other_day": _l("News keeps the day in its address. Take this down and post it anew, if the day is wrong."),
    "date_from_datetime_parsing": _l("Write the day as year, month, day: 2026-11-30."),
    "date_parsing": _l("Write the day as year, month, day: 2026-11-30."),
    "value_error": _l("Write the date as precisely as it is known: 2019, 2019-06 or 2019-06-13."),
    "mailbox": _l("Write one e-mail address and nothing else."),
    "address_long": _l("An address has at most 8 lines."),
    "reads_without_text": _l("For each language that the office reads there is a letter in it."),
    "statuses_missing": _l("Tick the statuses under which the letter is right. It is shown under no other."),
    "statuses_of_nobody": _l("A petition has no status. Leave all boxes empty."),
}


def said(wrong: Wrong) -> str:
    """The words for a mistake."""
    if wrong.rule == "language_missing":
        first = language_name(current_site().languages[0])
        return str(gettext("Write it in the site's first language too: %(language)s.", language=first))
    known = _RULES.get(wrong.rule)
    return str(known) if known is not None else content_words.said(wrong)
