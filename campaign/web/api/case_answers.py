"""Turns what is known of a person into the shapes of the API."""

from campaign.campaigns.queries import EventView, SourceView
from campaign.cases.queries import CaseView, ParticularView, RelatedView
from campaign.web.api import case_schemas as shapes


def case_answer(view: CaseView) -> shapes.Case:
    """A case as it is under its status."""
    return shapes.Case(
        names=[shapes.PersonName(language=name.language, name=name.shown, also=list(name.also)) for name in view.names],
        status=shapes.Status(
            status=view.status,  # type: ignore[arg-type]  # held by a CHECK constraint
            as_of=str(view.status_as_of),
            precision=view.status_as_of.precision,
            description=view.status_line,
            sources=_sources(view.status_sources),
        ),
        demands=[
            shapes.Demand(key=demand.key, description=demand.text, sources=_sources(demand.sources))
            for demand in view.demands
        ],
        related=[_related(person) for person in view.related],
        particulars=[_particular(one) for one in view.particulars],
        offices=[
            shapes.Office(key=one.key, name=one.office, postal_address=one.address, sources=_sources(one.sources))
            for one in view.targets
        ],
        last_checked=view.checked_on,
        is_stale=view.is_stale,
    )


def _related(view: RelatedView) -> shapes.Related:
    return shapes.Related(
        key=view.key,
        name=view.name,
        as_of=str(view.as_of),
        description=view.note,
        sources=_sources(view.sources),
        campaign=view.campaign,
    )


def _particular(view: ParticularView) -> shapes.Particular:
    as_of = str(view.as_of) if view.as_of else None
    return shapes.Particular(about=view.about, as_of=as_of, description=view.text, sources=_sources(view.sources))


def event_answer(view: EventView) -> shapes.Event:
    """One dated event, with the accounts that differ."""
    return shapes.Event(
        key=view.key,
        date=str(view.when),
        precision=view.when.precision,
        is_uncertain=view.is_uncertain,
        kind=view.kind,
        summary=view.summary,
        disagreement=view.disagreement,
        accounts=[
            shapes.Account(claim=account.claim, by=account.by, sources=_sources(account.sources))
            for account in view.accounts
        ],
        sources=_sources(view.sources),
    )


def _sources(views: tuple[SourceView, ...]) -> list[shapes.Source]:
    return [source_answer(view) for view in views]


def source_answer(view: SourceView) -> shapes.Source:
    """A source."""
    return shapes.Source(
        publisher=view.publisher,
        title=view.title,
        url=view.url,
        date=str(view.date) if view.date else None,
        grade=view.grade,
        archived=view.archived,
    )
