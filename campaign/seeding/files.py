"""The shape of seed files: what a translator or editor may write, and nothing else.

Every text that people read is a table by language (`en = "…"`, `fa = "…"`). Sources are written once in `sources.toml`
and named by key wherever they are used. See `seeds/README.md` for the same in prose.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, StringConstraints
from pydantic_core import PydanticCustomError

from campaign.cases.statuses import CASE_STATUSES, CaseStatus
from campaign.core.markdown import unshown_in
from campaign.core.partial_date import PartialDate
from campaign.core.text_rules import BadText, check_prose


def _shown(text: str) -> str:
    """Refuse what cannot be shown, or would change the direction of what stands around it."""
    try:
        return check_prose(text)
    except BadText as bad:
        raise PydanticCustomError(f"text_{bad.rule}", str(bad)) from None


_UNSHOWN = {
    "picture": "a page shows no pictures, because they tell their server who reads it",
    "html": "a page shows no HTML; write Markdown",
    "link": "a link leads to a whole address that begins with https://, http:// or mailto:",
    "heading": "headings are written ## or ###; the title is the page's own",
}


def _markdown(text: str) -> str:
    """Refuse what `render_markdown` would leave out."""
    for unshown in unshown_in(text):
        raise PydanticCustomError(f"markdown_{unshown}", _UNSHOWN[unshown])
    return text


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\n]*$"),
    AfterValidator(_shown),
]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_shown)]
LongProse = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_shown)
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=90)]
SourceKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,9}$")]
Body = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    AfterValidator(_shown),
    AfterValidator(_markdown),
]
LocalLine = dict[Language, Line]
LocalProse = dict[Language, Prose]


def _written_date(value: object) -> object:
    """TOML has dates of its own; accept both `2019-06-13` and `"2019-06"`."""
    if isinstance(value, date):
        return PartialDate(value, "day")
    return PartialDate.parse(value) if isinstance(value, str) else value


When = Annotated[PartialDate, BeforeValidator(_written_date)]

EventKind = Literal[
    "announcement",
    "appeal",
    "arrest",
    "award",
    "bail",
    "charge",
    "dismissal",
    "furlough",
    "hunger_strike",
    "imprisonment",
    "incident",
    "other",
    "pardon",
    "release",
    "sentence",
    "statement",
    "trial",
]
Grade = Literal["primary", "movement", "state", "party", "encyclopedia", "mirror"]


class SeedModel(BaseModel):
    """Unknown keys are mistakes: a typo must not pass as a setting nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SiteFile(SeedModel):
    """`seeds/site.toml`: the site's name and languages, the first of them the default.

    `allies` are host names of sites that embed campaigns; only these appear in lists as where somebody signed.
    """

    languages: list[Language] = Field(min_length=1)
    name: LocalLine
    tagline: LocalLine
    allies: list[Host] = Field(default_factory=list)


class SourceEntry(SeedModel):
    """One published source. `date` is as printed on it; leave it out where none is visible.

    `archived` is a copy of the page in an archive, for the day the page is gone.
    """

    publisher: Line
    title: Line
    url: HttpUrl
    date: When | None = None
    grade: Grade
    archived: HttpUrl | None = None


class Community(SeedModel):
    key: Slug
    label: LocalLine


class CampaignSettings(SeedModel):
    """`retention_months` is how long signatures are kept from when the campaign can be signed no more."""

    position: int = Field(ge=1, le=1000)
    retention_months: int = Field(default=6, ge=1, le=120)
    communities: list[Community] = Field(default_factory=list)


class CampaignFile(CampaignSettings):
    """`campaign.toml`. `original` names the source this campaign carries on, with its own date."""

    kind: Literal["petition", "solidarity"]
    state: Literal["draft", "open", "closed"]
    original: SourceKey | None = None


class TextFile(SeedModel):
    """`<lang>.md`: TOML between two lines of `+++`, then the body in Markdown."""

    title: Line
    summary: Line
    ask: Line
    addressee: Line
    notice: Prose | None = None
    body: Body


class Name(SeedModel):
    """The person's name in one script: the form to show, and other spellings found in sources."""

    script: Literal["latin", "persian", "arabic", "sorani"]
    shown: Line
    also: list[Line] = Field(default_factory=list)


class Demand(SeedModel):
    """A demand, and the statuses under which it is true to make it."""

    key: Slug
    valid_while: list[CaseStatus] = Field(min_length=1)
    text: LocalProse
    sources: list[SourceKey] = Field(min_length=1)


class RelatedPerson(SeedModel):
    """Somebody whose fate belongs to this case, spoken of as of a date. `campaign`: the slug of their own, if any."""

    key: Slug
    name: LocalLine
    as_of: When
    note: LocalProse
    sources: list[SourceKey] = Field(min_length=1)
    campaign: Slug | None = None


class Particular(SeedModel):
    """One thing known of the person, in a sentence or two: who they are, what they are charged with, where, since when.

    It is shown under the statuses of `valid_while` only, so that it cannot outlive what it says.
    """

    about: Literal["who", "charges", "place", "since"]
    text: LocalProse
    as_of: When | None = None
    valid_while: list[CaseStatus] = Field(default=list(CASE_STATUSES), min_length=1)
    sources: list[SourceKey] = Field(min_length=1)


class Office(SeedModel):
    """An office that decides about the case, and its postal address. An office, never a person's name or home."""

    key: Slug
    office: LocalLine
    address: Prose
    sources: list[SourceKey] = Field(default_factory=list)


class CaseFile(SeedModel):
    """`case.toml`. `checked_on` is the day an editor last looked for news; after `recheck_days` the page says so.

    `born` is never shown: no event can lie before it.
    """

    names: list[Name] = Field(min_length=1)
    status: CaseStatus
    status_as_of: When
    status_line: LocalProse
    status_sources: list[SourceKey] = Field(min_length=1)
    checked_on: date
    recheck_days: int = Field(default=30, ge=1, le=365)
    demands: list[Demand] = Field(min_length=1)
    related: list[RelatedPerson] = Field(default_factory=list)
    particulars: list[Particular] = Field(default_factory=list)
    targets: list[Office] = Field(default_factory=list)
    born: When | None = None


class Account(SeedModel):
    """One of several accounts that differ: what is claimed, and who says so."""

    claim: LocalLine
    by: LocalLine
    sources: list[SourceKey] = Field(default_factory=list)


class EventFile(SeedModel):
    """`events/<date>-<slug>.toml`: one dated thing that happened, in one neutral sentence per language.

    `key` is what the event is known by where that is not the name of the file, because its date was corrected since.
    """

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)] | None = None
    date: When
    uncertain: bool = False
    kind: EventKind
    summary: LocalProse
    disagreement: LocalProse | None = None
    accounts: list[Account] = Field(default_factory=list)
    sources: list[SourceKey] = Field(min_length=1)
