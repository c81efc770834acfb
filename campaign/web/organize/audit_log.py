"""The audit log at the desk: who did what, when and why, and whether the log is whole."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length, ValidationError

from campaign.audit.actions import record
from campaign.audit.head import FILE_NAME
from campaign.audit.queries import AuditLine, all_entries, entries
from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.text_rules import BadText, check_message
from campaign.exports.spreadsheet import BYTE_ORDER_MARK, csv_block
from campaign.organizers.queries import logins
from campaign.web.i18n import current_language
from campaign.web.organize.rules import allowed, this_account, this_campaign
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services
from campaign.web.words import AUDIT_ACTIONS

ENTRIES_A_PAGE = 50
# What actions, campaigns and logins are called.
_KEY = re.compile(r"[a-z0-9._-]{1,200}")
_NUMBER = re.compile(r"[0-9]{1,9}")


class PurposeForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    why = StringField(
        _l("What do you need it for?"),
        [
            DataRequired(_l("Say what you need the file for.")),
            Length(max=300, message=_l("Use at most 300 characters.")),
        ],
    )

    def validate_why(self, field: StringField) -> None:
        """One line that can be shown."""
        try:
            field.data = " ".join(check_message(field.data or "").split())
        except BadText:
            raise ValidationError(
                gettext("This holds characters that cannot be shown. Type it again instead of pasting it.")
            ) from None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry in words. `who` is a login, or says who it was where there is none."""

    number: int
    at: datetime
    who: str
    is_login: bool
    what: str
    subject: str
    why: str


@allowed("owner")
def audit() -> ResponseReturnValue:
    """All that was done on this site."""
    return _page(None, PurposeForm(formdata=None))


@allowed("owner", step_up=True)
def audit_csv() -> ResponseReturnValue:
    """The same as a file, all of it or what the page was filtered by."""
    return _file(None)


@allowed("owner")
def campaign_audit(slug: str) -> ResponseReturnValue:
    """What was done about one campaign."""
    return _page(this_campaign(), PurposeForm(formdata=None))


@allowed("owner", step_up=True)
def campaign_audit_csv(slug: str) -> ResponseReturnValue:
    """The same as a file."""
    return _file(this_campaign())


def _page(campaign: CampaignView | None, form: PurposeForm) -> ResponseReturnValue:
    session, chosen = db.session(), _chosen(campaign)
    chain = services().chain.look(session, services().config.instance / FILE_NAME)
    lines = entries(session, before=_before(), **chosen, limit=ENTRIES_A_PAGE + 1)
    names = logins(session)
    page, has_more = lines[:ENTRIES_A_PAGE], len(lines) > ENTRIES_A_PAGE
    errors = [FormError(field.id, str(message)) for field in form for message in field.errors]
    content = render_template(
        "organize/audit.html",
        campaign=campaign,
        chain=chain,
        lines=[_shown(line, names) for line in page],
        is_first_page=_before() is None,
        older=_address(campaign, before=page[-1].number) if has_more else None,
        newest=_address(campaign),
        actions=sorted(((key, str(label)) for key, label in AUDIT_ACTIONS.items()), key=lambda each: each[1]),
        campaigns=all_campaigns(session, current_language()) if campaign is None else [],
        chosen=chosen,
        file_address=_address(campaign, "_csv"),
        form=form,
        errors=errors,
    )
    return content, 400 if errors else 200


def _file(campaign: CampaignView | None) -> ResponseReturnValue:
    form = PurposeForm(typed_in())
    if not form.validate_on_submit():
        if form.csrf_token.errors:
            abort(400)
        return _page(campaign, form)
    subject = campaign.slug if campaign else "site"
    why, account, now = form.why.data or "", this_account(), utc_now()
    with transaction() as session:
        record(session, organizer_id=account.id, action="downloaded_audit_log", subject=subject, why=why, now=now)
    names = logins(db.session())
    lines = all_entries(db.session(), **_chosen(campaign))
    response = Response(stream_with_context(_csv(lines, names)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{subject}-audit.csv"'
    return response


def _csv(lines: Iterator[AuditLine], names: dict[uuid.UUID, str]) -> Iterator[bytes]:
    yield (BYTE_ORDER_MARK + csv_block([("number", "at", "who", "action", "subject", "why", "sha256")])).encode()
    for line in lines:
        who = "server" if line.organizer_id is None else names.get(line.organizer_id, "removed")
        row = (str(line.number), line.at.isoformat(), who, line.action, line.subject, line.why, line.own_hash.hex())
        yield csv_block([row]).encode()


def _shown(line: AuditLine, names: dict[uuid.UUID, str]) -> ShownEntry:
    login = names.get(line.organizer_id) if line.organizer_id else None
    nobody = (
        gettext("Somebody who was removed")
        if line.organizer_id
        else gettext("The server itself: a command, or work in the background")
    )
    what = str(AUDIT_ACTIONS.get(line.action, line.action))
    return ShownEntry(
        line.number,
        line.at,
        login or nobody,
        login is not None,
        what,
        "" if line.subject == "site" else line.subject,
        line.why,
    )


def _filters() -> dict[str, str]:
    return {name: request.args[name] for name in ("action", "subject") if _KEY.fullmatch(request.args.get(name, ""))}


def _chosen(campaign: CampaignView | None) -> dict[str, str]:
    chosen = {"action": "", "subject": "", **_filters()}
    return chosen if campaign is None else {**chosen, "subject": campaign.slug}


def _before() -> int | None:
    written = request.args.get("before", "")
    return int(written) if _NUMBER.fullmatch(written) else None


def _address(campaign: CampaignView | None, ending: str = "", **more: Any) -> str:
    """A page of this log, or with the ending of its endpoint the file, filtered as this page is."""
    values: dict[str, Any] = {**_filters(), **more}
    if campaign is None:
        return url_for(f"organize.audit{ending}", **values)
    return url_for(f"organize.campaign_audit{ending}", **{**values, "slug": campaign.slug})
