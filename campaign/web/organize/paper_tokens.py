"""What pages of the desk need that send something by script: the token in a header, and leave to connect."""

from base64 import b64encode

from flask import abort, request, url_for
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from campaign.sealing.queries import OpenEpoch
from campaign.web.headers import allow
from campaign.web.organize.rules import this_campaign


def require_token_header() -> None:
    """Refuse (400) what does not carry the session's token."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        abort(400)


def allow_own_calls() -> None:
    """Let this page run libsodium, and talk to the campaign's paper batches and to nobody else."""
    # A source that ends in a slash means everything below it.
    address = url_for("organize.paper", slug=this_campaign().slug, _external=True)
    allow(connect_src=f"{address}/", script_src="'self' 'wasm-unsafe-eval'")


def written_key(epoch: OpenEpoch | None) -> str | None:
    """The public key as a page hands it to its script."""
    return b64encode(epoch.public_key).decode("ascii") if epoch else None
