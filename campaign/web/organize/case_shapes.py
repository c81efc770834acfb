"""The fields of a case and of an event at the desk."""

from flask_babel import lazy_gettext as _l

from campaign.web.organize.content_forms import Field, Rows
from campaign.web.words import EVENT_KINDS, GRADES, PARTICULARS, STATUSES

_AS_PRECISE = _l("As precisely as the source says: 2026, 2026-02 or 2026-02-13. Of the Gregorian calendar.")
_SCRIPTS = {"latin": _l("Latin"), "persian": _l("Persian"), "arabic": _l("Arabic"), "sorani": _l("Sorani")}


def sources_shape(label: object, name: str = "sources") -> Rows:
    """A list of sources."""
    shape = (
        Field("publisher", "line", _l("Publisher")),
        Field("title", "line", _l("Title")),
        Field("url", "url", _l("Address (URL)")),
        Field("date", "date", _l("Date printed on it"), _l("Leave it empty where none is visible."), is_optional=True),
        Field("grade", "choice", _l("Kind of source"), options=GRADES, default="primary"),
        Field("archived", "url", _l("Address of an archived copy"), is_optional=True),
    )
    return Rows(name, label, _l("Source"), _l("One more source"), shape)


_VALID = Field(
    "valid_while",
    "choices",
    _l("True to say while the status is"),
    _l("Under every other status it is not shown."),
    options=STATUSES,
)

EVENT_SHAPE: tuple[Field | Rows, ...] = (
    Field("date", "date", _l("Date"), _AS_PRECISE),
    Field("uncertain", "flag", _l("Even this date is uncertain")),
    Field("kind", "choice", _l("Kind"), options=EVENT_KINDS, default="other"),
    Field("summary", "local_prose", _l("What happened, in one neutral sentence")),
    sources_shape(_l("Sources")),
    Field("disagreement", "local_prose", _l("What accounts differ about, if they do"), is_optional=True),
    Rows(
        "accounts",
        _l("Accounts that differ"),
        _l("Account"),
        _l("One more account"),
        (
            Field("claim", "local_line", _l("What is claimed")),
            Field("by", "local_line", _l("Who says so")),
            sources_shape(_l("Sources of this account")),
        ),
        _l("Where figures or dates differ, each stands with who says so."),
    ),
)

CASE_SHAPE: tuple[Field | Rows, ...] = (
    Field("status", "choice", _l("Status"), options=STATUSES),
    Field("status_as_of", "date", _l("Status as of"), _AS_PRECISE),
    Field("status_line", "local_prose", _l("The status in a sentence"), _l("Past tense, with dates; never “now”.")),
    sources_shape(_l("Sources of the status"), "status_sources"),
    Rows(
        "names",
        _l("Names"),
        _l("Name"),
        _l("One more script"),
        (
            Field("script", "choice", _l("Script"), options=_SCRIPTS, default="latin"),
            Field("shown", "line", _l("As it is shown")),
            Field("also", "lines", _l("Other spellings found in sources, one on each line")),
        ),
        _l("By all of these the page is found."),
    ),
    Rows(
        "particulars",
        _l("What is known"),
        _l("What is known"),
        _l("One more thing that is known"),
        (
            Field("about", "choice", _l("About what"), options=PARTICULARS, default="who"),
            Field("text", "local_prose", _l("In a sentence or two")),
            Field("as_of", "date", _l("As of"), is_optional=True),
            Field("valid_while", "choices", _VALID.label, _VALID.help, options=STATUSES, default=[*STATUSES]),
            sources_shape(_l("Sources")),
        ),
        _l("Who they are, charges, place of detention, since when. Never where somebody lives."),
    ),
    Rows(
        "demands",
        _l("Demands"),
        _l("Demand"),
        _l("One more demand"),
        (Field("text", "local_prose", _l("What is demanded")), _VALID, sources_shape(_l("Sources"))),
        is_keyed=True,
    ),
    Rows(
        "targets",
        _l("Offices that decide"),
        _l("Office"),
        _l("One more office"),
        (
            Field("office", "local_line", _l("Office")),
            Field("address", "prose", _l("Postal address"), _l("Of the office, in lines. Never a person's own.")),
            sources_shape(_l("Sources")),
        ),
        is_keyed=True,
    ),
    Rows(
        "related",
        _l("Others whose fate belongs to this case"),
        _l("Person"),
        _l("One more person"),
        (
            Field("name", "local_line", _l("Name")),
            Field("as_of", "date", _l("As of"), _AS_PRECISE),
            Field("note", "local_prose", _l("What is known of them")),
            sources_shape(_l("Sources")),
            Field(
                "campaign",
                "line",
                _l("Their own case"),
                _l("The last part of its address, such as ada-loom; empty if there is none."),
                is_optional=True,
            ),
        ),
        is_keyed=True,
    ),
    Field(
        "born",
        "date",
        _l("Born"),
        _l("Shown nowhere; no event can lie before it. A year is enough."),
        is_optional=True,
    ),
    Field("recheck_days", "number", _l("Days within which somebody looks for news"), default="30"),
)
