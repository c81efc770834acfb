"""Forms about keys. A script of ours fills in what is hidden in them; everything is looked at as if it had not."""

import json
from base64 import b64decode
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from campaign.core.errors import Invalid
from campaign.sealing.actions import Share
from campaign.sealing.phrases import Wrapped
from campaign.web.public.forms import FormError

_MOST_SHARES = 2
_NAME = Length(max=400)


class NewKeyForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A new key: `public_key` in base64, `shares` as JSON, `replaces` the key in use (id in hex), if there is one."""

    holder = StringField(validators=[_NAME])
    second = StringField(validators=[_NAME])
    public_key = HiddenField(validators=[Length(max=64)])
    shares = HiddenField(validators=[Length(max=4000)])
    replaces = HiddenField(validators=[Length(max=32)])
    has_paper = HiddenField(validators=[Length(max=1)])


class HolderForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """One more holder: `share` as JSON."""

    holder = StringField(validators=[_NAME])
    share = HiddenField(validators=[Length(max=2000)])


class TriedForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """What was in a key's box: `key` and `holder` are ids in hex, `content` is in base64."""

    key = HiddenField(validators=[Length(max=32)])
    holder = HiddenField(validators=[Length(max=32)])
    content = HiddenField(validators=[Length(max=100)])


class ReminderForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """Where a holder's monthly reminder goes."""

    email = StringField(_l("E-mail address of this holder"), [Length(max=320)])


def read_share(text: str | None) -> Share:
    """What one holder gets, as the script wrote it. Raises Invalid."""
    return _share(_json(text))


def read_shares(text: str | None) -> list[Share]:
    """The same for several."""
    found = _json(text)
    if not isinstance(found, list) or not 1 <= len(found) <= _MOST_SHARES:
        raise Invalid("these are no shares", field="wrapped")
    return [_share(each) for each in found]


def read_binary(text: str | None, field: str) -> bytes:
    """Binary out of base64. Raises Invalid."""
    try:
        return b64decode(text or "", validate=True)
    except ValueError:
        raise Invalid("this is no base64", field=field) from None


def key_mistake(error: Invalid) -> FormError:
    """What is wrong, in the reader's language, and where to mend it."""
    again = gettext(
        "What the script of this page sent is not what it should be. Nothing was changed; please try again."
    )
    said = {
        "holder": gettext("Each holder needs a name of their own, of letters that can be shown."),
        "public_key": gettext("This key cannot be used, or was used before. Nothing was changed; make another one."),
        "content": gettext("That is not what is in the box. Nothing was noted; please try again."),
    }
    return FormError("holder", said.get(error.field or "", again))


def _share(value: Any) -> Share:
    try:
        wrapped = Wrapped(
            salt=read_binary(value["salt"], "wrapped"),
            opslimit=_whole(value["opslimit"]),
            memlimit_bytes=_whole(value["memlimit_bytes"]),
            nonce=read_binary(value["nonce"], "wrapped"),
            ciphertext=read_binary(value["ciphertext"], "wrapped"),
        )
        holder, kind = value["holder"], value["kind"]
    except (AttributeError, KeyError, TypeError):
        raise Invalid("this is no share", field="wrapped") from None
    if not isinstance(holder, str) or not isinstance(kind, str):
        raise Invalid("this is no share", field="wrapped")
    return Share(holder, kind, wrapped)


def _whole(value: Any) -> int:
    # `True` is an int to Python.
    if type(value) is not int:
        raise TypeError
    return value


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        raise Invalid("this is no JSON", field="wrapped") from None
