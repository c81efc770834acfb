"""What a seed file says as the values of a row, and a row as what its file would say: both directions side by side.

A *content* is a file's data with its sources written out where they are named, as rows keep them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from campaign.campaigns.models import CampaignEvent, CampaignText
from campaign.cases.models import Case
from campaign.core.partial_date import PartialDate, Precision

if TYPE_CHECKING:
    # Their models take a server longer to make than all the rest of the desk.
    from campaign.seeding.files import CampaignFile, CaseFile, EventFile, SourceEntry, TextFile

Content = dict[str, Any]
Sources = Mapping[str, "SourceEntry"]
TEXT_FIELDS = ("title", "summary", "ask", "addressee", "notice", "body")


def campaign_values(about: "CampaignFile", sources: Sources) -> Content:
    """The row of a campaign, its communities apart."""
    return {
        "kind": about.kind,
        "state": about.state,
        "position": about.position,
        "retention_months": about.retention_months,
        "original": stored_source(sources[about.original]) if about.original else None,
    }


def text_values(text: "TextFile") -> Content:
    return {name: getattr(text, name) for name in TEXT_FIELDS}


def text_content(row: CampaignText) -> Content:
    """What `<language>.md` says, and which version of the original language it was translated from."""
    return {name: getattr(row, name) for name in TEXT_FIELDS} | {"made_from": row.made_from}


def event_values(event: "EventFile", sources: Sources) -> Content:
    return {
        "first_day": event.date.first_day,
        "precision": event.date.precision,
        "is_uncertain": event.uncertain,
        "kind": event.kind,
        "summary": event.summary,
        "disagreement": event.disagreement,
        "accounts": [
            {"claim": account.claim, "by": account.by, "sources": _stored(sources, account.sources)}
            for account in event.accounts
        ],
        "sources": _stored(sources, event.sources),
    }


def event_content(row: CampaignEvent) -> Content:
    """What `events/<key>.toml` says."""
    precision: Precision = row.precision  # type: ignore[assignment]  # held by a CHECK constraint
    return {
        "date": str(PartialDate(row.first_day, precision)),
        "uncertain": row.is_uncertain,
        "kind": row.kind,
        "summary": row.summary,
        "disagreement": row.disagreement,
        "accounts": row.accounts,
        "sources": row.sources,
    }


def case_values(case: "CaseFile", sources: Sources) -> Content:
    return {
        "names": [name.model_dump() for name in case.names],
        "status": case.status,
        "status_as_of": case.status_as_of.first_day,
        "status_precision": case.status_as_of.precision,
        "status_line": case.status_line,
        "status_sources": _stored(sources, case.status_sources),
        "demands": [{**demand.model_dump(), "sources": _stored(sources, demand.sources)} for demand in case.demands],
        "related": [
            {**person.model_dump(), "as_of": str(person.as_of), "sources": _stored(sources, person.sources)}
            for person in case.related
        ],
        "particulars": [
            {
                **one.model_dump(),
                "as_of": str(one.as_of) if one.as_of else None,
                "sources": _stored(sources, one.sources),
            }
            for one in case.particulars
        ],
        "targets": [{**office.model_dump(), "sources": _stored(sources, office.sources)} for office in case.targets],
        "born": str(case.born) if case.born else None,
        "checked_on": case.checked_on,
        "recheck_days": case.recheck_days,
    }


def case_content(row: Case) -> Content:
    """What `case.toml` says."""
    precision: Precision = row.status_precision  # type: ignore[assignment]  # written by PartialDate only
    return {
        "names": row.names,
        "status": row.status,
        "status_as_of": str(PartialDate(row.status_as_of, precision)),
        "status_line": row.status_line,
        "status_sources": row.status_sources,
        "demands": row.demands,
        "related": row.related,
        "particulars": row.particulars,
        "targets": row.targets,
        "born": row.born,
        "checked_on": row.checked_on.isoformat(),
        "recheck_days": row.recheck_days,
    }


def stored_source(source: "SourceEntry") -> Content:
    """A source as rows keep it, which is also how a content writes it out."""
    return {
        "publisher": source.publisher,
        "title": source.title,
        "url": str(source.url),
        "date": str(source.date) if source.date else None,
        "grade": source.grade,
        "archived": str(source.archived) if source.archived else None,
    }


def _stored(sources: Sources, keys: Iterable[str]) -> list[Content]:
    return [stored_source(sources[key]) for key in keys]
