"""Turns what queries return into the shapes of the API, in the language of the request."""

from urllib.parse import urlsplit

from flask import url_for

from campaign.campaigns.queries import CampaignView, EventView, SourceView, in_language
from campaign.cases.queries import CaseView
from campaign.core.markdown import render_markdown
from campaign.signing.queries import NAMES_A_PAGE, NamesPage
from campaign.web.api import schemas
from campaign.web.api.schemas import Curie, Link
from campaign.web.editions import shown_count
from campaign.web.i18n import current_language, current_site
from campaign.web.services import services

_OSDI = Curie(name="osdi", href="https://opensupporter.github.io/osdi-docs/{rel}.html")


def campaign_answer(view: CampaignView, case: CaseView | None) -> schemas.Campaign:
    """One campaign, and its case if it is about somebody."""
    language, count = current_language(), shown_count(view.id)
    return schemas.Campaign(
        identifiers=[f"{urlsplit(services().config.base_url).hostname}:{view.slug}"],
        origin_system=in_language(current_site().name, language),
        slug=view.slug,
        kind=view.kind,  # type: ignore[arg-type]  # held by a CHECK constraint
        state=view.state,  # type: ignore[arg-type]  # the same; a draft would break here before it is shown
        language=view.language,
        title=view.title,
        summary=view.summary,
        description=render_markdown(view.body),
        petition_text=view.ask,
        target=[schemas.Target(name=view.addressee)],
        notice=view.notice,
        version=view.version,
        modified_date=view.written_at.date(),
        original=_source(view.original) if view.original else None,
        browser_url=url_for("public.campaign", lang=language, slug=view.slug, _external=True),
        total_signatures=count.total,
        paper_signatures=count.on_paper,
        case=_case(case) if case else None,
        links=schemas.CampaignLinks(
            self=link("campaign", slug=view.slug),
            signatures=link("signatures", slug=view.slug),
            events=link("events", slug=view.slug),
            messages=link("messages", slug=view.slug),
            endorsements=link("endorsements", slug=view.slug),
            curies=[_OSDI],
        ),
    )


def campaigns_answer(campaigns: list[schemas.Campaign]) -> schemas.Campaigns:
    """The list of campaigns."""
    return schemas.Campaigns(
        total_records=len(campaigns),
        languages=list(current_site().languages),
        links=schemas.CampaignsLinks(self=link("campaigns"), description=link("openapi"), curies=[_OSDI]),
        embedded=schemas.EmbeddedCampaigns(campaigns=campaigns),
    )


def signatures_answer(view: CampaignView, page: NamesPage, *, after: str | None) -> schemas.Signatures:
    """The page of public names behind the cursor `after`."""
    cursor = page.next_cursor
    return schemas.Signatures(
        per_page=NAMES_A_PAGE,
        total_signatures=shown_count(view.id).total,
        links=schemas.SignaturesLinks(
            self=link("signatures", slug=view.slug, after=after),
            next=link("signatures", slug=view.slug, after=cursor) if cursor else None,
            up=link("campaign", slug=view.slug),
            curies=[_OSDI],
        ),
        embedded=schemas.EmbeddedSignatures(signatures=[schemas.Signature(public_name=name) for name in page.names]),
    )


def events_answer(view: CampaignView, events: list[EventView]) -> schemas.Events:
    """What happened, as far as it has a date and a source."""
    return schemas.Events(
        total_records=len(events),
        links=schemas.EventsLinks(self=link("events", slug=view.slug), up=link("campaign", slug=view.slug)),
        embedded=schemas.EmbeddedEvents(events=[_event(event) for event in events]),
    )


def link(view: str, **values: str | None) -> Link:
    """The whole address of a view of the API, in this language. A value that is None is left out.

    So is the site's first language: one answer, one address, and the caches hold it once.
    """
    language = current_language()
    lang = None if language == current_site().languages[0] else language
    return Link(href=url_for(f"api.{view}", **values, lang=lang, _external=True))


def _case(view: CaseView) -> schemas.Case:
    return schemas.Case(
        names=[
            schemas.PersonName(language=name.language, name=name.shown, also=list(name.also)) for name in view.names
        ],
        status=schemas.Status(
            status=view.status,  # type: ignore[arg-type]  # held by a CHECK constraint
            as_of=str(view.status_as_of),
            precision=view.status_as_of.precision,
            description=view.status_line,
            sources=_sources(view.status_sources),
        ),
        demands=[
            schemas.Demand(key=demand.key, description=demand.text, sources=_sources(demand.sources))
            for demand in view.demands
        ],
        related=[
            schemas.Related(
                key=person.key,
                name=person.name,
                as_of=str(person.as_of),
                description=person.note,
                sources=_sources(person.sources),
            )
            for person in view.related
        ],
        last_checked=view.checked_on,
        is_stale=view.is_stale,
    )


def _event(view: EventView) -> schemas.Event:
    return schemas.Event(
        key=view.key,
        date=str(view.when),
        precision=view.when.precision,
        is_uncertain=view.is_uncertain,
        kind=view.kind,
        summary=view.summary,
        disagreement=view.disagreement,
        accounts=[
            schemas.Account(claim=account.claim, by=account.by, sources=_sources(account.sources))
            for account in view.accounts
        ],
        sources=_sources(view.sources),
    )


def _sources(views: tuple[SourceView, ...]) -> list[schemas.Source]:
    return [_source(view) for view in views]


def _source(view: SourceView) -> schemas.Source:
    return schemas.Source(
        publisher=view.publisher,
        title=view.title,
        url=view.url,
        date=str(view.date) if view.date else None,
        grade=view.grade,
    )
