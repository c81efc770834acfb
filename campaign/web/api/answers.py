"""Turns what queries return into the shapes of the API, in the language of the request."""

from urllib.parse import urlsplit

from flask import url_for

from campaign.campaigns.queries import CampaignView, EventView, in_language
from campaign.cases.queries import CaseView
from campaign.core.markdown import render_markdown
from campaign.signing.queries import NAMES_A_PAGE, NamesPage
from campaign.web.api import schemas
from campaign.web.api.case_answers import case_answer, event_answer, source_answer
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
        original=source_answer(view.original) if view.original else None,
        browser_url=url_for("public.campaign", lang=language, slug=view.slug, _external=True),
        total_signatures=count.total,
        paper_signatures=count.on_paper,
        case=case_answer(case) if case else None,
        links=schemas.CampaignLinks(
            self=link("campaign", slug=view.slug),
            signatures=link("signatures", slug=view.slug),
            events=link("events", slug=view.slug),
            messages=link("messages", slug=view.slug),
            endorsements=link("endorsements", slug=view.slug),
            updates=link("updates", slug=view.slug),
            letters=link("letters", slug=view.slug),
            curies=[_OSDI],
        ),
    )


def campaigns_answer(campaigns: list[schemas.Campaign], *, query: str | None) -> schemas.Campaigns:
    """The list of campaigns, which may be those that a query found."""
    return schemas.Campaigns(
        total_records=len(campaigns),
        languages=list(current_site().languages),
        links=schemas.CampaignsLinks(self=link("campaigns", q=query), description=link("openapi"), curies=[_OSDI]),
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
        embedded=schemas.EmbeddedEvents(events=[event_answer(event) for event in events]),
    )


def link(view: str, **values: str | None) -> Link:
    """The whole address of a view of the API, in this language. A value that is None is left out.

    So is the site's first language: one answer, one address, and the caches hold it once.
    """
    language = current_language()
    lang = None if language == current_site().languages[0] else language
    return Link(href=url_for(f"api.{view}", **values, lang=lang, _external=True))
