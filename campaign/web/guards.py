"""Who may send a form. Public forms carry no cookie, so what guards them is where the browser says they come from."""

from urllib.parse import urlsplit

from flask import abort, request
from werkzeug.exceptions import SecurityError

from campaign.web.services import services


def require_own_origin() -> None:
    """Refuse (403) a POST that a browser says was made by another site.

    A browser sends `Sec-Fetch-Site` or at least `Origin`; a client that sends neither is not a browser, and there is no
    login here that it could borrow.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        abort(403)


def check_envelope() -> None:
    """Refuse what no page of ours causes: another host or port than the site's (400), a body of unsaid length (411)."""
    config = services().config
    is_ours = request.host == config.base_url.partition("//")[2]
    if not is_ours:
        is_loopback = urlsplit(f"//{request.host}").hostname in ("127.0.0.1", "localhost")
        if not (config.is_demo and is_loopback):
            raise SecurityError
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        # Werkzeug would take as much of it as the limit allows, and call that the form.
        abort(411)
