"""Writes checked seeds into the database: by slug, again and again, and never over an organizer's edit."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign, CampaignCommunity, CampaignEvent, CampaignText, SiteSetting
from campaign.campaigns.retention import note_state
from campaign.campaigns.texts import add_version, newest_texts
from campaign.cases.models import Case
from campaign.letters.models import ModelLetter
from campaign.seeding.files import CaseFile, EventFile, SiteFile, SourceEntry
from campaign.seeding.letters import letter_values
from campaign.seeding.reader import SeedCampaign, SeedSite
from campaign.seeding.rows import TEXT_FIELDS, campaign_values, case_values, event_values, text_values
from campaign.seeding.updates import update_values
from campaign.signing.purging import note_change, refuse_opening
from campaign.updates.models import CampaignUpdate


@dataclass
class SeedReport:
    """How many things were written, found as they should be, or left alone because an organizer edited them."""

    written: int = 0
    unchanged: int = 0
    edited: int = 0

    def __str__(self) -> str:
        return f"{self.written} written, {self.unchanged} unchanged, {self.edited} left alone (edited by organizers)"


def plant(session: Session, seeds: SeedSite, *, now: datetime) -> SeedReport:
    """Insert or update everything in `seeds`. Running it again changes nothing.

    Raises Refused if a campaign is to be opened whose signatures were purged.
    """
    report = SeedReport()
    _plant_site(session, seeds.site, report)
    for campaign in seeds.campaigns:
        _plant_campaign(session, campaign, seeds.site.languages[0], report, now)
    return report


def _plant_site(session: Session, site: SiteFile, report: SeedReport) -> None:
    values = {"languages": site.languages, "name": site.name, "tagline": site.tagline, "allies": site.allies}
    _upsert(session, SiteSetting, session.get(SiteSetting, 1), {"id": 1}, values, report)


def _plant_campaign(session: Session, seed: SeedCampaign, original: str, report: SeedReport, now: datetime) -> None:
    existing, written = session.scalar(select(Campaign).where(Campaign.slug == seed.slug)), report.written
    was_draft = existing is not None and existing.state == "draft"
    values = campaign_values(seed.about, seed.sources)
    campaign = _upsert(session, Campaign, existing, {"slug": seed.slug, "id": uuid.uuid4()}, values, report)
    note_state(campaign, now=now)
    refuse_opening(session, campaign)
    if campaign.edited_at is None:
        _plant_communities(session, campaign.id, seed, report, now)
    _plant_texts(session, campaign.id, seed, original, report, now)
    _take_down(session, CampaignEvent, campaign.id, set(seed.events), report)
    for key, event in seed.events.items():
        _plant_event(session, campaign.id, key, event, seed.sources, report)
    _plant_letters(session, campaign.id, seed, report)
    _plant_updates(session, campaign.id, seed, report, now)
    if seed.case:
        _plant_case(session, campaign.id, seed.case, seed.sources, report)
    elif (case := session.get(Case, campaign.id)) is not None and case.edited_at is None:
        session.delete(case)
        report.written += 1
    if was_draft and report.written > written:
        note_change(session, campaign, now=now)


def _plant_communities(
    session: Session, campaign_id: uuid.UUID, seed: SeedCampaign, report: SeedReport, now: datetime
) -> None:
    """One that is no longer in the file stays for those who named it, and is offered no more."""
    kept = {part.key for part in seed.about.communities}
    offered = CampaignCommunity.campaign_id == campaign_id, CampaignCommunity.retired_at.is_(None)
    for row in session.scalars(select(CampaignCommunity).where(*offered, CampaignCommunity.key.not_in(kept))).all():
        row.retired_at = now
        report.written += 1
    for position, community in enumerate(seed.about.communities):
        existing = session.get(CampaignCommunity, (campaign_id, community.key))
        new = {"campaign_id": campaign_id, "key": community.key}
        values = {"position": position, "label": community.label, "retired_at": None}
        _upsert(session, CampaignCommunity, existing, new, values, report)


def _plant_texts(
    session: Session, campaign_id: uuid.UUID, seed: SeedCampaign, original: str, report: SeedReport, now: datetime
) -> None:
    """The original first: texts in other languages are translations of it."""
    newest = newest_texts(session, campaign_id)
    edited = {language for language, row in newest.items() if row.edited_at is not None}
    report.edited += len(edited)
    made_from = newest[original].version if original in edited else None
    for language in sorted(set(seed.texts) - edited, key=lambda language: (language != original, language)):
        values = {**text_values(seed.texts[language]), "made_from": made_from}
        row = _plant_text(session, campaign_id, language, newest.get(language), values, report, now)
        if language == original:
            made_from = row.version
    _retire_texts(session, campaign_id, set(seed.texts) | edited, report, now)


def _plant_text(
    session: Session,
    campaign_id: uuid.UUID,
    language: str,
    newest: CampaignText | None,
    values: dict[str, Any],
    report: SeedReport,
    now: datetime,
) -> CampaignText:
    """A changed text is a new version, so that a signature still names what was signed."""
    if (
        newest is not None
        and newest.retired_at is None
        and all(getattr(newest, name) == values[name] for name in TEXT_FIELDS)
    ):
        report.unchanged += 1
        return newest
    report.written += 1
    return add_version(session, campaign_id, language, values, now=now)


def _retire_texts(session: Session, campaign_id: uuid.UUID, kept: set[str], report: SeedReport, now: datetime) -> None:
    """A language whose file is gone is shown no more. Its versions stay, because signatures name them."""
    rows = session.scalars(
        select(CampaignText).where(
            CampaignText.campaign_id == campaign_id,
            CampaignText.language.not_in(kept),
            CampaignText.retired_at.is_(None),
        )
    )
    for row in rows:
        row.retired_at = now
        report.written += 1


def _take_down(
    session: Session,
    model: type[Any],
    campaign_id: uuid.UUID,
    kept: set[str],
    report: SeedReport,
) -> None:
    """What is no longer in the files is gone, unless an organizer wrote or edited it. The rows have a `key`."""
    for row in session.scalars(select(model).where(model.campaign_id == campaign_id)).all():
        if row.key not in kept and getattr(row, "edited_at", None) is None:
            session.delete(row)
            report.written += 1


def _plant_event(
    session: Session,
    campaign_id: uuid.UUID,
    key: str,
    event: EventFile,
    sources: dict[str, SourceEntry],
    report: SeedReport,
) -> None:
    existing = session.scalar(
        select(CampaignEvent).where(CampaignEvent.campaign_id == campaign_id, CampaignEvent.key == key)
    )
    values = event_values(event, sources)
    _upsert(session, CampaignEvent, existing, {"campaign_id": campaign_id, "key": key}, values, report)


def _plant_letters(session: Session, campaign_id: uuid.UUID, seed: SeedCampaign, report: SeedReport) -> None:
    _take_down(session, ModelLetter, campaign_id, set(seed.letters), report)
    for key, letter in seed.letters.items():
        existing = session.get(ModelLetter, (campaign_id, key))
        new = {"campaign_id": campaign_id, "key": key}
        _upsert(session, ModelLetter, existing, new, letter_values(letter, seed.sources), report)


def _plant_updates(
    session: Session, campaign_id: uuid.UUID, seed: SeedCampaign, report: SeedReport, now: datetime
) -> None:
    _take_down(session, CampaignUpdate, campaign_id, set(seed.updates), report)
    for key, update in seed.updates.items():
        existing, written = session.get(CampaignUpdate, (campaign_id, key)), report.written
        new = {"campaign_id": campaign_id, "key": key, "changed_at": now}
        row = _upsert(session, CampaignUpdate, existing, new, update_values(update, seed.sources), report)
        if report.written > written:
            row.changed_at = now


def _plant_case(
    session: Session, campaign_id: uuid.UUID, case: CaseFile, sources: dict[str, SourceEntry], report: SeedReport
) -> None:
    values = case_values(case, sources)
    existing = session.get(Case, campaign_id)
    if existing is not None:
        # Somebody may have looked for news since the file was written, and said so at the desk.
        values["checked_on"] = max(existing.checked_on, case.checked_on)
    _upsert(session, Case, existing, {"campaign_id": campaign_id}, values, report)


def _upsert(
    session: Session,
    model: type[Any],
    existing: Any | None,
    new: dict[str, Any],
    values: dict[str, Any],
    report: SeedReport,
) -> Any:
    if existing is None:
        existing = model(**new, **values)
        session.add(existing)
        session.flush()
        report.written += 1
    elif getattr(existing, "edited_at", None) is not None:
        report.edited += 1
    elif all(getattr(existing, name) == value for name, value in values.items()):
        report.unchanged += 1
    else:
        for name, value in values.items():
            setattr(existing, name, value)
        report.written += 1
    return existing
