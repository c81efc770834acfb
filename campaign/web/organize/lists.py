"""Taking lists off the site: what is asked first, what is written down, and the files themselves."""

import uuid
from collections.abc import Iterator
from urllib.parse import urljoin

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.counting.queries import origins, signature_count
from campaign.exports.confirmed_rows import BEFORE_ALL
from campaign.exports.public_names import (
    public_names_csv,
    public_names_json_lines,
    public_names_only,
    public_names_workbook,
)
from campaign.exports.sealed_list import sealed_list_lines, sealed_rows
from campaign.exports.selection import EVERYBODY
from campaign.web.headers import allow
from campaign.web.i18n import current_language, direction, language_name
from campaign.web.organize.delivery import MOST_NAMES, delivery_list
from campaign.web.organize.figures import source_label
from campaign.web.organize.list_forms import ListForm
from campaign.web.organize.list_tickets import Ticket, new_ticket, read_ticket
from campaign.web.organize.rules import allowed, may, this_campaign
from campaign.web.public.forms import FormError, typed_in

_NAME_FORMS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
    "pdf": "application/pdf",
}
# The forms that go on after a row; the others are one piece.
_GO_ON = {"csv", "jsonl"}


@allowed("viewer")
def lists(slug: str) -> ResponseReturnValue:
    """Which lists there are, and the form that gives the public names."""
    form = _form(
        [
            ("csv", gettext("CSV, for every spreadsheet")),
            ("xlsx", gettext("XLSX, for Excel and LibreOffice")),
            ("jsonl", gettext("JSON Lines, for programs")),
            ("pdf", gettext("PDF, to print and hand over")),
        ]
    )
    errors = _mistakes(form)
    if request.method == "POST" and not errors:
        is_long = form.form.data == "pdf" and _names(form) is None
        if not is_long:
            ticket = new_ticket("names", Ticket(form.form.data, form.selection), why=form.clean_purpose)
            return redirect(url_for("organize.public_names", **ticket), 303)
        errors = [FormError(form.form.id, _too_long())]
        form.form.errors = [_too_long()]
    page = render_template(
        "organize/lists.html", campaign=this_campaign(), form=form, errors=errors, may_open=may("editor")
    )
    return page, 400 if errors else 200


@allowed("editor", step_up=True)
def open_list(slug: str) -> ResponseReturnValue:
    """The form that gives the signature list, to be opened in this browser or taken along sealed."""
    form = _form(
        [
            ("open", gettext("Open it here with the phrase")),
            ("sealed", gettext("Sealed file, to open on another machine")),
        ]
    )
    errors = _mistakes(form)
    if request.method == "POST" and not errors:
        ticket = new_ticket("signatures", Ticket(form.form.data, form.selection), why=form.clean_purpose)
        is_open = form.form.data == "open"
        return redirect(url_for("organize.opening_list" if is_open else "organize.sealed_list", **ticket), 303)
    page = render_template("organize/ask_list.html", campaign=this_campaign(), form=form, errors=errors)
    return page, 400 if errors else 200


# Neither of the two that follow asks for the second factor again: their addresses exist only because it was shown, and
# a download that breaks off must be able to go on after ten minutes.
@allowed("editor")
def opening_list(slug: str, number: int, ticket: str) -> ResponseReturnValue:
    """Opens the signature list in the organizer's own browser. The page may talk to that list and nobody else."""
    if read_ticket("signatures", number, ticket) is None:
        return _gone("organize.open_list")
    view = this_campaign()
    address = url_for("organize.sealed_list", slug=slug, number=number, ticket=ticket)
    allow(
        connect_src=urljoin(request.host_url, address),
        script_src="'self' 'wasm-unsafe-eval'",
        worker_src="'self'",
    )
    return render_template("organize/open_list.html", campaign=view, address=address)


@allowed("editor")
def sealed_list(slug: str, number: int, ticket: str) -> ResponseReturnValue:
    """The signature list as ciphertext. `?after=` (the last id that has come) and `rows=` go on where it broke off."""
    found = read_ticket("signatures", number, ticket)
    if found is None:
        return _gone("organize.open_list")
    view, selection = this_campaign(), found.selection
    # Before the lines: an open read would keep others from signing while the list is sent.
    count = signature_count(db.session(), view.id)
    after, sent = _cursor(request.args.get("after")), request.args.get("rows", "0")
    if after is None or not (sent.isascii() and sent.isdigit() and len(sent) < 16):
        return _gone("organize.open_list")
    if after == BEFORE_ALL:
        lines = sealed_list_lines(
            db.session(), view.id, now=utc_now(), selection=selection, direction=direction(current_language())
        )
    else:
        db.session.rollback()
        lines = sealed_rows(db.session(), view.id, selection=selection, after=after, sent=int(sent))
    response = _attachment(lines, f"{slug}.sealed", "application/jsonl")
    if selection == EVERYBODY:
        response.headers["X-Signature-Count"] = str(count)
    return response


@allowed("viewer")
def public_names(slug: str, number: int, ticket: str) -> ResponseReturnValue:
    """Names their owners made public, in the form chosen; CSV and JSON Lines also after the row of `?after=`."""
    found, after = read_ticket("names", number, ticket), _cursor(request.args.get("after"))
    if found is None or after is None or (after != BEFORE_ALL and found.form not in _GO_ON):
        return _gone("organize.lists")
    view, session, selection = this_campaign(), db.session(), found.selection
    chunks: Iterator[bytes]
    is_rtl = direction(selection.language or current_language()) == "rtl"
    if found.form == "pdf":
        names = public_names_only(session, view.id, selection, most=MOST_NAMES)
        if names is None:
            return _gone("organize.lists")
        chunks = iter([delivery_list(view, names, now=utc_now())])
    elif found.form == "xlsx":
        chunks = public_names_workbook(session, view.id, selection, is_rtl=is_rtl)
    elif found.form == "jsonl":
        chunks = public_names_json_lines(session, view.id, selection, after=after)
    else:
        chunks = (block.encode() for block in public_names_csv(session, view.id, selection, after=after))
    return _attachment(chunks, f"{slug}-public-names.{found.form}", _NAME_FORMS[found.form])


def _form(forms: list[tuple[str, str]]) -> ListForm:
    form, found = ListForm(typed_in()), origins(db.session(), this_campaign().id)
    form.offer(
        forms,
        [(code, language_name(code)) for code, _ in found.languages],
        [(source, source_label(source)) for source, _ in found.sources],
    )
    return form


def _mistakes(form: ListForm) -> list[FormError]:
    if request.method == "GET" or form.validate_on_submit():
        return []
    return [FormError(field.id, str(message)) for field in form for message in field.errors]


def _names(form: ListForm) -> list[str] | None:
    return public_names_only(db.session(), this_campaign().id, form.selection, most=MOST_NAMES)


def _too_long() -> str:
    return str(gettext("The PDF takes ten thousand names. Choose another format, or fewer signatures."))


def _cursor(written: str | None) -> uuid.UUID | None:
    """The id written there, `BEFORE_ALL` if there is none, None if it is no id."""
    if not written:
        return BEFORE_ALL
    try:
        return uuid.UUID(hex=written)
    except ValueError:
        return None


def _gone(endpoint: str) -> ResponseReturnValue:
    again = url_for(endpoint, slug=this_campaign().slug)
    return render_template("organize/list_gone.html", campaign=this_campaign(), again=again), 404


def _attachment(chunks: Iterator[bytes], name: str, mimetype: str) -> Response:
    response = Response(stream_with_context(chunks), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
