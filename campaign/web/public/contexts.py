"""What public templates get: one typed value per page, in the reader's language, with nothing left to look up."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext
from markupsafe import Markup

from campaign.campaigns.queries import CampaignView, EventView, SourceView, campaign_events
from campaign.cases.queries import CaseView, NameView, case_of, cases_of_all
from campaign.core.db import db
from campaign.core.markdown import render_markdown
from campaign.core.partial_date import PartialDate
from campaign.counting.queries import signature_count, signature_counts
from campaign.sealing.queries import current_epoch
from campaign.web.i18n import current_language, direction
from campaign.web.services import services
from campaign.web.words import event_kinds, grades, statuses

_NAME_LANGUAGES = {"latin": "en", "persian": "fa", "arabic": "ar", "sorani": "ckb"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One campaign on the first page."""

    slug: str
    kind: str
    title: str
    summary: str
    addressee: str
    count: int
    language: str
    dir: str
    names: tuple["ShownName", ...]
    status_line: str | None
    status_as_of: PartialDate | None


@dataclass(frozen=True, slots=True)
class ShownName:
    script: str
    lang: str
    dir: str
    shown: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownSource:
    publisher: str
    title: str
    url: str
    date: PartialDate | None
    grade: str
    grade_label: str


@dataclass(frozen=True, slots=True)
class ShownAccount:
    claim: str
    by: str
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class ShownEvent:
    key: str
    when: PartialDate
    is_uncertain: bool
    kind: str
    kind_label: str
    summary: str
    disagreement: str | None
    accounts: tuple[ShownAccount, ...]
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class ShownDemand:
    key: str
    text: str
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class ShownRelated:
    key: str
    name: str
    as_of: PartialDate
    note: str
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class ShownCase:
    names: tuple[ShownName, ...]
    status: str
    status_label: str
    status_as_of: PartialDate
    status_line: str
    status_sources: tuple[ShownSource, ...]
    demands: tuple[ShownDemand, ...]
    related: tuple[ShownRelated, ...]
    checked_on: date
    is_stale: bool
    days_since_check: int


@dataclass(frozen=True, slots=True)
class ShownCampaign:
    """A campaign as pages show it; `dir` and `language` are those of its text."""

    slug: str
    kind: str
    state: str
    language: str
    dir: str
    title: str
    summary: str
    ask: str
    addressee: str
    notice: str | None
    body_html: Markup
    original: ShownSource | None
    version: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Everything on a campaign's page but its form. `why_closed` is None while it can be signed."""

    campaign: ShownCampaign
    events: tuple[ShownEvent, ...]
    case: ShownCase | None
    count: int
    why_closed: str | None
    translation_missing: bool


def campaign_page(view: CampaignView, *, today: date) -> CampaignPage:
    """The page of one campaign."""
    session, language = db.session(), current_language()
    case = case_of(session, view.id, language, today=today)
    return CampaignPage(
        campaign=shown_campaign(view),
        events=tuple(_event(event) for event in campaign_events(session, view.id, language)),
        case=_case(case) if case else None,
        count=signature_count(session, view.id),
        why_closed=why_closed(view),
        translation_missing=view.language != language,
    )


def shown_campaign(view: CampaignView) -> ShownCampaign:
    """The texts of a campaign, rendered."""
    return ShownCampaign(
        slug=view.slug,
        kind=view.kind,
        state=view.state,
        language=view.language,
        dir=direction(view.language),
        title=view.title,
        summary=view.summary,
        ask=view.ask,
        addressee=view.addressee,
        notice=view.notice,
        body_html=Markup(render_markdown(view.body)),  # noqa: S704 - nh3 has cleaned it
        original=_source(view.original) if view.original else None,
        version=view.version,
        written_at=view.written_at,
    )


def why_closed(view: CampaignView) -> str | None:
    """`closed`, `no_key`, or None if it can be signed."""
    if view.state != "open":
        return "closed"
    has_key = current_epoch(db.session(), is_demo=services().config.is_demo) is not None
    return None if has_key else "no_key"


def listings(views: list[CampaignView], *, today: date) -> list[Listing]:
    """The campaigns of the first page."""
    session = db.session()
    counts = signature_counts(session)
    cases = cases_of_all(session, current_language(), today=today)
    return [_listing(view, counts[view.id], cases.get(view.id)) for view in views]


def _listing(view: CampaignView, count: int, case: CaseView | None) -> Listing:
    return Listing(
        slug=view.slug,
        kind=view.kind,
        title=view.title,
        summary=view.summary,
        addressee=view.addressee,
        count=count,
        language=view.language,
        dir=direction(view.language),
        names=_names(case.names) if case else (),
        status_line=case.status_line if case else None,
        status_as_of=case.status_as_of if case else None,
    )


def _case(case: CaseView) -> ShownCase:
    return ShownCase(
        names=_names(case.names),
        status=case.status,
        status_label=statuses().get(case.status, gettext("Unknown")),
        status_as_of=case.status_as_of,
        status_line=case.status_line,
        status_sources=_sources(case.status_sources),
        demands=tuple(ShownDemand(part.key, part.text, _sources(part.sources)) for part in case.demands),
        related=tuple(
            ShownRelated(part.key, part.name, part.as_of, part.note, _sources(part.sources)) for part in case.related
        ),
        checked_on=case.checked_on,
        is_stale=case.is_stale,
        days_since_check=case.days_since_check,
    )


def _names(names: tuple[NameView, ...]) -> tuple[ShownName, ...]:
    """The names, the one in the reader's own script first."""
    shown = [
        ShownName(name.script, code := _NAME_LANGUAGES[name.script], direction(code), name.shown, name.also)
        for name in names
    ]
    return tuple(sorted(shown, key=lambda name: name.lang != current_language()))


def _event(event: EventView) -> ShownEvent:
    return ShownEvent(
        key=event.key,
        when=event.when,
        is_uncertain=event.is_uncertain,
        kind=event.kind,
        kind_label=event_kinds()[event.kind],
        summary=event.summary,
        disagreement=event.disagreement,
        accounts=tuple(ShownAccount(part.claim, part.by, _sources(part.sources)) for part in event.accounts),
        sources=_sources(event.sources),
    )


def _sources(sources: tuple[SourceView, ...]) -> tuple[ShownSource, ...]:
    return tuple(_source(source) for source in sources)


def _source(source: SourceView) -> ShownSource:
    return ShownSource(
        publisher=source.publisher,
        title=source.title,
        url=source.url,
        date=source.date,
        grade=source.grade,
        grade_label=grades()[source.grade],
    )
