"""Reads of a case, as of its dates: demands that are true to make, and whether the page has grown stale."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.queries import SourceView, in_language, readable_campaigns, source_view
from campaign.cases.models import Case
from campaign.core.partial_date import PartialDate, Precision

_SCRIPT_LANGUAGES = {"latin": "en", "persian": "fa", "arabic": "ar", "sorani": "ckb"}


@dataclass(frozen=True, slots=True)
class NameView:
    """The name in one script, marked with a `language` written in it; `also` are other spellings found in sources."""

    language: str
    shown: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemandView:
    key: str
    text: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class RelatedView:
    """Somebody whose fate belongs to this case, spoken of as of a date.

    `campaign` is the slug of a case of their own, if it has a public page.
    """

    key: str
    name: str
    as_of: PartialDate
    note: str
    sources: tuple[SourceView, ...]
    campaign: str | None


@dataclass(frozen=True, slots=True)
class ParticularView:
    """One thing known of the person; `about` is `who`, `charges`, `place` or `since`."""

    about: str
    text: str
    as_of: PartialDate | None
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office that decides about the case. `address` has lines."""

    key: str
    office: str
    address: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """`names` begin with the one in the reader's own script; `demands` and `particulars` are those valid under
    `status`.

    `is_stale` says that nobody has looked for news in time.
    """

    names: tuple[NameView, ...]
    status: str
    status_as_of: PartialDate
    status_line: str
    status_sources: tuple[SourceView, ...]
    particulars: tuple[ParticularView, ...]
    demands: tuple[DemandView, ...]
    targets: tuple[OfficeView, ...]
    related: tuple[RelatedView, ...]
    checked_on: date
    days_since_check: int
    is_stale: bool


def case_of(session: Session, campaign_id: uuid.UUID, language: str, *, today: date) -> CaseView | None:
    """The case of a campaign, or None for a petition."""
    row = session.get(Case, campaign_id)
    return case_view(session, row, language, today=today) if row else None


def may_be_written_to(session: Session, campaign_id: uuid.UUID) -> bool:
    """Whether a message can still reach the person of a campaign: not once they have died."""
    return session.scalar(select(Case.status).where(Case.campaign_id == campaign_id)) != "died"


def cases_of_all(session: Session, language: str, *, today: date) -> dict[uuid.UUID, CaseView]:
    """All cases by the id of their campaign."""
    slugs = _slugs(session, language)
    return {row.campaign_id: _view(row, language, today, slugs) for row in session.scalars(select(Case))}


def case_view(session: Session, row: Case, language: str, *, today: date) -> CaseView:
    """A case as a page shows it; the row need not be stored."""
    return _view(row, language, today, _slugs(session, language))


def _slugs(session: Session, language: str) -> frozenset[str]:
    return frozenset(view.slug for view in readable_campaigns(session, language))


def _view(row: Case, language: str, today: date, slugs: Collection[str]) -> CaseView:
    precision: Precision = row.status_precision  # type: ignore[assignment]  # written by PartialDate only
    days = (today - row.checked_on).days
    return CaseView(
        names=_names(row.names, language),
        status=row.status,
        status_as_of=PartialDate(row.status_as_of, precision),
        status_line=in_language(row.status_line, language),
        status_sources=_sources(row.status_sources),
        particulars=tuple(_particular(one, language) for one in row.particulars if row.status in one["valid_while"]),
        demands=tuple(
            DemandView(demand["key"], in_language(demand["text"], language), _sources(demand["sources"]))
            for demand in row.demands
            if row.status in demand["valid_while"]
        ),
        targets=tuple(
            OfficeView(one["key"], in_language(one["office"], language), one["address"], _sources(one["sources"]))
            for one in row.targets
        ),
        related=tuple(_related(person, language, slugs) for person in row.related),
        checked_on=row.checked_on,
        days_since_check=days,
        is_stale=days > row.recheck_days,
    )


def _particular(stored: dict[str, Any], language: str) -> ParticularView:
    as_of = PartialDate.parse(stored["as_of"]) if stored["as_of"] else None
    return ParticularView(stored["about"], in_language(stored["text"], language), as_of, _sources(stored["sources"]))


def _related(stored: dict[str, Any], language: str, slugs: Collection[str]) -> RelatedView:
    campaign = stored.get("campaign")
    return RelatedView(
        key=stored["key"],
        name=in_language(stored["name"], language),
        as_of=PartialDate.parse(stored["as_of"]),
        note=in_language(stored["note"], language),
        sources=_sources(stored["sources"]),
        campaign=campaign if campaign in slugs else None,
    )


def _names(stored: list[dict[str, Any]], language: str) -> tuple[NameView, ...]:
    """The names, the one in the reader's own script first."""
    names = [NameView(_SCRIPT_LANGUAGES[name["script"]], name["shown"], tuple(name["also"])) for name in stored]
    return tuple(sorted(names, key=lambda name: name.language != language))


def _sources(stored: list[dict[str, object]]) -> tuple[SourceView, ...]:
    return tuple(source_view(source) for source in stored)
