"""Scans of sheets, and what else is sealed of a batch: brought by whoever enters it, opened by whoever approves."""

import uuid

from flask import Response, abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.exports.sealed_list import written_box, written_epoch
from campaign.paper.queries import BatchView, batch, scan_epoch, sealed_details, sealed_rows, sealed_scan
from campaign.paper.scans import BLOCK_BYTES, MOST_PLAIN_BYTES, MOST_SEALED_BYTES, keep_scan
from campaign.sealing.queries import epoch_keys
from campaign.web.organize.paper import deed, refused_as_purged
from campaign.web.organize.paper_tokens import allow_own_calls, require_token_header, written_key
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.contexts import open_epoch

FORMAT = "campaign-paper-batch/1"


@allowed("moderator")
def paper_scan(slug: str, number: int) -> ResponseReturnValue:
    """Seal a scan in the browser and send it."""
    if purged := refused_as_purged():
        return purged
    found, epoch = batch(db.session(), this_campaign().id, number), open_epoch()
    if found.state != "waiting" or found.entered_by != this_account().id or epoch is None:
        raise Refused("this batch takes no scan")
    allow_own_calls()
    return render_template(
        "organize/paper_scan.html",
        campaign=this_campaign(),
        batch=found,
        public_key=written_key(epoch),
        most_bytes=MOST_PLAIN_BYTES,
        block_bytes=BLOCK_BYTES,
    )


@allowed("moderator")
def keep_paper_scan(slug: str, number: int) -> ResponseReturnValue:
    """Take the sealed scan. The only form of this site that may be larger than `MAX_FORM_BYTES`."""
    require_token_header()
    request.max_content_length = MOST_SEALED_BYTES
    if request.mimetype != "application/octet-stream":
        abort(400)
    sealed = request.get_data(cache=False)
    if request.content_length is not None and len(sealed) != request.content_length:
        abort(400)
    with transaction() as session:
        keep_scan(session, deed(), number, sealed, epoch=open_epoch())
    return jsonify(next=url_for("organize.paper_batch", slug=slug, number=number))


@allowed("editor", step_up=True)
def open_paper(slug: str, number: int) -> ResponseReturnValue:
    """Opens what is sealed of a batch in the organizer's own browser. The page may talk to that batch only."""
    found = batch(db.session(), this_campaign().id, number)
    allow_own_calls()
    return render_template("organize/paper_open.html", campaign=this_campaign(), batch=found)


@allowed("editor", step_up=True)
def sealed_paper(slug: str, number: int) -> Response:
    """The sealed place and collector, and the wrapped keys that open them and the scan."""
    found = batch(db.session(), this_campaign().id, number)
    _note_opening(found)
    details, scan = sealed_details(db.session(), found.id), scan_epoch(db.session(), found.id)
    used = {*({details.epoch_id} if details else ()), *({scan} if scan else ())}
    return jsonify(
        format=FORMAT,
        campaign=slug,
        batch=found.id.hex,
        epochs=[written_epoch(epoch) for epoch in epoch_keys(db.session(), used)],
        details=written_box(details.epoch_id, details.sealed) if details else None,
        scan=scan.hex if scan else None,
    )


@allowed("editor", step_up=True)
def sealed_paper_scan(slug: str, number: int) -> Response:
    """The scan as ciphertext."""
    found = batch(db.session(), this_campaign().id, number)
    scan = sealed_scan(db.session(), found.id)
    if scan is None:
        abort(404)
    _note_opening(found)
    return Response(scan.sealed, mimetype="application/octet-stream")


@allowed("editor", step_up=True)
def sealed_paper_rows(slug: str, number: int) -> Response:
    """Imported rows that wait, as ciphertext, those after the id `after`: for whoever says that they count."""
    found = batch(db.session(), this_campaign().id, number)
    written = request.args.get("after", "")
    try:
        after = uuid.UUID(hex=written) if written else None
    except ValueError:
        abort(400)
    _note_opening(found)
    return jsonify(
        rows=[
            {
                "id": row.id.hex,
                **written_box(row.box.epoch_id, row.box.sealed),
                "public_name": row.public_name,
                "updates": row.wants_updates,
            }
            for row in sealed_rows(db.session(), found.id, after=after)
        ]
    )


def _note_opening(found: BatchView) -> None:
    with transaction() as session:
        record(
            session,
            organizer_id=this_account().id,
            action="opened_paper_batch",
            subject=this_campaign().slug,
            why=f"#{found.number}",
            now=utc_now(),
        )
