"""Scans of sheets. They come sealed, are opened by whoever approves, and are no part of any backup."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from campaign.core.errors import Invalid, Refused
from campaign.paper.actions import Deed, locked, note
from campaign.paper.models import PaperScan
from campaign.sealing.queries import OpenEpoch
from campaign.signing.purged import refuse_if_purged

# `static/js/paper-scan.js` pads a scan to blocks of this size.
BLOCK_BYTES = 64 * 1024
MOST_PLAIN_BYTES = 4 * 1024 * 1024
_SEALING_BYTES = 48
MOST_SEALED_BYTES = MOST_PLAIN_BYTES + BLOCK_BYTES + _SEALING_BYTES


def keep_scan(session: Session, deed: Deed, number: int, sealed: bytes, *, epoch: OpenEpoch | None) -> None:
    """The scan of a batch that waits, in place of an older one. Only who entered the batch brings it.

    Raises Invalid for what cannot be a sealed scan (whether it is one shows when it is opened), and SignaturesErased in
    a purged campaign.
    """
    refuse_if_purged(session, deed.campaign.id)
    batch = locked(session, deed, number)
    if batch.state != "waiting" or batch.entered_by != deed.organizer_id:
        raise Refused("this batch takes no scan")
    if epoch is None:
        raise Refused("there is no key to seal to")
    blocks, rest = divmod(len(sealed) - _SEALING_BYTES, BLOCK_BYTES)
    if blocks < 1 or rest or len(sealed) > MOST_SEALED_BYTES:
        raise Invalid("this is not a sealed scan")
    session.execute(delete(PaperScan).where(PaperScan.batch_id == batch.id))
    session.add(PaperScan(batch_id=batch.id, epoch_id=epoch.id, sealed=sealed))
    # Whoever is about to approve looks again.
    batch.revision += 1
    note(session, deed, "scanned_paper_batch", batch)
