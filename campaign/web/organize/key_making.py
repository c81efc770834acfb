"""Making the site's key, and changing it. The key pair is made in the browser; here comes what may be stored of it."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.core.errors import Invalid, Refused
from campaign.sealing.queries import OpenEpoch, current_epoch
from campaign.web.headers import allow
from campaign.web.key_changes import put_in_use
from campaign.web.organize.key_forms import NewKeyForm, key_mistake, read_binary, read_shares
from campaign.web.organize.rules import allowed, this_account
from campaign.web.public.forms import FormError, typed_in
from campaign.web.services import services

WASM = "'self' 'wasm-unsafe-eval'"


@allowed("owner", step_up=True)
def new_key() -> ResponseReturnValue:
    """The first key, or another in place of the one in use. Two holders, or one and a paper copy."""
    is_demo = services().config.is_demo
    current = current_epoch(db.session(), is_demo=is_demo)
    if request.method == "GET":
        return _form(NewKeyForm(formdata=None, replaces=current.id.hex if current else ""), current, [])
    form = NewKeyForm(typed_in())
    if not form.validate_on_submit():
        return _form(form, current, [FormError("holder", gettext("Please fill in the form once more."))]), 400
    if (current.id.hex if current else "") != (form.replaces.data or ""):
        return _form(form, current, [_changed()]), 400
    try:
        _store(form, current, is_demo=is_demo)
    except Invalid as error:
        return _form(form, current, [key_mistake(error)]), 400
    except Refused:
        return _form(form, current, [_changed()]), 400
    return redirect(url_for("organize.keys", done="rotated" if current else "made"), 303)


def _store(form: NewKeyForm, current: OpenEpoch | None, *, is_demo: bool) -> None:
    shares, has_paper = read_shares(form.shares.data), form.has_paper.data == "y"
    if len(shares) + has_paper < 2:
        raise Invalid("a key has two holders, or one and a paper copy", field="shares")
    put_in_use(
        services().pin,
        read_binary(form.public_key.data, "public_key"),
        shares,
        is_demo=is_demo,
        has_paper=has_paper,
        replaces=current,
        organizer_id=this_account().id,
        now=utc_now(),
    )


def _changed() -> FormError:
    return FormError(
        "holder",
        gettext("Somebody else has changed the key meanwhile, so yours is not used. Throw away what you wrote down."),
    )


def _form(form: NewKeyForm, current: OpenEpoch | None, errors: list[FormError]) -> str:
    allow(script_src=WASM)
    return render_template("organize/new_key.html", form=form, is_change=current is not None, errors=errors)
