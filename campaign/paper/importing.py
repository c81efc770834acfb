"""Rows typed from sheets, one file one batch: all of it waits for a second person, or none of it.

The browser seals each row and sends it with its address, of which the tag is made and nothing is kept, as when somebody
signs online. The parts of a file may be sent again; a file of which a part is missing never waits for approval.

An upload that was cut off goes on when the same file is sent again. So that no row of it comes twice, even from two
tabs at once, the browser makes the ids of rows from the file and the random id of the batch: nobody can without both.
"""

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from campaign.core.db import insert_new_rows
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.paper.actions import Deed, Sheets, check_sheets, locked, new_batch, note, seal_details
from campaign.paper.models import PaperBatch, PaperRow
from campaign.sealing.boxes import SMALLEST_BYTES
from campaign.sealing.queries import OpenEpoch
from campaign.signing.canonical_email import EmailAddress, dedupe_tag
from campaign.signing.purged import refuse_if_purged

# A box of this many bytes is 512, 1024 … and what sealing adds.
_SEALING_BYTES = 48
BOX_SIZES = frozenset(SMALLEST_BYTES * 2**step + _SEALING_BYTES for step in range(4))


@dataclass(frozen=True, slots=True, repr=False)
class TypedRow:
    """A row as the browser sends it: `sealed` is one of `BOX_SIZES` long. It has no repr, for it holds an address."""

    id: uuid.UUID
    sealed: bytes
    email: EmailAddress
    public_name: str | None
    wants_updates: bool


class WaitsAlready(Refused):
    """The file was imported whole and waits for approval, as the batch of this `number`."""

    def __init__(self, number: int) -> None:
        super().__init__("this file waits for approval already")
        self.number = number


@dataclass(frozen=True, slots=True)
class Upload:
    """Where the rows of a file go: a batch, and how many of them, from the first, it has already."""

    batch_id: uuid.UUID
    number: int
    taken: int


def file_tag(keyring: Keyring, campaign_id: uuid.UUID, digest: bytes) -> bytes:
    """Tells a file that was sent to this campaign before, and not that another had it too. Under a key outside the
    database, so that no file can be tried against it."""
    return hmac.digest(keyring.tags, b"paper file" + campaign_id.bytes + digest, hashlib.sha256)


def start_import(
    session: Session, deed: Deed, sheets: Sheets, *, epoch: OpenEpoch | None, file: bytes | None = None
) -> Upload:
    """A batch for as many rows as `sheets` has lines: the one in which this file was cut off, or a new one.

    `file` is its `file_tag`. Another upload of theirs that never ended goes. Raises WaitsAlready, SignaturesErased in a
    purged campaign, or Refused if there is no key to seal to.
    """
    refuse_if_purged(session, deed.campaign.id)
    if epoch is None:
        raise Refused("there is no key to seal to")
    check_sheets(sheets, deed.now)
    whole = _of_file(session, deed, file, PaperBatch.state == "waiting")
    if whole is not None:
        raise WaitsAlready(whole.number)
    is_own_upload = (PaperBatch.entered_by == deed.organizer_id) & (PaperBatch.state == "uploading")
    begun = _of_file(session, deed, file, is_own_upload & (PaperBatch.epoch_id == epoch.id))
    others = delete(PaperBatch).where(PaperBatch.campaign_id == deed.campaign.id, is_own_upload)
    session.execute(others.where(PaperBatch.id != begun.id) if begun else others)
    batch = begun or new_batch(session, deed, kind="rows", state="uploading", sheets=sheets)
    batch.file_tag, batch.lines, batch.signed_on = file, sheets.lines, sheets.signed_on
    batch.language, batch.text_version = sheets.language, sheets.text_version
    # It is a day from now on that the upload may take.
    batch.entered_at = deed.now
    seal_details(batch, deed, sheets, epoch)
    return Upload(batch.id, batch.number, _rows_of(session, batch))


def add_rows(
    session: Session, deed: Deed, number: int, rows: Sequence[TypedRow], *, epoch: OpenEpoch | None, keyring: Keyring
) -> None:
    """Keep a part of the file. Raises SignaturesErased in a purged campaign, Refused if the batch takes no more, or the
    rows are not sealed to this key."""
    refuse_if_purged(session, deed.campaign.id)
    batch = _uploading(session, deed, number)
    # Rows name no key of their own: they were sealed to the one that was there when the upload began.
    if epoch is None or epoch.id != batch.epoch_id:
        raise Refused("the key was changed meanwhile")
    insert_new_rows(
        session,
        PaperRow,
        [
            {
                "id": row.id,
                "batch_id": batch.id,
                "dedupe_tag": dedupe_tag(keyring.tags, deed.campaign.id, row.email.canonical),
                "epoch_id": epoch.id,
                "sealed": row.sealed,
                "wants_updates": row.wants_updates,
                "public_name": row.public_name,
            }
            for row in rows
        ],
    )
    if _rows_of(session, batch) > batch.lines:
        raise Refused("these are more rows than were announced")


def end_import(session: Session, deed: Deed, number: int) -> None:
    """All rows are there, and the batch waits for approval. Raises Refused if some are not, or in a purged campaign."""
    refuse_if_purged(session, deed.campaign.id)
    batch = _uploading(session, deed, number)
    if _rows_of(session, batch) != batch.lines:
        raise Refused("some rows did not arrive")
    batch.state = "waiting"
    note(session, deed, "imported_paper_rows", batch)


def drop_import(session: Session, deed: Deed, number: int) -> None:
    """Forget an upload as if it had never begun."""
    session.delete(_uploading(session, deed, number))


def _of_file(session: Session, deed: Deed, file: bytes | None, *which: ColumnElement[bool]) -> PaperBatch | None:
    if file is None:
        return None
    of_campaign = select(PaperBatch).where(PaperBatch.campaign_id == deed.campaign.id, PaperBatch.file_tag == file)
    return session.scalars(of_campaign.where(*which).order_by(PaperBatch.number).limit(1).with_for_update()).first()


def _uploading(session: Session, deed: Deed, number: int) -> PaperBatch:
    batch = locked(session, deed, number)
    if batch.state != "uploading" or batch.entered_by != deed.organizer_id:
        raise Refused("this upload has ended")
    return batch


def _rows_of(session: Session, batch: PaperBatch) -> int:
    return session.scalar(select(func.count()).select_from(PaperRow).where(PaperRow.batch_id == batch.id)) or 0
