"""Rows typed from sheets come from a file that the browser reads, checks and seals; here arrive sealed rows only.

With each row comes its address, of which the tag is made; nothing keeps it. A row that is not right, or that somebody
did not consent to, ends the upload, and it is as if it had never begun. One that was only cut off goes on with the same
file.
"""

import re
import uuid
from binascii import a2b_base64
from typing import Any

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.errors import Invalid, Refused
from campaign.core.text_rules import check_name
from campaign.paper.actions import MOST_LINES
from campaign.paper.importing import (
    BOX_SIZES,
    TypedRow,
    WaitsAlready,
    add_rows,
    drop_import,
    end_import,
    file_tag,
    start_import,
)
from campaign.signing.canonical_email import read_email
from campaign.signing.purged import SignaturesErased
from campaign.web.i18n import current_language
from campaign.web.organize.paper import ERASED, deed, refused_as_purged, sheets_of
from campaign.web.organize.paper_forms import PaperForm
from campaign.web.organize.paper_tokens import allow_own_calls, require_token_header, written_key
from campaign.web.organize.rules import allowed, this_campaign
from campaign.web.public.contexts import open_epoch
from campaign.web.public.countries import country_codes
from campaign.web.services import services

# As many as fit into a form of the usual size, with boxes of the usual size; the browser sends fewer of larger ones.
ROWS_AT_ONCE = 40


@allowed("moderator")
def import_paper(slug: str) -> ResponseReturnValue:
    """Choose a file; the browser does the rest."""
    if purged := refused_as_purged():
        return purged
    form = PaperForm(None)
    form.language.data = current_language()
    allow_own_calls()
    return render_template(
        "organize/paper_import.html",
        campaign=this_campaign(),
        form=form,
        public_key=written_key(open_epoch()),
        countries=" ".join(sorted(country_codes())),
        most_rows=MOST_LINES,
        rows_at_once=ROWS_AT_ONCE,
        today=utc_now().date(),
    )


@allowed("moderator")
def begin_import(slug: str) -> ResponseReturnValue:
    """Take what is typed about the batch, and the SHA-256 of the file in hexadecimal, by which an upload that was cut
    off is found again. Says where the rows go, how many are there already, and where to say that they were all."""
    require_token_header()
    body = _body()
    form = PaperForm(MultiDict(_texts(body)), meta={"csrf": False})
    form.today = utc_now().date()
    if not form.validate():
        named = next(field for field in form if field.errors)
        return jsonify(error="field", field=named.id, message=str(named.errors[0])), 400
    sheets = sheets_of(form)
    digest = _digest(body.get("file"))
    if digest is None:
        return jsonify(error="format"), 400
    file = file_tag(services().keyring, this_campaign().id, digest)
    try:
        with transaction() as session:
            upload = start_import(session, deed(), sheets, epoch=open_epoch(), file=file)
    except WaitsAlready as waits:
        return jsonify(next=url_for("organize.paper_batch", slug=slug, number=waits.number))
    except SignaturesErased:
        return _erased()
    except Refused:
        return jsonify(error="key"), 409
    return jsonify(
        batch=upload.batch_id.hex,
        taken=upload.taken,
        rows=url_for("organize.import_rows", slug=slug, number=upload.number),
        end=url_for("organize.end_rows", slug=slug, number=upload.number),
    )


@allowed("moderator")
def import_rows(slug: str, number: int) -> ResponseReturnValue:
    """Take a part of the rows. A row that is not right ends the upload."""
    require_token_header()
    rows = _body().get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= ROWS_AT_ONCE:
        return _dropped(number, jsonify(error="format"))
    typed = []
    for place, row in enumerate(rows):
        try:
            typed.append(_typed(row))
        except Invalid as wrong:
            return _dropped(number, jsonify(error="row", row=place, why=wrong.field))
    try:
        with transaction() as session:
            add_rows(session, deed(), number, typed, epoch=open_epoch(), keyring=services().keyring)
    except SignaturesErased:
        return _erased()
    except Refused:
        return jsonify(error="ended"), 409
    return jsonify(taken=len(typed))


@allowed("moderator")
def end_rows(slug: str, number: int) -> ResponseReturnValue:
    """Say that all rows were sent: from now on the batch waits for a second person."""
    require_token_header()
    try:
        with transaction() as session:
            end_import(session, deed(), number)
    except SignaturesErased:
        return _erased()
    except Refused:
        return jsonify(error="ended"), 409
    return jsonify(next=url_for("organize.paper_batch", slug=slug, number=number))


def _dropped(number: int, answer: Any) -> ResponseReturnValue:
    try:
        with transaction() as session:
            drop_import(session, deed(), number)
    except Refused:
        return jsonify(error="ended"), 409
    return answer, 400


def _erased() -> ResponseReturnValue:
    return jsonify(error="erased", message=str(ERASED)), 409


def _body() -> dict[str, Any]:
    """The JSON object that was sent; an empty one for anything else."""
    value = request.get_json(silent=True, cache=False)
    return value if isinstance(value, dict) else {}


def _digest(value: object) -> bytes | None:
    is_one = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
    return bytes.fromhex(str(value)) if is_one else None


def _texts(body: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}


def _typed(row: object) -> TypedRow:
    """A row, checked. Raises Invalid whose `field` says what is wrong with it, and nothing of what is in it."""
    if not isinstance(row, dict):
        raise Invalid("no row", field="format")
    if row.get("consent") is not True:
        raise Invalid("no consent", field="consent")
    said = _texts(row)
    try:
        row_id, sealed = uuid.UUID(hex=said["id"]), a2b_base64(said["sealed"], strict_mode=True)
    except (KeyError, ValueError):
        raise Invalid("no row", field="format") from None
    if len(sealed) not in BOX_SIZES or not isinstance(row.get("updates"), bool):
        raise Invalid("no row", field="format")
    return TypedRow(row_id, sealed, read_email(said.get("email", "")), _public_name(said), row["updates"])


def _public_name(said: dict[str, str]) -> str | None:
    name = said.get("public_name", "")
    try:
        return check_name(name) if name.strip() else None
    except Invalid:
        raise Invalid("no public name", field="public_name") from None
