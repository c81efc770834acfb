"""Enter what was signed on paper, and let a second person say that it counts. Each step is in the audit log.

Whoever enters a batch never approves it. What of it names somebody is sealed, and goes when the batch has ended, or
`KEPT_DAYS` after it was approved.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import CampaignView
from campaign.core.clock import hour_of
from campaign.core.errors import Invalid, NotFound, Refused
from campaign.paper.counted_rows import count_rows, uncount_rows
from campaign.paper.models import PaperBatch, PaperRow, PaperScan
from campaign.sealing.boxes import seal
from campaign.sealing.queries import OpenEpoch
from campaign.signing.purged import refuse_if_purged

MOST_LINES = 10_000


class OwnBatch(Refused):
    """Somebody would approve what they entered themselves."""


class Corrected(Refused):
    """The batch was corrected after it was shown."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """What is typed about a batch of sheets. Empty `place` and `collector` leave what was entered before."""

    signed_on: date
    lines: int
    language: str
    text_version: int
    place: str
    collector: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, to a batch of which campaign, and when."""

    campaign: CampaignView
    organizer_id: uuid.UUID
    now: datetime


def enter_sheets(session: Session, deed: Deed, sheets: Sheets, *, epoch: OpenEpoch | None) -> int:
    """A new batch that waits for approval; its number.

    Raises Invalid, SignaturesErased in a purged campaign, or Refused if there is no key to seal to.
    """
    refuse_if_purged(session, deed.campaign.id)
    if epoch is None:
        raise Refused("there is no key to seal to")
    check_sheets(sheets, deed.now)
    batch = new_batch(session, deed, kind="sheets", state="waiting", sheets=sheets)
    seal_details(batch, deed, sheets, epoch)
    note(session, deed, "entered_paper_batch", batch)
    return batch.number


def correct_sheets(session: Session, deed: Deed, number: int, sheets: Sheets, *, epoch: OpenEpoch | None) -> None:
    """Change a batch that waits. Only who entered it may; raises Refused for others, and once it is decided.

    In a purged campaign the number can still be set right, for it names nobody; a place raises SignaturesErased.
    """
    batch = locked(session, deed, number)
    if batch.state != "waiting" or batch.kind != "sheets":
        raise Refused("this batch can no longer be corrected")
    if batch.entered_by != deed.organizer_id:
        raise Refused("only who entered a batch corrects it")
    check_sheets(sheets, deed.now)
    batch.signed_on, batch.lines = sheets.signed_on, sheets.lines
    batch.language, batch.text_version = sheets.language, sheets.text_version
    batch.revision += 1
    if sheets.place or sheets.collector:
        refuse_if_purged(session, deed.campaign.id)
        if epoch is None:
            raise Refused("there is no key to seal to")
        seal_details(batch, deed, sheets, epoch)
    note(session, deed, "corrected_paper_batch", batch)


def approve(session: Session, deed: Deed, number: int, *, revision: int) -> None:
    """Let a batch count from now on. `revision` is the one that was looked at.

    Raises OwnBatch, Corrected, or Refused if it does not wait (any more): of two who approve at once, one.
    """
    batch = locked(session, deed, number)
    if batch.state != "waiting":
        raise Refused("this batch does not wait for approval")
    if batch.entered_by == deed.organizer_id:
        raise OwnBatch("whoever enters a batch does not approve it")
    if batch.revision != revision:
        raise Corrected("this batch was corrected meanwhile")
    batch.counted = batch.lines if batch.kind == "sheets" else count_rows(session, batch, now=deed.now)
    batch.state, batch.approved_by, batch.approved_hour = "approved", deed.organizer_id, hour_of(deed.now)
    batch.file_tag = None
    note(session, deed, "approved_paper_batch", batch)


def reject(session: Session, deed: Deed, number: int, *, why: str) -> None:
    """A batch that waits will not count. What of it names somebody is erased."""
    batch = locked(session, deed, number)
    if batch.state not in ("waiting", "uploading"):
        raise Refused("this batch does not wait for approval")
    _end(session, deed, batch, "rejected", why)
    note(session, deed, "rejected_paper_batch", batch, why)


def take_back(session: Session, deed: Deed, number: int, *, why: str) -> None:
    """A batch that counted counts no more; signatures that came with it are erased."""
    batch = locked(session, deed, number)
    if batch.state != "approved":
        raise Refused("only a batch that counts can be taken back")
    if batch.kind == "rows":
        uncount_rows(session, batch)
    _end(session, deed, batch, "taken_back", why)
    note(session, deed, "took_back_paper_batch", batch, why)


def new_batch(session: Session, deed: Deed, *, kind: str, state: str, sheets: Sheets) -> PaperBatch:
    """The next batch of a campaign, in the session and written, not in the audit log."""
    # So that two who enter at once get two numbers. It leaves alone those who sign.
    session.execute(select(Campaign.id).where(Campaign.id == deed.campaign.id).with_for_update(key_share=True))
    last = session.scalar(select(func.max(PaperBatch.number)).where(PaperBatch.campaign_id == deed.campaign.id))
    batch = PaperBatch(
        id=uuid.uuid4(),
        campaign_id=deed.campaign.id,
        number=(last or 0) + 1,
        kind=kind,
        state=state,
        signed_on=sheets.signed_on,
        lines=sheets.lines,
        language=sheets.language,
        text_version=sheets.text_version,
        entered_by=deed.organizer_id,
        entered_at=deed.now,
    )
    session.add(batch)
    session.flush()
    return batch


def locked(session: Session, deed: Deed, number: int) -> PaperBatch:
    """A batch of this campaign, nobody else's until the transaction ends. Raises NotFound."""
    batch = session.scalar(
        select(PaperBatch)
        .where(PaperBatch.campaign_id == deed.campaign.id, PaperBatch.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if batch is None:
        raise NotFound("there is no such batch")
    return batch


def note(session: Session, deed: Deed, action: str, batch: PaperBatch, why: str = "") -> None:
    """Write down what was done to a batch, by its number."""
    said = f"#{batch.number} {why}".strip()[:300]
    record(session, organizer_id=deed.organizer_id, action=action, subject=deed.campaign.slug, why=said, now=deed.now)


def check_sheets(sheets: Sheets, now: datetime) -> None:
    """Raises Invalid for a day to come, or a number of lines that no batch has."""
    if sheets.signed_on > now.date():
        raise Invalid("a sheet is not of a day to come", field="signed_on")
    if not 1 <= sheets.lines <= MOST_LINES:
        raise Invalid(f"a batch has 1 to {MOST_LINES} lines", field="lines")


def seal_details(batch: PaperBatch, deed: Deed, sheets: Sheets, epoch: OpenEpoch) -> None:
    """Seal the place and who collected, as what a signatory types is sealed."""
    fields = {"campaign": deed.campaign.slug, "signature": batch.id.hex}
    named = {"place": sheets.place, "collector": sheets.collector}
    batch.epoch_id, batch.details = epoch.id, seal(epoch.public_key, {**fields, **named})


def _end(session: Session, deed: Deed, batch: PaperBatch, state: str, why: str) -> None:
    batch.state, batch.ended_by, batch.ended_at, batch.reason = state, deed.organizer_id, deed.now, why
    forget(session, batch)


def forget(session: Session, batch: PaperBatch) -> None:
    """Erase all of a batch that names somebody: rows, scan, place, who collected."""
    batch.epoch_id = batch.details = batch.file_tag = None
    session.execute(delete(PaperRow).where(PaperRow.batch_id == batch.id))
    session.execute(delete(PaperScan).where(PaperScan.batch_id == batch.id))
