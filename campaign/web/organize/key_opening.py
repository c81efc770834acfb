"""What needs a key opened first, by a script in the browser: adding a holder, trying a phrase, a paper copy."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.core.errors import Invalid, Refused
from campaign.sealing.holders import MOST_HOLDERS, add_holder, note_paper, note_tried
from campaign.sealing.queries import KeyView
from campaign.web.headers import allow
from campaign.web.i18n import localized_number
from campaign.web.organize.key_forms import HolderForm, TriedForm, key_mistake, read_binary, read_share
from campaign.web.organize.key_making import WASM
from campaign.web.organize.keys import for_script, id_or_404, key_or_404, note, site_keys
from campaign.web.organize.rules import allowed, may
from campaign.web.public.forms import FormError, typed_in


@allowed("owner", step_up=True)
def add_key_holder(key_id: str) -> ResponseReturnValue:
    """Let one more person open what is sealed to this key. Somebody who can already does it in their browser."""
    return _page("add_holder", HolderForm(formdata=None), [key_or_404(key_id)])


@allowed("owner", step_up=True)
def store_key_holder(key_id: str) -> ResponseReturnValue:
    """Store what was locked for them."""
    form = HolderForm(typed_in())
    if not form.validate_on_submit():
        abort(400)
    key = key_or_404(key_id)
    try:
        share = read_share(form.share.data)
        with transaction() as session:
            add_holder(session, key.id, share, now=utc_now())
            note(session, "added_holder")
    except Invalid as error:
        return _page("add_holder", form, [key], [key_mistake(error)]), 400
    except Refused:
        said = gettext(
            "This key has %(number)s holders, and that is all it can have.", number=localized_number(MOST_HOLDERS)
        )
        return _page("add_holder", form, [key], [FormError("holder", said)]), 400
    return redirect(url_for("organize.keys", done="added"), 303)


# Editors open lists, so they hold phrases too.
@allowed("editor", anywhere=True, step_up=True)
def try_key() -> ResponseReturnValue:
    """See whether a phrase still opens a key, and write down that it does."""
    form = TriedForm(typed_in() if request.method == "POST" else None)
    keys = [key for key in site_keys() if key.test_box is not None]
    if request.method == "GET":
        return _page("try_key", form, keys)
    if not form.validate_on_submit():
        abort(400)
    key = key_or_404(form.key.data or "")
    try:
        content = read_binary(form.content.data, "content")
        with transaction() as session:
            if form.holder.data:
                note_tried(session, id_or_404(form.holder.data), content, key_id=key.id, now=utc_now())
            else:
                # The paper copy: to have it opened the key, it must be there.
                note_paper(session, key.id, content, now=utc_now())
            note(session, "tried_key")
    except Invalid as error:
        return _page("try_key", form, keys, [key_mistake(error)]), 400
    return redirect(url_for("organize.keys" if may("owner") else "organize.home", done="tried"), 303)


@allowed("owner", step_up=True)
def paper_key(key_id: str) -> ResponseReturnValue:
    """Print a paper copy of a key, which opens lists without any phrase."""
    form = TriedForm(typed_in() if request.method == "POST" else None)
    if request.method == "POST" and not form.validate_on_submit():
        abort(400)
    key = key_or_404(key_id)
    if request.method == "GET":
        return _page("paper_key", form, [key])
    try:
        content = read_binary(form.content.data, "content")
        with transaction() as session:
            note_paper(session, key.id, content, now=utc_now())
            note(session, "made_paper_copy")
    except Invalid as error:
        return _page("paper_key", form, [key], [key_mistake(error)]), 400
    return redirect(url_for("organize.keys", done="paper"), 303)


def _page(name: str, form: HolderForm | TriedForm, keys: Sequence[KeyView], errors: Sequence[FormError] = ()) -> str:
    allow(script_src=WASM)
    return render_template(
        f"organize/{name}.html", form=form, key=keys[0] if keys else None, for_script=for_script(keys), errors=errors
    )
