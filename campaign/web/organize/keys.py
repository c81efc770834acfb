"""The desk's page about keys: which there are, who can open them, what is due. And taking a holder off.

What makes or opens a key is in `key_making.py` and `key_opening.py`; the work is done by scripts in the organizer's
browser, so that neither a phrase nor a secret key ever comes here.
"""

import json
import uuid
from base64 import b64encode
from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from campaign.audit.actions import record
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.sealing.care import ROTATE_AFTER_DAYS, TRY_AFTER_DAYS, is_untried, key_care
from campaign.sealing.holders import remove_holder
from campaign.sealing.queries import Holder, KeyView, all_keys
from campaign.web.key_changes import is_pinned
from campaign.web.organize.forms import EmptyForm
from campaign.web.organize.rules import allowed, this_account
from campaign.web.public.forms import typed_in
from campaign.web.services import services


@allowed("owner", step_up=True)
def keys() -> ResponseReturnValue:
    """Every key, with whoever can open it."""
    return _page()


@allowed("owner", step_up=True)
def remove_key_holder(share_id: str) -> ResponseReturnValue:
    """Forget what somebody's phrase unlocks."""
    if not EmptyForm(typed_in()).validate_on_submit():
        abort(400)
    try:
        with transaction() as session:
            remove_holder(session, id_or_404(share_id), now=utc_now())
            note(session, "removed_holder")
    except Refused:
        return _page(
            gettext("Too few would be left who can open this key. Add a holder or make a paper copy first.")
        ), 400
    return redirect(url_for("organize.keys", done="removed"), 303)


def note(session: Session, action: str) -> None:
    """Write down that this organizer did it, in the transaction that does it."""
    record(session, organizer_id=this_account().id, action=action, subject="site", now=utc_now())


def id_or_404(text: str) -> uuid.UUID:
    """An id out of an address."""
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        abort(404)


def site_keys() -> list[KeyView]:
    """The keys of this site, or of its demo."""
    return all_keys(db.session(), is_demo=services().config.is_demo)


def key_or_404(key_id: str) -> KeyView:
    """The key an address names."""
    wanted = id_or_404(key_id)
    return next((key for key in site_keys() if key.id == wanted), None) or abort(404)


def for_script(keys: Sequence[KeyView]) -> str:
    """What a script needs to open these keys with a phrase: as JSON, binary in base64. No secret is in it."""
    return json.dumps([_written(key) for key in keys])


def _page(mistake: str = "") -> str:
    now, is_demo = utc_now(), services().config.is_demo
    care, found = key_care(db.session(), is_demo=is_demo, now=now), site_keys()
    return render_template(
        "organize/keys.html",
        care=care,
        is_other=care.key is not None and not is_pinned(care.key.public_key),
        keys=[
            {"key": key, "holders": [(held, is_untried(key, held, now=now) and not is_demo) for held in key.holders]}
            for key in found
        ],
        key_is_demo=is_demo,
        rotate_days=ROTATE_AFTER_DAYS,
        try_days=TRY_AFTER_DAYS,
        mistake=mistake,
        done=_said(request.args.get("done", "")),
    )


def _said(done: str) -> str:
    said: dict[str, str] = {
        "made": gettext("The key is made, and signing is open."),
        "rotated": gettext("The key is changed. Who signs from now on is sealed to the new one."),
        "added": gettext("The new holder can open the lists now."),
        "removed": gettext("The holder is removed. Change the key now, because they may have kept it."),
        "tried": gettext("It opens the key. That is written down."),
        "paper": gettext("There is a paper copy now. Put it where it is safe."),
        "reminded": gettext("This holder is reminded by mail once a month from now on."),
        "unreminded": gettext("No more reminders go to this holder, and their address is erased."),
    }
    return said.get(done, "")


def _written(key: KeyView) -> dict[str, object]:
    return {
        "id": key.id.hex,
        "public_key": _base64(key.public_key),
        "test_box": _base64(key.test_box) if key.test_box else None,
        "holders": [_written_holder(held) for held in key.holders],
    }


def _written_holder(held: Holder) -> dict[str, object]:
    return {
        "id": held.id.hex,
        "salt": _base64(held.wrapped.salt),
        "opslimit": held.wrapped.opslimit,
        "memlimit_bytes": held.wrapped.memlimit_bytes,
        "nonce": _base64(held.wrapped.nonce),
        "ciphertext": _base64(held.wrapped.ciphertext),
    }


def _base64(binary: bytes) -> str:
    return b64encode(binary).decode("ascii")
